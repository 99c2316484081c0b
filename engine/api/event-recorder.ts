/**
 * Records Event objects about API objects: counts repeats, combines similar ones, and limits floods.
 * Models client-go tools/record (events_cache.go): spam filter of 25 then one per 300 s, aggregation of
 * more than 10 similar messages within 600 s. An event that no server took is written again, 12 times at most, and
 * those that come after it wait (record.go); only for owners that give `retryIn`: an elected component does not
 * outlive its server.
 */
import type { Kernel } from '../kernel/kernel.ts'
import { microTimestamp, timestamp } from '../objects/meta.ts'
import type { Event as CoreV1Event, ObjectReference } from '../objects/types.gen.ts'
import type { Answer, ApiClient, Call, KubeObject } from './client.ts'

const SPAM_BURST = 25
const SPAM_REFILL_MS = 300_000
const SIMILAR_LIMIT = 10
const SIMILAR_INTERVAL_MS = 600_000
const CACHE_SIZE = 4096
/** maxTriesPerEvent, the pause between two tries, and how many may wait. */
const TRIES = 12
const RETRY_MS = 10_000
const MAX_UNWRITTEN = 1_000
const COMBINED = '(combined from similar events)'

interface Seen {
  name: string
  namespace: string
  count: number
  firstTimestamp: string
}

interface Bucket {
  tokens: number
  atMs: number
}

interface Similar {
  messages: string[]
  atMs: number
}

/** Plain data: what the recorder remembers. */
export interface RecorderState {
  seen: Record<string, Seen>
  buckets: Record<string, Bucket>
  similar: Record<string, Similar>
  serial: number
  /** What no server took yet, in order, and how often the first was tried. */
  unwritten?: { calls: Call[]; tries: number }
}

export interface EventFacts {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  /** `spec.containers{web}` for events about a container. */
  fieldPath?: string
  annotations?: Record<string, string>
}

export interface RecorderOptions {
  /** The source component, such as `kubelet` or `deployment-controller`. */
  component: string
  /** The node, for components that name it. */
  host?: string
  /** Calls `retry` after so long. */
  retryIn?(ms: number): void
}

