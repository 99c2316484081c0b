/** What an admission plugin is: it lets a request pass, changes its object, refuses it, or asks outside first. Models apiserver admission/{interfaces,attributes}.go. */
import type { HttpRequest } from '../../../fabric/http.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import { groupResource } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { forbidden } from '../../status.ts'
import type { ApiStatus } from '../../status.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One request as plugins see it. Who asks stands on the flight. */
export interface Attributes {
  operation: Operation
  /** The kind as it is served to this request. */
  entry: KindEntry
  subresource: string
  /** Empty for cluster-scoped kinds. */
  namespace: string
  /** Empty while a generated name is not made, and for the items of a collection. */
  name: string
  /** Absent for DELETE. */
  object?: KubeObject
  /** Absent for CREATE and CONNECT. */
  oldObject?: KubeObject
  dryRun: boolean
  /** CreateOptions, UpdateOptions, PatchOptions, DeleteOptions as sent. */
  options?: unknown
}

/**
 * A call out of the API server, plain data. Its answer is put under `key` into `flight.memo.calls`
 * and the step of the flight is run again from its start, which then finds it there.
 */
export interface OutsideCall {
  key: string
  /** `https://host:port/path?query`; a Service as `https://<name>.<namespace>.svc:<port>/…`. */
  url: string
  request: HttpRequest
  timeoutMs: number
  /** PEM that the other side's certificate must be signed by; empty: the host's roots. */
  caBundle?: string
  service?: { namespace: string; name: string; port: number }
  /** Any certificate will do. */
  insecure?: boolean
}

/** A second object that changes together with the one that is written: quotas. */
export interface Charge {
  key: string
  from: KubeObject
  to: KubeObject
}

export type Admission = { object?: KubeObject } | { refuse: ApiStatus } | { call: OutsideCall }

export interface Plugin {
  name: string
  operations: readonly Operation[]
  /** `pods`, `deployments.apps`, `pods/resize`; absent: every resource and subresource. */
  resources?: readonly string[]
  /** May return another object. */
  admit?(core: Core, flight: Flight, attrs: Attributes): Admission
  /** Only lets pass or refuses; what it returns as object is not looked at. */
  validate?(core: Core, flight: Flight, attrs: Attributes): Admission
}

/** The object (or the old one, when there is no new) as it is. */
export const pass = ({ object }: Attributes): Admission => ({ object })

/** The name that refusals tell: the object's, its generated base, or the request's. Models admission/errors.go extractResourceName. */
export function nameOf({ object, name }: Attributes): string {
  return object?.metadata?.name || object?.metadata?.generateName || name
}

/** `pods "x" is forbidden: why`. Models admission.NewForbidden. */
export function deny(attrs: Attributes, why: string): { refuse: ApiStatus } {
  return { refuse: forbidden(attrs.entry, nameOf(attrs), why) }
}

/** Says something to the client, once. */
export function warn(flight: Flight, text: string): void {
  if (!flight.warnings.includes(text)) flight.warnings.push(text)
}

export const isPod = ({ entry }: Attributes): boolean => entry.group === '' && entry.resource === 'pods'

/** `pods`, `pods/status`, `deployments.apps`. */
export function resourceOf({ entry, subresource }: Pick<Attributes, 'entry' | 'subresource'>): string {
  return subresource === '' ? groupResource(entry) : `${groupResource(entry)}/${subresource}`
}
