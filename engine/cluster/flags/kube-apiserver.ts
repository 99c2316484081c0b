/**
 * What kube-apiserver's command line comes to, in upstream's order of checks (O1, O2, O9): flags, options,
 * completion, serving certificate, listener, encryption, authentication, audit, admission, the kubelet's client
 * certificate, the aggregator. Models cmd/kube-apiserver/app and apiserver/pkg/server/options.
 * Not modelled: authorization by ABAC, webhook or file, OIDC, structured authentication, egress selectors.
 */
import type { AuditPolicy } from '../../api/audit.ts'
import { API_FLAGS } from '../../api/flags.ts'
import type { ApiFlags, StaticToken } from '../../api/flags.ts'
import { pluginProblems } from '../../api/pipeline/admission/plugins.ts'
import { admissionConfig } from './admission-config.ts'
import { readAuditPolicy } from './audit.ts'
import { readerOf } from './command-line.ts'
import type { Program, Scene, Started } from './command-line.ts'
import type { Fields } from './config-file.ts'
import { notSimulated, withoutEffect } from './effects.ts'
import type { Effects } from './effects.ts'
import { readEncryption } from './encryption.ts'
import type { EncryptionRule } from '../../api/storage/encryption.ts'
import { aggregate, commandFailed, klogLine, listenProblem, openProblem } from './host.ts'
import type { FlagHost, Refusal } from './host.ts'
import {
  caBundleProblem,
  pairFilesProblem,
  privateKeyProblem,
  publicKeysProblem,
  servedPairProblem,
} from './key-pairs.ts'
import { API_SERVER_ROWS } from './kube-apiserver-rows.ts'
import type { Flags } from './pflag.ts'
import { groupProblems, runtimeProblem, unservedKeys } from './runtime-config.ts'
import { readTokens } from './token-file.ts'
import { sectionedUsage } from './usage.ts'
import { isCidr, parsePortRange, quoted } from './values.ts'

export interface ApiServerSettings {
  version: string
  minor: number
  /** --bind-address, --secure-port */
  bindAddress: string
  securePort: number
  /** --advertise-address, or what stands in for it. */
  advertiseAddress: string
  /** --tls-cert-file, --tls-private-key-file; empty: a certificate of its own. */
  servingCertificateFile: string
  servingKeyFile: string
  clientCaFile: string
  requestHeader: { clientCaFile: string; allowedNames: string[] }
  /** --etcd-servers with the three files that are used towards those with `https`. */
  etcd: { servers: string[]; caFile: string; certFile: string; keyFile: string; prefix: string }
  authorizationModes: string[]
  enablePlugins: string[]
  disablePlugins: string[]
  admissionConfig: Record<string, unknown>
  /** --service-cluster-ip-range: one or two. */
  serviceClusterIpRanges: string[]
  serviceNodePorts: { first: number; last: number }
  serviceAccount: { issuers: string[]; keyFiles: string[]; signingKeyFile: string; audiences: string[] }
  kubeletClient: { certFile: string; keyFile: string; caFile: string; addressTypes: string[]; timeoutMs: number }
  proxyClient: { certFile: string; keyFile: string }
  anonymousAuth: boolean
  bootstrapTokenAuth: boolean
  /** --token-auth-file */
  tokens: StaticToken[]
  eventTtlMs: number
  requestTimeoutMs: number
  minRequestTimeoutMs: number
  maxRequestsInflight: number
  maxMutatingRequestsInflight: number
  runtimeConfig: Record<string, string>
  featureGates: Record<string, boolean>
  notReadyTolerationSeconds: number
  unreachableTolerationSeconds: number
  audit?: { policy: Fields | undefined; logPath: string }
  /** --encryption-provider-config; empty: everything is stored as it is. */
  encryption: EncryptionRule[]
  /** The file of these rules, where it is read again. */
  encryptionReload?: string
  withoutEffect: string[]
}

const MODES = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node']
const SIMULATED_MODES = ['AlwaysAllow', 'AlwaysDeny', 'RBAC', 'Node']
const PROGRAM: Program = {
  name: 'kube-apiserver',
  table: API_SERVER_ROWS,
  usage: sectionedUsage,
  isVerbose: false,
  afterMs: 60,
}