/** The reference to an object that an event carries. */
export function referenceTo(object: KubeObject, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata
  return {
    ...(object.apiVersion !== undefined && { apiVersion: object.apiVersion }),
    ...(fieldPath !== undefined && { fieldPath }),
    ...(object.kind !== undefined && { kind: object.kind }),
    name,
    ...(namespace !== undefined && namespace !== '' && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(uid !== undefined && { uid }),
  }
}

export class EventRecorder {
  private state: RecorderState = { seen: {}, buckets: {}, similar: {}, serial: 0 }
  /** How many keys `seen` has. Derived. */
  private seenCount = 0

  constructor(
    private readonly kernel: Kernel,
    private readonly client: ApiClient,
    private readonly options: RecorderOptions,
  ) {}

  /** Records one event; the write is sent at once and its answer ignored. */
  record(about: KubeObject, facts: EventFacts, options: RecorderOptions = this.options): void {
    const reference = referenceTo(about, facts.fieldPath)
    if (!this.takeToken(options, reference)) return
    const message = this.combine(options, reference, facts)
    // Events that were combined are one, whatever the last of them said.
    const key = [
      subject(options, reference),
      facts.type,
      facts.reason,
      message === facts.message ? message : COMBINED,
    ].join('|')
    const seen = this.state.seen[key]
    if (seen === undefined) this.create(key, reference, { ...facts, message }, options)
    else this.increment(seen, message)
  }

  /**
   * Records an event as the scheduler does, through events.k8s.io: no source and no count, and a series
   * once it repeats. Models client-go tools/events. Not modelled: the 30 minute refresh of a series.
   */
  recordSeries(about: KubeObject, facts: EventFacts & { action: string }): void {
    const reference = referenceTo(about)
    // The reference counts whole, its resourceVersion too: an object that has changed since starts another event.
    const { resourceVersion = '' } = reference
    const key = ['series', subject(this.options, reference), resourceVersion, facts.action, facts.reason].join('|')
    const seen = this.state.seen[key]
    if (seen === undefined) return this.createSeries(key, reference, facts)
    seen.count++
    if (seen.count > 2) return
    const { name, namespace } = seen
    const body = { series: { count: 2, lastObservedTime: microTimestamp(this.kernel.clockMs) } }
    this.write({ verb: 'patch', resource: EVENTS, namespace, name, patchType: 'strategic', body })
  }

  private createSeries(key: string, reference: ObjectReference, facts: EventFacts & { action: string }): void {
    const namespace = reference.namespace ?? 'default'
    const name = `${reference.name ?? ''}.${this.serialHex()}`
    const eventTime = microTimestamp(this.kernel.clockMs)
    this.remember(key, { name, namespace, count: 1, firstTimestamp: eventTime })
    const body: CoreV1Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: reference,
      reason: facts.reason,
      message: facts.message,
      action: facts.action,
      eventTime,
      source: {},
      type: facts.type,
      reportingComponent: this.options.component,
      reportingInstance: `${this.options.component}-${this.options.host ?? ''}`,
    }
    this.write({ verb: 'create', resource: EVENTS, namespace, body })
  }

  private write(call: Call): void {
    const { unwritten } = this.state
    if (unwritten === undefined) this.client.call(call, IGNORED)
    else if (unwritten.calls.length < MAX_UNWRITTEN) unwritten.calls.push(call)
  }

  /** For the owner: what became of a call with the tag IGNORED or RETRIED. */
  answered({ call, code, tag }: Answer): void {
    if (call.resource !== EVENTS || this.options.retryIn === undefined) return
    if (tag === RETRIED) this.retried(code !== 0)
    else if (code === 0) this.lost(call)
  }

  /** For the owner: the time to try again has come. */
  retry(): void {
    const [first] = this.state.unwritten?.calls ?? []
    if (first !== undefined) this.client.call(first, RETRIED)
  }

  /** The first pause is of a random length, so that many clients do not come at once. */
  private lost(call: Call): void {
    if (this.state.unwritten !== undefined) return this.write(call)
    this.state.unwritten = { calls: [call], tries: 1 }
    this.options.retryIn?.(this.kernel.random(`events/${this.options.host}`).int(RETRY_MS))
  }

  private retried(isWritten: boolean): void {
    const { unwritten } = this.state
    if (unwritten === undefined) return
    const isDone = isWritten || ++unwritten.tries >= TRIES
    if (isDone) Object.assign(unwritten, { calls: unwritten.calls.slice(1), tries: 0 })
    if (unwritten.calls.length === 0) delete this.state.unwritten
    else if (isDone) this.retry()
    else this.options.retryIn?.(RETRY_MS)
  }

  /** Forgets everything, as a restarted process does. */
  reset(): void {
    this.state = { seen: {}, buckets: {}, similar: {}, serial: this.state.serial }
    this.seenCount = 0
  }

  dump(): RecorderState {
    return this.state
  }

  load(state: RecorderState): void {
    this.state = state
    this.seenCount = Object.keys(state.seen).length
  }

  private create(key: string, reference: ObjectReference, facts: EventFacts, options: RecorderOptions): void {
    const now = timestamp(this.kernel.clockMs)
    const namespace = reference.namespace ?? 'default'
    const name = `${reference.name ?? ''}.${this.serialHex()}`
    this.remember(key, { name, namespace, count: 1, firstTimestamp: now })
    const body: CoreV1Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace, ...(facts.annotations && { annotations: facts.annotations }) },
      involvedObject: reference,
      reason: facts.reason,
      message: facts.message,
      source: { component: options.component, ...(options.host !== undefined && { host: options.host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: facts.type,
      reportingComponent: options.component,
      reportingInstance: options.host ?? '',
    }
    this.write({ verb: 'create', resource: EVENTS, namespace, body })
  }

  private increment(seen: Seen, message: string): void {
    seen.count++
    const body = { count: seen.count, lastTimestamp: timestamp(this.kernel.clockMs), message }
    const { name, namespace } = seen
    this.write({ verb: 'patch', resource: EVENTS, namespace, name, patchType: 'strategic', body })
  }

  /** Keeps at most CACHE_SIZE, and forgets the oldest quarter when there are more. */
  private remember(key: string, seen: Seen): void {
    this.state.seen[key] = seen
    this.seenCount++
    if (this.seenCount <= CACHE_SIZE) return
    const keys = Object.keys(this.state.seen)
    for (const old of keys.slice(0, CACHE_SIZE / 4)) delete this.state.seen[old]
    this.seenCount = keys.length - CACHE_SIZE / 4
  }

  /** One token per source and object; the bucket fills up again slowly. */
  private takeToken(options: RecorderOptions, reference: ObjectReference): boolean {
    const key = subject(options, reference)
    const now = this.kernel.now
    const bucket = this.state.buckets[key] ?? { tokens: SPAM_BURST, atMs: now }
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.atMs) / SPAM_REFILL_MS)
    bucket.atMs = now
    this.state.buckets[key] = bucket
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  private combine(options: RecorderOptions, reference: ObjectReference, facts: EventFacts): string {
    const key = [subject(options, reference), facts.type, facts.reason].join('|')
    const now = this.kernel.now
    let similar = this.state.similar[key]
    if (similar === undefined || now - similar.atMs > SIMILAR_INTERVAL_MS) similar = { messages: [], atMs: now }
    similar.atMs = now
    if (!similar.messages.includes(facts.message)) similar.messages.push(facts.message)
    this.state.similar[key] = similar
    if (similar.messages.length < SIMILAR_LIMIT) return facts.message
    similar.messages.shift()
    return `${COMBINED}: ${facts.message}`
  }

  /** Sixteen hex digits that grow: nanoseconds since 1970, and a serial within the instant. */
  private serialHex(): string {
    return (BigInt(this.kernel.clockMs) * 1_000_000n + BigInt(++this.state.serial % 1_000_000)).toString(16)
  }
}

const EVENTS = 'v1/events'
/** The tag of an event that is written again. */
export const RETRIED = 'retried'
/** The tag of calls whose answers nobody waits for. */
export const IGNORED = 'ignored'

function subject(options: RecorderOptions, reference: ObjectReference): string {
  const { kind, namespace, name, uid, apiVersion } = reference
  return [options.component, options.host, kind, namespace, name, uid, apiVersion].join('/')
}
