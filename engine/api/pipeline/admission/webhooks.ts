/**
 * Admission webhooks. Models apiserver admission/plugin/webhook/{mutating,validating,generic}. Validating webhooks are
 * asked one after the other (upstream: all at once). Not modelled: audit annotations, metrics.
 */
import { admissionTypes } from '../../../objects/cel/admission-types.ts'
import type { KindEntry } from '../../../objects/kinds.ts'
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { answerOf, callKey, jsonAnswer } from '../../outside/answer.ts'
import type { OutsideAnswer } from '../../outside/answer.ts'
import { webhookCall } from '../../outside/client-config.ts'
import { badRequest, forbidden, internalError } from '../../status.ts'
import { pass, nameOf, warn } from './plugin.ts'
import type { Admission, Attributes, OutsideCall, Plugin } from './plugin.ts'
import { compileExpression, conditionsHold, registered } from './policy-evaluation.ts'
import type { Compiled } from './policy-evaluation.ts'
import { admissionRequest, bindingsOf, objectBack, objectIn } from './policy-request.ts'
import { isExempt, matchedEntry, namespaceMatches, objectMatches } from './rule-matching.ts'
import { denial, patched, readReview, reviewVersion } from './webhook-review.ts'
import type { Review, Webhook } from './webhook-review.ts'

/** A webhook with the configuration that it stands in. */
interface Hook {
  readonly configuration: string
  readonly webhook: Webhook
}

function hooksOf(core: Core, resource: string): Hook[] {
  const all = registered<MutatingWebhookConfiguration | ValidatingWebhookConfiguration>(core, resource)
  return all.flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map((webhook) => ({ configuration: metadata.name ?? '', webhook: webhook as Webhook })),
  )
}

const conditions = new WeakMap<object, Compiled[]>()

/** Match conditions may ask everything but for parameters. */
function conditionsOf(webhook: Webhook): Compiled[] {
  const known = conditions.get(webhook)
  if (known) return known
  const types = admissionTypes({ params: false })
  const made = (webhook.matchConditions ?? []).map(({ expression }) => compileExpression(expression, types))
  conditions.set(webhook, made)
  return made
}

/** In which version the webhook wants the request; undefined: not at all. */
function wanted(core: Core, flight: Flight, attrs: Attributes, { webhook }: Hook): KindEntry | Admission | undefined {
  if (!namespaceMatches(core, attrs, webhook.namespaceSelector) || !objectMatches(attrs, webhook.objectSelector))
    return undefined
  const entry = matchedEntry(core, attrs, webhook.rules ?? [], webhook.matchPolicy)
  if (entry === undefined || (webhook.matchConditions ?? []).length === 0) return entry
  const holds = conditionsHold(conditionsOf(webhook), bindingsOf(core, flight, attrs, entry))
  if (typeof holds === 'boolean') return holds ? entry : undefined
  if (webhook.failurePolicy === 'Ignore') return undefined
  return { refuse: forbidden(attrs.entry, nameOf(attrs), holds.error) }
}

/** Webhooks may be called for a request that changes nothing only when they have promised to change nothing either. */
const mayDryRun = ({ sideEffects }: Webhook): boolean => sideEffects === 'None' || sideEffects === 'NoneOnDryRun'

/** The uid of a review is the question's, so that asking again would ask the same. */
interface Asked {
  readonly key: string
  readonly uid: string
  readonly call: OutsideCall
}

function question(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  { configuration, webhook }: Hook,
  entry: KindEntry,
): Asked {
  const request = {
    ...admissionRequest(flight, attrs, entry),
    object: objectIn(entry, attrs.object),
    oldObject: objectIn(entry, attrs.oldObject),
  }
  const key = callKey(configuration, webhook.name, request)
  const uids = (flight.memo.reviews as Record<string, string> | undefined) ?? {}
  const uid = uids[key] ?? core.random.uuid()
  flight.memo.reviews = { ...uids, [key]: uid }
  const apiVersion = `admission.k8s.io/${reviewVersion(webhook) ?? 'v1'}`
  const seconds = webhook.timeoutSeconds ?? 10
  const body = { kind: 'AdmissionReview', apiVersion, request: { uid, ...request } }
  const of = { key, body, timeoutMs: seconds * 1000, query: { timeout: `${seconds}s` } }
  return { key, uid, call: webhookCall(webhook.clientConfig, of) }
}

type Verdict = Review | { call: OutsideCall } | { refuse: ReturnType<typeof badRequest> } | 'ignored'

/** Asks one webhook, or reads what it answered. */
function ask(core: Core, flight: Flight, attrs: Attributes, hook: Hook, entry: KindEntry, mutating: boolean): Verdict {
  const { webhook } = hook
  if (attrs.dryRun && !mayDryRun(webhook))
    return { refuse: badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`) }
  const { key, uid, call } = question(core, flight, attrs, hook, entry)
  const answer = answerOf(flight, key)
  if (answer === undefined) return { call }
  const review = read(call, answer, { uid, version: reviewVersion(webhook) ?? 'v1', mutating })
  if (!('error' in review)) return review
  if (webhook.failurePolicy === 'Ignore') return 'ignored'
  return { refuse: internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${review.error}`) }
}