const EFFECTS: Effects = {
  acting: [
    ...['advertise-address', 'bind-address', 'secure-port', 'tls-cert-file', 'tls-private-key-file', 'client-ca-file'],
    ...['etcd-servers', 'etcd-cafile', 'etcd-certfile', 'etcd-keyfile', 'authorization-mode', 'anonymous-auth'],
    ...['enable-admission-plugins', 'disable-admission-plugins', 'admission-control-config-file', 'runtime-config'],
    ...['service-cluster-ip-range', 'service-node-port-range', 'service-account-issuer', 'service-account-key-file'],
    ...['service-account-signing-key-file', 'kubelet-client-certificate', 'kubelet-client-key', 'token-auth-file'],
    ...['requestheader-client-ca-file', 'event-ttl', 'request-timeout', 'min-request-timeout', 'allow-privileged'],
    ...['default-not-ready-toleration-seconds', 'default-unreachable-toleration-seconds', 'proxy-client-cert-file'],
    ...['proxy-client-key-file', 'encryption-provider-config', 'enable-bootstrap-token-auth', 'external-hostname'],
    ...['audit-policy-file', 'audit-log-path'],
    'encryption-provider-config-automatic-reload',
  ],
  kubeadm: {
    'requestheader-allowed-names': '*',
    'requestheader-extra-headers-prefix': '*',
    'requestheader-group-headers': '*',
    'requestheader-username-headers': '*',
    'requestheader-uid-headers': '*',
    'kubelet-preferred-address-types': '*',
    'insecure-port': '0',
    port: '0',
  },
  gates: ['OpenAPIEnums'],
}

export const readApiServer = readerOf(PROGRAM, start)

/** Why a server ends, after how long, and which of its first lines it had written. */
interface Failure {
  error: string
  afterMs: number
  said: 'nothing' | 'host' | 'all'
}

function start(scene: Scene): Started<ApiServerSettings> {
  const failure = optionsFailure(scene) ?? runFailure(scene)
  if (failure !== undefined) return refused(scene, failure)
  const settings = settingsOf(scene)
  return { settings, log: firstLines(scene, 'all', 50) + notSimulated(settings.withoutEffect) }
}

function refused(scene: Scene, { error, afterMs, said }: Failure): Refusal {
  const text = firstLines(scene, said, afterMs) + commandFailed(scene.host.nowMs + afterMs, error)
  return { refused: text, code: 1, afterMs }
}

function firstLines({ flags, version, host }: Scene, said: Failure['said'], withinMs: number): string {
  const ms = host.nowMs + Math.min(40, withinMs)
  const warnings = flags.warnings.map((line) => `${line}\n`).join('')
  const external = klogLine(
    'I',
    ms,
    'options.go:249',
    `external host was not specified, using ${advertised(flags, host)}`,
  )
  const first = flags.text('external-hostname') === '' ? external : ''
  if (said === 'nothing') return warnings
  if (said === 'host') return warnings + first
  const golang = '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""'
  return (
    warnings +
    first +
    klogLine('I', ms + 0.6, 'server.go:184', `Version: v${version}`) +
    klogLine('I', ms + 0.7, 'server.go:186', golang)
  )
}

function advertised(flags: Flags, { addresses }: FlagHost): string {
  const isAny = (address: string): boolean => ['', '0.0.0.0', '::'].includes(address)
  const given = [flags.text('advertise-address'), flags.text('bind-address')].find((address) => !isAny(address))
  return given ?? addresses[0] ?? '127.0.0.1'
}

const rangesOf = (flags: Flags): string[] => {
  const text = flags.text('service-cluster-ip-range')
  return text === '' ? [] : text.split(',')
}

/** Completion and validation. */
function optionsFailure(scene: Scene): Failure | undefined {
  const { flags } = scene
  const badRange = rangesOf(flags).findIndex((range) => !isCidr(range.trim()))
  if (badRange >= 0)
    return { error: `service-cluster-ip-range[${badRange}] is not a valid cidr`, afterMs: 50, said: 'nothing' }
  const completion = completionProblem(scene)
  if (completion !== undefined) return { error: completion, afterMs: 60, said: 'host' }
  const problems = optionProblems(scene)
  return problems.length === 0 ? undefined : { error: aggregate(problems), afterMs: 100, said: 'host' }
}

function completionProblem({ flags, host }: Scene): string | undefined {
  const lifeMs = flags.number('service-account-max-token-expiration')
  if (lifeMs !== 0 && (lifeMs < 3_600_000 || lifeMs > 2 ** 32 * 1000))
    return 'the service-account-max-token-expiration must be between 1 hour and 2^32 seconds'
  const signing = flags.text('service-account-signing-key-file')
  const issuer = flags.list('service-account-issuer')[0] ?? ''
  if (signing === '' || issuer === '') return undefined
  const problem = privateKeyProblem(host, signing)
  return problem && `failed to parse service-account-issuer-key-file: ${problem}`
}

