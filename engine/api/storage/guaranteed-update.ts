/**
 * Optimistic writes: transform what the cache holds, put it if nobody was faster, otherwise transform
 * again what etcd holds. Models apiserver storage/etcd3/store.go GuaranteedUpdate, Create and Delete.
 */
import type { Compare, EtcdHeader, EtcdResult, KeyValue, RequestOp, ResponseOp } from '../../etcd/messages.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, WriteSteps } from '../core.ts'
import { convertAll, convertToStored } from '../custom/conversion-webhook.ts'
import type { Converted } from '../custom/conversion-webhook.ts'
import type { Flight, PendingWrite } from '../flight.ts'
import { alreadyExists, internalError, unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { forStorage, revisionOf, withRevision } from './keys.ts'
import { Unreadable } from './stored-form.ts'

/** The name under which a flight's answers from etcd come here. */
export const WRITE_STEP = 'write'

export function startWrite(core: Core, steps: WriteSteps, flight: Flight, step: string, key: string): void {
  const current = core.cache.get(key)
  flight.step = WRITE_STEP
  flight.write = { step, key, baseRevision: 0, phase: 'read', fresh: false }
  attempt(core, steps, flight, current)
}

/** An answer of etcd for a flight that writes. */
export function resumeWrite(
  core: Core,
  steps: WriteSteps,
  flight: Flight,
  result: EtcdResult,
  header: EtcdHeader,
): void {
  const write = flight.write as PendingWrite
  if (result.kind === 'error') return core.refuse(flight, unknownError(result.message))
  if (result.kind === 'range') return again(core, steps, flight, result.kvs[0])
  if (result.kind !== 'txn') return core.refuse(flight, unknownError(`unexpected answer ${result.kind} of etcd`))
  if (!result.succeeded) {
    const [found, ...charged] = result.responses
    noteCharged(core, flight, charged)
    return again(core, steps, flight, found?.op === 'range' ? found.kvs[0] : undefined)
  }
  const row = steps[write.step]
  if (write.object === undefined)
    row?.done(core, flight, departed(write.current as KubeObject, header.revision), 'remove')
  else row?.done(core, flight, withRevision(write.shown ?? write.object, header.revision), 'put')
}

/** What etcd holds of the objects that were to change together with this one, for the next attempt. */
function noteCharged(core: Core, flight: Flight, responses: ResponseOp[]): void {
  for (const response of responses) {
    const kv = response.op === 'range' ? response.kvs[0] : undefined
    if (kv === undefined) continue
    const newer = core.stored.decode(kv)
    if (newer instanceof Unreadable) continue
    flight.memo.charged = { ...(flight.memo.charged as Record<string, KubeObject> | undefined), [kv.key]: newer }
  }
}

const departed = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
})

function again(core: Core, steps: WriteSteps, flight: Flight, kv: KeyValue | undefined): void {
  const write = flight.write as PendingWrite
  const stored = kv && core.stored.decode(kv)
  if (stored instanceof Unreadable) return core.refuse(flight, unreadable(core, flight, stored))
  write.fresh = true
  write.stale = kv !== undefined && core.stored.isStale(kv)
  attempt(core, steps, flight, stored)
}

/** Who only wants the name has no need to read what has it. */
function unreadable(core: Core, flight: Flight, { problem }: Unreadable): ApiStatus {
  const { verb, name } = flight.info
  if (verb !== 'create') return internalError(problem)
  return alreadyExists(entryOfFlight(core, flight), flight.body?.metadata.name ?? name)
}

/** An update that changes nothing is written all the same where the first provider would write it otherwise. */
function isRewritten(core: Core, flight: Flight, outcome: Settled): boolean {
  const { verb } = flight.info
  if (outcome.kind !== 'same' || flight.request.query.dryRun === 'All') return false
  return (verb === 'update' || verb === 'patch') && core.stored.rules((flight.write as PendingWrite).key)
}

