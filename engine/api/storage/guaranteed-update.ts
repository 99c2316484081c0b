/**
 * Optimistic writes: transform what the cache holds, put it if nobody was faster, otherwise transform
 * again what etcd holds. Models apiserver storage/etcd3/store.go GuaranteedUpdate, Create and Delete.
 */
import type { EtcdHeader, EtcdResult, KeyValue, RequestOp } from '../../etcd/messages.ts'
import type { KubeObject } from '../client.ts'
import type { Core, Outcome, WriteSteps } from '../core.ts'
import type { Flight, PendingWrite } from '../flight.ts'
import { unknownError } from '../status.ts'
import { forStorage, revisionOf, withRevision } from './keys.ts'

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
    const found = result.responses[0]
    return again(core, steps, flight, found?.op === 'range' ? found.kvs[0] : undefined)
  }
  const row = steps[write.step]
  if (write.object === undefined)
    row?.done(core, flight, departed(write.current as KubeObject, header.revision), 'remove')
  else row?.done(core, flight, withRevision(write.object, header.revision), 'put')
}

const departed = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
})

function again(core: Core, steps: WriteSteps, flight: Flight, kv: KeyValue | undefined): void {
  const write = flight.write as PendingWrite
  write.fresh = true
  attempt(core, steps, flight, kv && withRevision(kv.value as KubeObject, kv.modRevision))
}

function attempt(core: Core, steps: WriteSteps, flight: Flight, current: KubeObject | undefined): void {
  const write = flight.write as PendingWrite
  const outcome = (steps[write.step] as WriteSteps[string]).transform(core, flight, current)
  if (outcome.kind === 'refuse') return write.fresh ? core.refuse(flight, outcome.status) : reread(core, flight)
  if (outcome.kind === 'same' || flight.request.query.dryRun === 'All')
    return finishWithoutWrite(core, steps, flight, outcome, current)
  commit(core, flight, outcome, current)
}

/** A refusal may be due to a stale cache: ask etcd before saying so. */
function reread(core: Core, flight: Flight): void {
  const write = flight.write as PendingWrite
  write.phase = 'read'
  core.ask(flight, { kind: 'range', key: write.key })
}

function finishWithoutWrite(
  core: Core,
  steps: WriteSteps,
  flight: Flight,
  outcome: Exclude<Outcome, { kind: 'refuse' }>,
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
  outcome: Exclude<Outcome, { kind: 'refuse' }>,
  current: KubeObject | undefined,
): void {
  const write = flight.write as PendingWrite
  write.phase = 'commit'
  write.baseRevision = current === undefined ? 0 : revisionOf(current)
  write.current = current
  write.object = outcome.kind === 'remove' ? undefined : forStorage(outcome.object)
  if (outcome.kind === 'remove') write.current = outcome.object
  core.ask(flight, {
    kind: 'txn',
    compare: [{ key: write.key, target: 'mod', result: 'equal', operand: write.baseRevision }],
    success: [operation(write, outcome)],
    failure: [{ op: 'range', key: write.key }],
  })
}

function operation(write: PendingWrite, outcome: Outcome): RequestOp {
  if (write.object === undefined) return { op: 'delete', key: write.key }
  const lease = outcome.kind === 'put' ? outcome.lease : undefined
  return lease === undefined
    ? { op: 'put', key: write.key, value: write.object }
    : { op: 'put', key: write.key, value: write.object, lease }
}