/** Models the Validate functions of all options, in their order. */
function optionProblems(scene: Scene): string[] {
  const { flags, minor } = scene
  return [
    ...genericProblems(flags),
    ...etcdProblems(flags),
    ...fairnessProblems(flags),
    ...portProblems(flags),
    ...authenticationProblems(flags),
    ...authorizationProblems(flags),
    ...auditProblems(flags),
    ...pluginProblems(minor, trimmed(flags, 'enable-admission-plugins'), trimmed(flags, 'disable-admission-plugins')),
    ...groupProblems(flags.map('runtime-config'), minor),
    ...tokenProblems(flags, minor),
    ...rangeProblems(flags),
    ...(flags.number('apiserver-count') <= 0
      ? [`--apiserver-count should be a positive number, but value '${flags.number('apiserver-count')}' provided`]
      : []),
  ]
}

const trimmed = (flags: Flags, name: string): string[] => flags.list(name).map((word) => word.trim())

function genericProblems(flags: Flags): string[] {
  const negative = ['max-requests-inflight', 'max-mutating-requests-inflight', 'request-timeout', 'min-request-timeout']
  const chance = flags.number('goaway-chance')
  const reconciler = flags.text('endpoint-reconciler-type')
  return [
    ...negative.filter((name) => flags.number(name) < 0).map((name) => `--${name} can not be negative value`),
    ...(chance < 0 || chance > 0.02 ? ['--goaway-chance can not be less than 0 or greater than 0.02'] : []),
    ...(flags.number('shutdown-delay-duration') < 0 ? ['--shutdown-delay-duration can not be negative value'] : []),
    ...(['lease', 'master-count', 'none'].includes(reconciler)
      ? []
      : ['--endpoint-reconciler-type must be one of: [master-count, lease, none]']),
  ]
}

function etcdProblems(flags: Flags): string[] {
  const backend = flags.text('storage-backend')
  return [
    ...(flags.list('etcd-servers').length === 0 ? ['--etcd-servers must be specified'] : []),
    ...(['', 'etcd3'].includes(backend)
      ? []
      : ["--storage-backend invalid, allowed values: etcd3. If not specified, it will default to 'etcd3'"]),
    ...flags
      .list('etcd-servers-overrides')
      .filter((override) => override.split('#').length !== 2)
      .map(
        () =>
          '--etcd-servers-overrides invalid, must be of format: group/resource#servers, where servers are URLs, semicolon separated',
      ),
  ]
}

function fairnessProblems(flags: Flags): string[] {
  if (!flags.bool('enable-priority-and-fairness')) return []
  const config = flags.map('runtime-config')
  for (const key of ['flowcontrol.apiserver.k8s.io/v1', 'api/ga', 'api/all']) {
    if (config[key] === 'false')
      return [`--runtime-config=${key}=false conflicts with --enable-priority-and-fairness=true`]
    if (config[key] === 'true') return []
  }
  return []
}

function portProblems(flags: Flags): string[] {
  const port = flags.number('secure-port')
  const versions = ['', 'VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13']
  const minimum = flags.text('tls-min-version')
  return [
    ...(port < 1 || port > 65_535
      ? [`--secure-port ${port} must be between 1 and 65535, inclusive. It cannot be turned off with 0`]
      : []),
    ...(versions.includes(minimum) ? [] : [`unknown tls version ${quoted(minimum)}`]),
  ]
}

function authenticationProblems(flags: Flags): string[] {
  const issuers = flags.list('service-account-issuer')
  const twice = issuers.filter((issuer, index) => issuers.indexOf(issuer) !== index)
  const oidc = flags.text('oidc-issuer-url') === '' ? 0 : 1
  const client = flags.text('oidc-client-id') === '' ? 0 : 1
  return [
    ...(oidc === client
      ? []
      : ['oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set']),
    ...(issuers.includes('') ? ['service-account-issuer should not be an empty string'] : []),
    ...issuers
      .filter((issuer) => issuer.includes(':') && !/^[a-z][a-z\d+.-]*:/i.test(issuer))
      .map(
        (issuer) =>
          `service-account-issuer ${quoted(issuer)} contained a ':' but was not a valid URL: parse ${quoted(issuer)}: first path segment in URL cannot contain colon`,
      ),
    ...[...new Set(twice)].map((issuer) => `service-account-issuer ${quoted(issuer)} is duplicated`),
  ]
}

