/**
 * Versions of custom resources that a webhook makes of each other. Models apiextensions-apiserver
 * pkg/apiserver/conversion/webhook_converter.go. Not modelled: watches that would need it (refused), more than one
 * review of a list that has thousands of objects.
 */
import type { KindEntry } from '../../objects/kinds.ts'
import type { CustomVersion } from '../../objects/structural/index.ts'
import type { CustomResourceDefinition } from '../../objects/types.gen.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { Flight } from '../flight.ts'
import { answerOf, callKey, jsonAnswer } from '../outside/answer.ts'
import { webhookCall } from '../outside/client-config.ts'
import type { ClientConfig } from '../outside/client-config.ts'
import type { OutsideCall } from '../pipeline/admission/plugin.ts'
import { unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf, keyFor } from '../storage/keys.ts'
import { customIn, inVersion, versionOf } from './conversion.ts'
import { DEFINITIONS } from './custom-kinds.ts'

const TIMEOUT_MS = 30_000

/** The objects in the version, or what has to come first, or why they cannot be had. */
export type Converted = { objects: KubeObject[] } | { call: OutsideCall } | { status: ApiStatus }

const isForeign = (to: CustomVersion, object: KubeObject): boolean =>
  to.conversion === 'Webhook' && versionOf(object) !== to.name

/** Objects in the version of an entry, by the webhook where the definition names one. */
export function convertAll(core: Core, flight: Flight, entry: KindEntry, objects: readonly KubeObject[]): Converted {
  const { custom } = entry
  if (custom === undefined) return { objects: [...objects] }
  return convertTo(core, flight, entry, custom, objects)
}

/** An object in the version that is stored. */
export function convertToStored(core: Core, flight: Flight, entry: KindEntry, object: KubeObject): Converted {
  const { custom } = entry
  const stored = custom?.versions.get(custom.storedAs)
  return stored === undefined || versionOf(object) === stored.name
    ? { objects: [object] }
    : convertTo(core, flight, entry, stored, [object])
}

function convertTo(
  core: Core,
  flight: Flight,
  entry: KindEntry,
  to: CustomVersion,
  objects: readonly KubeObject[],
): Converted {
  const plain = (object: KubeObject): KubeObject =>
    to === entry.custom ? customIn(entry, object) : inVersion(entry.group, to, object)
  const foreign = objects.filter((object) => isForeign(to, object))
  if (foreign.length === 0) return { objects: objects.map(plain) }
  const made = review(core, flight, entry, to, foreign)
  if (!('objects' in made)) return made
  const byOrigin = new Map(foreign.map((object, i) => [object, made.objects[i] as KubeObject]))
  return { objects: objects.map((object) => plain(byOrigin.get(object) ?? object)) }
}

/** A question has the same key when only the records of field managers differ, whose times move on. */
function keyOf(entry: KindEntry, to: CustomVersion, objects: readonly KubeObject[]): string {
  const asked = objects.map(({ metadata, ...rest }) => {
    const { managedFields: _, ...others } = metadata
    return { ...rest, metadata: others }
  })
  return callKey('ConversionReview', entry.group, entry.resource, to.name, asked)
}

function review(core: Core, flight: Flight, entry: KindEntry, to: CustomVersion, objects: KubeObject[]): Converted {
  const whole = objects.map((object) => stored(entry, object))
  const what = `${whole[0]?.apiVersion ?? ''}, Kind=${entry.kind}`
  const refused = (why: string): Converted => ({ status: unknownError(`conversion webhook for ${what} ${why}`) })
  const webhook = webhookOf(core, entry)
  if (webhook?.clientConfig === undefined) return refused('failed: no webhook is configured')
  const key = keyOf(entry, to, whole)
  const uid = uidOf(core, flight, key)
  const call = callOf(webhook, key, { uid, desiredAPIVersion: `${entry.group}/${to.name}`, objects: whole })
  const answer = answerOf(flight, key)
  if (answer === undefined) return { call }
  const json = jsonAnswer(call, answer)
  if ('error' in json) return refused(`failed: ${json.error}`)
  const response = readResponse(json.json, uid)
  if ('error' in response) return refused(`failed: ${response.error}`)
  if (response.objects.length !== whole.length)
    return refused(`returned ${response.objects.length} objects, expected ${whole.length}`)
  const wanted = `${entry.group}/${to.name}`
  for (const [i, object] of response.objects.entries()) {
    const problem = objectProblem(object, whole[i] as KubeObject, wanted)
    if (problem !== undefined) return refused(`returned invalid converted object at index ${i}: ${problem}`)
  }
  return { objects: response.objects.map((object, i) => withOwnMetadata(object, whole[i] as KubeObject)) }
}

