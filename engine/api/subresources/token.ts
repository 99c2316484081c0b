/**
 * TokenRequest. Models pkg/registry/core/serviceaccount/storage/token.go and pkg/apis/authentication/validation.
 * Not modelled: --service-account-max-token-expiration.
 */
import type { FieldError } from '../../objects/validation/errors.ts'
import { timestamp } from '../../objects/meta.ts'
import type { KubeObject } from '../client.ts'
import type { Core, VerbHandler } from '../core.ts'
import { claimsOf, ISSUER } from '../pipeline/service-account-tokens.ts'
import type { TokenFacts } from '../pipeline/service-account-tokens.ts'
import { makeJwt } from '../../pki/index.ts'
import { admit, attributesOf, isAdmitted } from '../pipeline/admission/index.ts'
import { JSON_HEADERS } from '../present.ts'
import { badRequest, conflict, invalid, notFound } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'

const ACCOUNTS = { group: '', resource: 'serviceaccounts' }
const REQUEST = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
const DEFAULT_SECONDS = 3600
const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32
/** --service-account-extend-token-expiration: what asks for this many seconds gets a year. */
const EXTENDED_SECONDS = 3607
const YEAR_SECONDS = 365 * 86_400

interface BoundRef {
  apiVersion?: string
  kind?: string
  name?: string
  uid?: string
}

interface TokenSpec {
  audiences?: string[] | null
  expirationSeconds?: number | null
  boundObjectRef?: BoundRef | null
}

/** What a token may be bound to; nodes since 1.29 (on since 1.31). */
const BOUND: Record<string, { claim: 'pod' | 'secret' | 'node'; resource: string; cluster?: boolean }> = {
  'v1/Pod': { claim: 'pod', resource: 'pods' },
  'v1/Secret': { claim: 'secret', resource: 'secrets' },
  'v1/Node': { claim: 'node', resource: 'nodes', cluster: true },
}

function specErrors({ expirationSeconds }: TokenSpec): FieldError[] {
  const badValue = expirationSeconds ?? DEFAULT_SECONDS
  const error = (detail: string): FieldError[] => [
    { type: 'Invalid', field: 'spec.expirationSeconds', badValue, detail },
  ]
  if (badValue < MIN_SECONDS) return error('may not specify a duration less than 10 minutes')
  return badValue > MAX_SECONDS ? error('may not specify a duration larger than 2^32 seconds') : []
}

type BoundFacts = Pick<TokenFacts, 'pod' | 'secret' | 'node'>

const refOf = ({ metadata: { name, uid } }: KubeObject): { name: string; uid: string } => ({ name, uid: uid ?? '' })

/** The object that the token is to live and die with. */
function boundFacts(core: Core, account: KubeObject, ref: BoundRef): { facts: BoundFacts } | { refuse: ApiStatus } {
  const bound = BOUND[`${ref.apiVersion || 'v1'}/${ref.kind ?? ''}`]
  const namespace = account.metadata.namespace ?? ''
  if (bound === undefined || (bound.cluster === true && core.minor < 31))
    return {
      refuse: badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to type ${goKind(ref)}`,
      ),
    }
  const name = ref.name ?? ''
  const found = read(core, bound.resource, bound.cluster === true ? '' : namespace, name)
  if (found === undefined) return { refuse: notFound({ group: '', resource: bound.resource }, name) }
  if (ref.uid !== undefined && ref.uid !== '' && ref.uid !== found.metadata.uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
    return { refuse: conflict({ group: '', resource: bound.resource }, name, why) }
  }
  if (bound.claim !== 'pod') return { facts: { [bound.claim]: refOf(found) } }
  return podFacts(core, account, found)
}

function podFacts(core: Core, account: KubeObject, pod: KubeObject): { facts: BoundFacts } | { refuse: ApiStatus } {
  const { serviceAccountName, nodeName } = (pod as KubeObject & { spec?: Record<string, string> }).spec ?? {}
  if (serviceAccountName !== account.metadata.name) {
    const why = `cannot bind token to pod ${JSON.stringify(pod.metadata.name)} running with different service account name.`
    return { refuse: badRequest(why) }
  }
  const node = nodeName === undefined ? undefined : read(core, 'nodes', '', nodeName)
  const ref =
    nodeName === undefined ? undefined : { name: nodeName, ...(node?.metadata.uid && { uid: node.metadata.uid }) }
  return { facts: { pod: refOf(pod), ...(ref !== undefined && { node: ref }) } }
}

function goKind({ apiVersion = '', kind = '' }: BoundRef): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return `${group}/${version}, Kind=${kind}`
}

function read(core: Core, resource: string, namespace: string, name: string): KubeObject | undefined {
  return core.cache.get(`${directoryOf('', resource)}${namespace === '' ? '' : `${namespace}/`}${name}`)
}

/** POST serviceaccounts/x/token */
export const createToken: VerbHandler = (core, flight) => {
  const { namespace, name } = flight.info
  const account = read(core, 'serviceaccounts', namespace, name)
  if (account === undefined) return core.refuse(flight, notFound(ACCOUNTS, name))
  const asked = (flight.request.body ?? {}) as KubeObject & { spec?: TokenSpec }
  const verdict = admit(core, flight, attributesOf(flight, core.entryOf(flight), 'CREATE', asked))
  if ('call' in verdict) return core.callOut(flight, verdict.call)
  if (!isAdmitted(verdict)) return core.refuse(flight, verdict.refuse)
  const { spec = {} } = verdict.object as typeof asked
  const errors = specErrors(spec)
  if (errors.length > 0) return core.refuse(flight, invalid(REQUEST, '', errors))
  const { boundObjectRef: ref } = spec
  const bound = ref === undefined || ref === null ? { facts: {} } : boundFacts(core, account, ref)
  if ('refuse' in bound) return core.refuse(flight, bound.refuse)
  const key = core.tokenKeys.signing()
  if (key === undefined) return core.refuse(flight, badRequest('TokenRequest API is not enabled'))
  respond({ core, flight, account, spec, bound: bound.facts, key })
}

interface Granting {
  core: Core
  flight: Parameters<VerbHandler>[1]
  account: KubeObject
  spec: TokenSpec
  bound: BoundFacts
  key: Parameters<typeof makeJwt>[1]
}

function respond({ core, flight, account, spec, bound, key }: Granting): void {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS
  const audiences = (spec.audiences ?? []).length > 0 ? (spec.audiences as string[]) : [ISSUER]
  const now = core.kernel.clockMs
  const extends_ = bound.pod !== undefined && seconds === EXTENDED_SECONDS && audiences.every((one) => one === ISSUER)
  const facts: TokenFacts = {
    nowMs: now,
    namespace: account.metadata.namespace ?? '',
    account: refOf(account),
    seconds: extends_ ? YEAR_SECONDS : seconds,
    audiences,
    jti: core.random.uuid(),
    ...bound,
    ...(extends_ && { warnAfter: EXTENDED_SECONDS }),
  }
  const token = makeJwt(claimsOf(facts, core.minor), key)
  const body = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: account.metadata.name, namespace: account.metadata.namespace, creationTimestamp: timestamp(now) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp(now + seconds * 1000) },
  }
  core.respond(flight, { code: 201, headers: JSON_HEADERS, body })
}