function authorizationProblems(flags: Flags): string[] {
  if (flags.text('authorization-config') !== '') return ['not simulated: --authorization-config']
  const modes = modesOf(flags)
  const isTwice = modes.some((mode, index) => modes.indexOf(mode) !== index)
  const policy = flags.text('authorization-policy-file')
  const webhook = flags.text('authorization-webhook-config-file')
  return [
    ...modes.flatMap((mode) => {
      if (!MODES.includes(mode)) return [`authorization-mode ${quoted(mode)} is not a valid mode`]
      if (mode === 'ABAC' && policy === '') return ["authorization-mode ABAC's authorization policy file not passed"]
      if (mode === 'Webhook' && webhook === '')
        return ["authorization-mode Webhook's authorization config file not passed"]
      return SIMULATED_MODES.includes(mode) ? [] : [`not simulated: --authorization-mode=${mode}`]
    }),
    ...(policy !== '' && !modes.includes('ABAC')
      ? ['cannot specify --authorization-policy-file without mode ABAC']
      : []),
    ...(webhook !== '' && !modes.includes('Webhook')
      ? ['cannot specify --authorization-webhook-config-file without mode Webhook']
      : []),
    ...(isTwice ? [`authorization-mode [${modes.map(quoted).join(' ')}] has mode specified more than once`] : []),
  ]
}

function modesOf(flags: Flags): string[] {
  return flags.isSet('authorization-mode') ? trimmed(flags, 'authorization-mode') : ['AlwaysAllow']
}

function auditProblems(flags: Flags): string[] {
  const positive = ['audit-log-maxage', 'audit-log-maxbackup', 'audit-log-maxsize']
  const modes = ['batch', 'blocking', 'blocking-strict']
  if (flags.text('audit-log-path') === '') return []
  return [
    ...(modes.includes(flags.text('audit-log-mode'))
      ? []
      : [`invalid audit log mode ${flags.text('audit-log-mode')}, allowed modes are ${quoted(modes.join(','))}`]),
    ...positive
      .filter((name) => flags.number(name) < 0)
      .map((name) => `--${name} ${flags.number(name)} can't be a negative number`),
    ...(['json', 'legacy'].includes(flags.text('audit-log-format'))
      ? []
      : [`invalid audit log format ${flags.text('audit-log-format')}, allowed formats are "legacy,json"`]),
  ]
}

/** From 1.20 on tokens must be signed. */
function tokenProblems(flags: Flags, minor: number): string[] {
  if (minor < 20 || flags.list('service-account-issuer').includes('')) return []
  const issuer = flags.list('service-account-issuer')[0] ?? ''
  const signing = flags.text('service-account-signing-key-file')
  if (signing !== '' && issuer !== '') return []
  if (signing === '' && issuer === '' && flags.list('api-audiences').length === 0)
    return ['--service-account-signing-key-file and --service-account-issuer are required flags']
  return [
    '--service-account-signing-key-file, --service-account-issuer, and --api-audiences should be specified together',
  ]
}

function rangeProblems(flags: Flags): string[] {
  const ranges = rangesOf(flags)
  const ports = parsePortRange(flags.text('service-node-port-range'))
  const masks = ranges.map((range) => ({ bits: Number(range.split('/')[1]), is6: range.includes(':') }))
  const large = masks.find(({ bits, is6 }) => bits < (is6 ? 108 : 12))
  return [
    ...(ranges.length > 2 ? ['--service-cluster-ip-range must not contain more than two entries'] : []),
    ...(large === undefined
      ? []
      : [
          `specified --service-cluster-ip-range is too large; for ${large.is6 ? 128 : 32}-bit addresses, the mask must be >= ${large.is6 ? 108 : 12}`,
        ]),
    ...(ranges.length === 2 && masks[0]?.is6 === masks[1]?.is6
      ? ['--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family']
      : []),
    ...(ports.last === 0 ? ['--service-node-port-range must specify a range'] : []),
  ]
}

const asFailure = (afterMs: number, error: string | undefined): Failure | undefined =>
  error === undefined ? undefined : { error, afterMs, said: 'all' }