function read(
  call: OutsideCall,
  answer: OutsideAnswer,
  of: Parameters<typeof readReview>[1],
): Review | { error: string } {
  const json = jsonAnswer(call, answer)
  if ('error' in json) return { error: `failed to call webhook: ${json.error}` }
  const review = readReview(json.json, of)
  if (!('error' in review)) return review
  const early = /^couldn't get version/.test(review.error)
  return {
    error: early ? `failed to call webhook: ${review.error}` : `received invalid webhook response: ${review.error}`,
  }
}

const isVerdictRefusal = (verdict: Verdict): verdict is Exclude<Verdict, Review | 'ignored'> =>
  typeof verdict === 'object' && ('call' in verdict || 'refuse' in verdict)

export const validatingWebhook: Plugin = {
  name: 'ValidatingAdmissionWebhook',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  validate(core, flight, attrs) {
    if (isExempt(attrs)) return pass(attrs)
    for (const hook of hooksOf(core, 'validatingwebhookconfigurations')) {
      const entry = wanted(core, flight, attrs, hook)
      if (entry === undefined) continue
      if (!('resource' in entry)) return entry
      const verdict = ask(core, flight, attrs, hook, entry, false)
      if (isVerdictRefusal(verdict)) return verdict
      if (verdict === 'ignored') continue
      for (const text of verdict.warnings) warn(flight, text)
      if (!verdict.allowed) return { refuse: denial(hook.webhook.name, verdict.status) }
    }
    return pass(attrs)
  },
}

/** One mutating webhook's effect: the object after it, or why the request ends or waits here. */
function mutateBy(core: Core, flight: Flight, attrs: Attributes, hook: Hook, entry: KindEntry): Admission {
  const verdict = ask(core, flight, attrs, hook, entry, true)
  if (isVerdictRefusal(verdict)) return verdict
  if (verdict === 'ignored') return pass(attrs)
  for (const text of verdict.warnings) warn(flight, text)
  const { name } = hook.webhook
  if (!verdict.allowed) return { refuse: denial(name, verdict.status) }
  const seen = objectIn(entry, attrs.object)
  if (verdict.patch.length === 0) return pass(attrs)
  if (seen === null)
    return { refuse: internalError(`admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`) } // prettier-ignore
  const changed = patched(seen, verdict)
  if ('error' in changed) return { refuse: internalError(changed.error) }
  const back = objectBack(core, attrs, entry, changed as KubeObject)
  return 'error' in back ? { refuse: internalError(back.error) } : back
}

const isEqual = (a: KubeObject | undefined, b: KubeObject | undefined): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b)

/** One round of webhooks. `again` names those that are to be asked anew. */
function round(
  core: Core,
  flight: Flight,
  attrs: Attributes,
  hooks: readonly Hook[],
): { attrs: Attributes; stale: Hook[] } | Admission {
  let now = attrs
  const asked: Hook[] = []
  let stale: Hook[] = []
  for (const hook of hooks) {
    const entry = wanted(core, flight, now, hook)
    if (entry === undefined) continue
    if (!('resource' in entry)) return entry
    const verdict = mutateBy(core, flight, now, hook, entry)
    if (!('object' in verdict)) return verdict
    if (!isEqual(verdict.object, now.object)) stale = [...asked]
    if (verdict.object !== undefined) now = { ...now, object: verdict.object }
    if (hook.webhook.reinvocationPolicy === 'IfNeeded') asked.push(hook)
  }
  return { attrs: now, stale }
}

/** A name that is generated is not told: it comes after the webhooks. */
function unnamed(attrs: Attributes): Attributes {
  const { object } = attrs
  if (attrs.operation !== 'CREATE' || attrs.name !== '' || !object?.metadata?.generateName) return attrs
  const { name: _name, ...metadata } = object.metadata
  return { ...attrs, object: { ...object, metadata: metadata as KubeObject['metadata'] } }
}

function renamed(attrs: Attributes, object: KubeObject | undefined): KubeObject | undefined {
  const name = attrs.object?.metadata?.name
  if (object === undefined || name === undefined || object.metadata?.name !== undefined) return object
  return { ...object, metadata: { ...object.metadata, name } }
}

export const mutatingWebhook: Plugin = {
  name: 'MutatingAdmissionWebhook',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  admit(core, flight, attrs) {
    if (isExempt(attrs)) return pass(attrs)
    const hooks = hooksOf(core, 'mutatingwebhookconfigurations')
    if (hooks.length === 0) return pass(attrs)
    const first = round(core, flight, unnamed(attrs), hooks)
    if (!('stale' in first)) return first
    const second = first.stale.length === 0 ? first : round(core, flight, first.attrs, first.stale)
    if (!('stale' in second)) return second
    const object = renamed(attrs, second.attrs.object)
    return isEqual(object, attrs.object) ? pass(attrs) : { ...(object !== undefined && { object }) }
  },
}