/** An object as its own version has it: pruned and with defaults. */
function stored({ group, custom }: KindEntry, object: KubeObject): KubeObject {
  const from = custom?.versions.get(versionOf(object))
  return from === undefined ? object : inVersion(group, from, object)
}

type Webhook = { clientConfig?: ClientConfig; conversionReviewVersions?: string[] }

function webhookOf(core: Core, { group, resource }: KindEntry): Webhook | undefined {
  const definition = core.cache.get(keyFor(DEFINITIONS, '', `${resource}.${group}`)) as unknown as
    CustomResourceDefinition | undefined
  return definition?.spec.conversion?.webhook as Webhook | undefined
}

/** The same question has the same uid when it is asked again. */
function uidOf(core: Core, flight: Flight, key: string): string {
  const uids = (flight.memo.reviews as Record<string, string> | undefined) ?? {}
  const uid = uids[key] ?? core.random.uuid()
  flight.memo.reviews = { ...uids, [key]: uid }
  return uid
}

function callOf({ clientConfig, conversionReviewVersions = [] }: Webhook, key: string, request: object): OutsideCall {
  const version = conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1'
  const body = { kind: 'ConversionReview', apiVersion: `apiextensions.k8s.io/${version}`, request }
  return webhookCall(clientConfig as ClientConfig, { key, body, timeoutMs: TIMEOUT_MS, query: { timeout: '30s' } })
}

interface RawReview {
  response?: { uid?: string; convertedObjects?: KubeObject[]; result?: { status?: string; message?: string } }
}

function readResponse(json: unknown, uid: string): { objects: KubeObject[] } | { error: string } {
  const { response } = (json ?? {}) as RawReview
  if (response === undefined) return { error: 'no response provided' }
  if (response.uid !== uid)
    return { error: `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}` }
  const { status = '', message = '' } = response.result ?? {}
  if (status !== 'Success')
    return { error: message === '' ? `response.result.status was '${status}', expected 'Success'` : message }
  return { objects: response.convertedObjects ?? [] }
}

function objectProblem(object: KubeObject, original: KubeObject, apiVersion: string): string | undefined {
  if (object.apiVersion !== apiVersion)
    return `invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion ?? ''})`
  if (object.kind !== original.kind)
    return `invalid kind (expected ${original.kind ?? ''}, received ${object.kind ?? ''})`
  const { name, namespace, uid } = object.metadata ?? {}
  const { metadata } = original
  if (name !== metadata.name) return `must have the same name: ${name ?? ''} != ${metadata.name}`
  if ((namespace ?? '') !== (metadata.namespace ?? ''))
    return `must have the same namespace: ${namespace ?? ''} != ${metadata.namespace ?? ''}`
  return uid === metadata.uid ? undefined : `must have the same UID: ${uid ?? ''} != ${metadata.uid ?? ''}`
}

/** Of the metadata only labels and annotations may be changed. */
function withOwnMetadata(object: KubeObject, { metadata }: KubeObject): KubeObject {
  const { labels, annotations } = object.metadata
  const { labels: _, annotations: __, ...own } = metadata
  return {
    ...object,
    metadata: { ...own, ...(labels !== undefined && { labels }), ...(annotations !== undefined && { annotations }) },
  }
}

/** Whether a watch would have to ask the webhook. */
export function watchNeedsWebhook(core: Core, { group, resource, custom }: KindEntry): boolean {
  if (custom?.conversion !== 'Webhook') return false
  if (custom.name !== custom.storedAs) return true
  return [...core.cache.values(directoryOf(group, resource))].some((object) => versionOf(object) !== custom.name)
}