/** What goes wrong once the server builds itself. */
function runFailure(scene: Scene): Failure | undefined {
  const { flags, minor, host } = scene
  const file = (name: string): string => flags.text(name)
  return (
    asFailure(70, servedPairProblem(host, file('tls-cert-file'), file('tls-private-key-file'))) ??
    asFailure(250, listenerProblem(flags, host)) ??
    asFailure(300, runtimeProblem(flags.map('runtime-config'), minor)) ??
    asFailure(600, encryptionProblem(scene)) ??
    asFailure(700, authenticationFiles(scene)) ??
    asFailure(1_800, auditProblem(scene)) ??
    asFailure(300, admissionProblem(scene)) ??
    asFailure(800, etcdFiles(scene)) ??
    asFailure(800, kubeletProblem(scene)) ??
    asFailure(900, servedPairProblem(host, file('proxy-client-cert-file'), file('proxy-client-key-file')))
  )
}

function listenerProblem(flags: Flags, host: FlagHost): string | undefined {
  const address = flags.text('bind-address')
  const port = flags.number('secure-port')
  const problem = listenProblem(host, address, port)
  return problem && `failed to create listener: failed to listen on ${address}:${port}: ${problem}`
}

const encryptionFile = (flags: Flags): string =>
  flags.text('encryption-provider-config') || flags.text('experimental-encryption-provider-config')

function encryptionProblem({ flags, host }: Scene): string | undefined {
  const path = encryptionFile(flags)
  if (path === '') return undefined
  const read = readEncryption(host, path)
  return 'error' in read ? read.error : undefined
}

function authenticationFiles({ flags, host }: Scene): string | undefined {
  const tokens = flags.text('token-auth-file')
  const read = tokens === '' ? undefined : readTokens(host, tokens)
  const keys = flags.list('service-account-key-file').map((path) => publicKeysProblem(host, path))
  return (
    caBundleProblem(host, 'client-ca-bundle', flags.text('client-ca-file')) ??
    caBundleProblem(host, 'request-header', flags.text('requestheader-client-ca-file')) ??
    (read !== undefined && 'error' in read ? read.error : undefined) ??
    keys.find((problem) => problem !== undefined)
  )
}

function auditProblem({ flags, host, minor }: Scene): string | undefined {
  const path = flags.text('audit-policy-file')
  if (path === '') return undefined
  const read = readAuditPolicy(host, path, minor)
  return 'error' in read ? read.error : undefined
}

function admissionProblem({ flags, host }: Scene): string | undefined {
  const config = admissionConfig(host, flags.text('admission-control-config-file'))
  return 'error' in config ? `failed to apply admission: failed to read plugin config: ${config.error}` : undefined
}

function etcdFiles({ flags, host }: Scene): string | undefined {
  const ca = flags.text('etcd-cafile')
  const [certificate, key] = [flags.text('etcd-certfile'), flags.text('etcd-keyfile')]
  const half = `KeyFile and CertFile must both be present[key: ${key}, cert: ${certificate}]`
  return (
    ((certificate === '') !== (key === '') ? half : pairFilesProblem(host, certificate, key)) ??
    (ca === '' ? undefined : openProblem(host, ca))
  )
}

function kubeletProblem({ flags, host }: Scene): string | undefined {
  const ca = flags.text('kubelet-certificate-authority')
  const [certificate, key] = [flags.text('kubelet-client-certificate'), flags.text('kubelet-client-key')]
  const pair = certificate === '' || key === '' ? undefined : pairFilesProblem(host, certificate, key)
  const problem = pair ?? (ca === '' ? undefined : openProblem(host, ca))
  return problem && `problem initializing API group "": ${problem}`
}