function attempt(core: Core, steps: WriteSteps, flight: Flight, stored: KubeObject | undefined): void {
  const write = flight.write as PendingWrite
  const served =
    stored === undefined ? { objects: [] } : convertAll(core, flight, entryOfFlight(core, flight), [stored])
  if (!('objects' in served)) return halted(core, flight, served)
  const [current] = served.objects
  const outcome = (steps[write.step] as WriteSteps[string]).transform(core, flight, current)
  if (outcome.kind === 'refuse') return write.fresh ? core.refuse(flight, outcome.status) : reread(core, flight)
  if (outcome.kind === 'call') return core.callOut(flight, outcome.call)
  if (isRewritten(core, flight, outcome)) {
    if (!write.fresh) return reread(core, flight)
    if (write.stale === true)
      return commit(core, flight, { kind: 'put', object: outcome.object }, outcome.object, stored)
  }
  if (outcome.kind === 'same' || flight.request.query.dryRun === 'All')
    return finishWithoutWrite(core, steps, flight, outcome, current)
  if (outcome.kind === 'remove') return commit(core, flight, outcome, undefined, stored)
  const made = convertToStored(core, flight, entryOfFlight(core, flight), outcome.object)
  if (!('objects' in made)) return halted(core, flight, made)
  commit(core, flight, outcome, made.objects[0], stored)
}

/** A version that only a webhook can make: it is asked first, or has failed. */
function halted(core: Core, flight: Flight, why: Exclude<Converted, { objects: unknown }>): void {
  if ('call' in why) core.callOut(flight, why.call)
  else core.refuse(flight, why.status)
}

const entryOfFlight = (core: Core, { info }: Flight): KindEntry =>
  core.registry.byResource(info.group, info.version, info.resource) ?? core.storageEntry(info.group, info.resource)

/** A refusal may be due to a stale cache: ask etcd before saying so. */
function reread(core: Core, flight: Flight): void {
  const write = flight.write as PendingWrite
  write.phase = 'read'
  core.ask(flight, { kind: 'range', key: write.key })
}

/** An outcome that needs nothing more to be answered or stored. */
type Settled = Exclude<Outcome, { kind: 'refuse' | 'call' }>

function finishWithoutWrite(
  core: Core,
  steps: WriteSteps,
  flight: Flight,
  outcome: Settled,
  current: KubeObject | undefined,
): void {
  const { object } = outcome
  const row = steps[(flight.write as PendingWrite).step]
  const resourceVersion = current?.metadata.resourceVersion
  const shown =
    object.metadata.resourceVersion === resourceVersion
      ? object
      : { ...object, metadata: { ...object.metadata, resourceVersion } }
  row?.done(core, flight, shown, outcome.kind)
}

function commit(
  core: Core,
  flight: Flight,
  outcome: Settled,
  stored: KubeObject | undefined,
  current: KubeObject | undefined,
): void {
  const write = flight.write as PendingWrite
  write.phase = 'commit'
  write.baseRevision = current === undefined ? 0 : revisionOf(current)
  write.current = current
  write.object = stored && forStorage(stored)
  if (stored !== undefined && stored !== outcome.object) write.shown = forStorage(outcome.object)
  if (outcome.kind === 'remove') write.current = outcome.object
  const charges = (outcome.kind === 'put' ? outcome.charges : undefined) ?? []
  core.ask(flight, {
    kind: 'txn',
    compare: [
      unchanged(write.key, write.baseRevision),
      ...charges.map(({ key, from }) => unchanged(key, revisionOf(from))),
    ],
    success: [
      ...charges.map(({ key, to }): RequestOp => ({ op: 'put', key, value: core.stored.encode(key, forStorage(to)) })),
      operation(core, write, outcome),
    ],
    failure: [write.key, ...charges.map(({ key }) => key)].map((key) => ({ op: 'range', key })),
  })
}

const unchanged = (key: string, operand: number): Compare => ({ key, target: 'mod', result: 'equal', operand })

function operation(core: Core, { key, object }: PendingWrite, outcome: Outcome): RequestOp {
  if (object === undefined) return { op: 'delete', key }
  const lease = outcome.kind === 'put' ? outcome.lease : undefined
  const value = core.stored.encode(key, object)
  return lease === undefined ? { op: 'put', key, value } : { op: 'put', key, value, lease }
}
