/** Durations and switches of kube-apiserver. */
import type { AuditPolicy } from './audit.ts'
import type { RuntimeConfig } from './runtime-config.ts'
import type { EncryptionRule } from './storage/encryption.ts'

/** A user whom --token-auth-file knows. */
export interface StaticToken {
  token: string
  user: string
  uid: string
  groups: readonly string[]
}

export interface ApiFlags {
  /** --request-timeout: reads. */
  requestTimeoutMs: number
  /** The deadline of writes (34 s, observed: O8). */
  writeTimeoutMs: number
  /** --min-request-timeout: a watch without a timeout of its own lasts this long, up to twice. */
  minWatchTimeoutMs: number
  /** --event-ttl */
  eventTtlMs: number
  /** How often a watch that allows them gets a bookmark (cacher: about a minute). */
  bookmarkPeriodMs: number
  /** How long a read waits for the watch cache to catch up. */
  freshTimeoutMs: number
  /** --default-not-ready-toleration-seconds */
  notReadyTolerationSeconds: number
  /** --default-unreachable-toleration-seconds */
  unreachableTolerationSeconds: number
  /** --enable-admission-plugins */
  enablePlugins: readonly string[]
  /** --disable-admission-plugins */
  disablePlugins: readonly string[]
  /** --admission-control-config-file: each plugin's configuration, by its name. */
  admissionConfig: Record<string, unknown>
  /** --authorization-mode */
  authorizationModes: readonly string[]
  /** --service-node-port-range */
  nodePortFirst: number
  nodePortLast: number
  /** --anonymous-auth */
  anonymousAuth: boolean
  /** --enable-bootstrap-token-auth */
  bootstrapTokenAuth: boolean
  /** The rows of --token-auth-file. */
  tokens: readonly StaticToken[]
  /** --runtime-config: groups and versions that are served or not, against what the release has. */
  runtimeConfig: RuntimeConfig
  /** --audit-policy-file, where --audit-log-path says that there is a log. */
  audit?: AuditPolicy
  /** --encryption-provider-config; empty: everything is stored as it is. */
  encryption: readonly EncryptionRule[]
  /** --encryption-provider-config-automatic-reload */
  reloadsEncryption: boolean
  /** --feature-gates=OpenAPIEnums: whether documents list the values of fields. */
  openapiEnums: boolean
}

export const API_FLAGS: ApiFlags = {
  requestTimeoutMs: 60_000,
  writeTimeoutMs: 34_000,
  minWatchTimeoutMs: 1_800_000,
  eventTtlMs: 3_600_000,
  bookmarkPeriodMs: 60_000,
  freshTimeoutMs: 3_000,
  notReadyTolerationSeconds: 300,
  unreachableTolerationSeconds: 300,
  enablePlugins: [],
  disablePlugins: [],
  admissionConfig: {},
  authorizationModes: ['Node', 'RBAC'],
  nodePortFirst: 30_000,
  nodePortLast: 32_767,
  anonymousAuth: true,
  bootstrapTokenAuth: true,
  tokens: [],
  runtimeConfig: {},
  encryption: [],
  reloadsEncryption: false,
  openapiEnums: true,
}