function settingsOf({ flags, version, minor, host }: Scene): ApiServerSettings {
  const config = admissionConfig(host, flags.text('admission-control-config-file'))
  const encryption = encryptionFile(flags) === '' ? undefined : readEncryption(host, encryptionFile(flags))
  const tokens = flags.text('token-auth-file') === '' ? undefined : readTokens(host, flags.text('token-auth-file'))
  const policyFile = flags.text('audit-policy-file')
  const policy = policyFile === '' ? undefined : readAuditPolicy(host, policyFile, minor)
  const ranges = rangesOf(flags)
  return {
    version,
    minor,
    bindAddress: flags.text('bind-address'),
    securePort: flags.number('secure-port'),
    advertiseAddress: advertised(flags, host),
    servingCertificateFile: flags.text('tls-cert-file'),
    servingKeyFile: flags.text('tls-private-key-file'),
    clientCaFile: flags.text('client-ca-file'),
    requestHeader: {
      clientCaFile: flags.text('requestheader-client-ca-file'),
      allowedNames: flags.list('requestheader-allowed-names'),
    },
    etcd: {
      servers: trimmed(flags, 'etcd-servers'),
      caFile: flags.text('etcd-cafile'),
      certFile: flags.text('etcd-certfile'),
      keyFile: flags.text('etcd-keyfile'),
      prefix: flags.text('etcd-prefix'),
    },
    authorizationModes: modesOf(flags),
    enablePlugins: trimmed(flags, 'enable-admission-plugins'),
    disablePlugins: trimmed(flags, 'disable-admission-plugins'),
    admissionConfig: 'plugins' in config ? config.plugins : {},
    serviceClusterIpRanges: ranges.length === 0 ? ['10.0.0.0/24'] : ranges,
    serviceNodePorts: parsePortRange(flags.text('service-node-port-range')),
    serviceAccount: {
      issuers: flags.list('service-account-issuer'),
      keyFiles: flags.list('service-account-key-file'),
      signingKeyFile: flags.text('service-account-signing-key-file'),
      audiences: flags.list('api-audiences'),
    },
    kubeletClient: {
      certFile: flags.text('kubelet-client-certificate'),
      keyFile: flags.text('kubelet-client-key'),
      caFile: flags.text('kubelet-certificate-authority'),
      addressTypes: flags.list('kubelet-preferred-address-types'),
      timeoutMs: flags.number('kubelet-timeout'),
    },
    proxyClient: { certFile: flags.text('proxy-client-cert-file'), keyFile: flags.text('proxy-client-key-file') },
    anonymousAuth: flags.bool('anonymous-auth') && !modesOf(flags).includes('AlwaysAllow'),
    bootstrapTokenAuth: flags.bool('enable-bootstrap-token-auth'),
    tokens: tokens !== undefined && 'tokens' in tokens ? tokens.tokens : [],
    eventTtlMs: flags.number('event-ttl'),
    requestTimeoutMs: flags.number('request-timeout'),
    minRequestTimeoutMs: flags.number('min-request-timeout') * 1000,
    maxRequestsInflight: flags.number('max-requests-inflight'),
    maxMutatingRequestsInflight: flags.number('max-mutating-requests-inflight'),
    runtimeConfig: flags.map('runtime-config'),
    featureGates: Object.fromEntries(
      Object.entries(flags.map('feature-gates')).map(([name, value]) => [name, value === 'true']),
    ),
    notReadyTolerationSeconds: flags.number('default-not-ready-toleration-seconds'),
    unreachableTolerationSeconds: flags.number('default-unreachable-toleration-seconds'),
    ...((policy !== undefined || flags.text('audit-log-path') !== '') && {
      audit: {
        policy: policy !== undefined && 'policy' in policy ? policy.policy : undefined,
        logPath: flags.text('audit-log-path'),
      },
    }),
    encryption: encryption !== undefined && 'rules' in encryption ? encryption.rules : [],
    ...(flags.bool('encryption-provider-config-automatic-reload') && { encryptionReload: encryptionFile(flags) }),
    withoutEffect: [
      ...withoutEffect(flags, EFFECTS, minor),
      ...unservedKeys(flags.map('runtime-config'), minor).map((key) => `runtime-config=${key}`),
    ],
  }
}

/** What of the settings the API server's own flags say. */
export function apiFlagsOf(settings: ApiServerSettings): ApiFlags {
  return {
    ...API_FLAGS,
    requestTimeoutMs: settings.requestTimeoutMs,
    minWatchTimeoutMs: settings.minRequestTimeoutMs,
    eventTtlMs: settings.eventTtlMs,
    notReadyTolerationSeconds: settings.notReadyTolerationSeconds,
    unreachableTolerationSeconds: settings.unreachableTolerationSeconds,
    enablePlugins: settings.enablePlugins,
    disablePlugins: settings.disablePlugins,
    admissionConfig: settings.admissionConfig,
    authorizationModes: settings.authorizationModes,
    nodePortFirst: settings.serviceNodePorts.first,
    nodePortLast: settings.serviceNodePorts.last,
    anonymousAuth: settings.anonymousAuth,
    bootstrapTokenAuth: settings.bootstrapTokenAuth,
    tokens: settings.tokens,
    encryption: settings.encryption,
    reloadsEncryption: settings.encryptionReload !== undefined,
    runtimeConfig: settings.runtimeConfig,
    ...(settings.audit?.policy !== undefined &&
      settings.audit.logPath !== '' && { audit: settings.audit.policy as unknown as AuditPolicy }),
    openapiEnums: settings.featureGates['OpenAPIEnums'] ?? true,
  }
}
