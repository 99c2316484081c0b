/** Samples of usage, the last two of each. Models metrics-server pkg/scraper/client/resource/decode.go and pkg/storage (U5). */

/** One sample. */
export interface Point {
  /** Nanoseconds of CPU since the start. */
  readonly cpuNanos: number
  readonly memoryBytes: number
  readonly atMs: number
  readonly startedMs: number
}

/** What one kubelet told. */
export interface Sample {
  readonly node?: Point
  /** By `namespace/pod`, then by container. */
  readonly pods: Record<string, Record<string, Point>>
}

/** All samples of one round. */
export interface Batch {
  nodes: Record<string, Point>
  pods: Record<string, Record<string, Point>>
}

export const emptyBatch = (): Batch => ({ nodes: {}, pods: {} })

const ROW = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)(?: (\d+))?$/

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
}

/** Reads /metrics/resource. */
export function parseSample(text: string): Sample {
  const node: { cpuNanos?: number; memoryBytes?: number; atMs: number } = { atMs: 0 }
  const found = new Map<
    string,
    { pod: string; container: string; cpuNanos?: number; memoryBytes?: number; atMs: number; startedMs: number }
  >()
  for (const line of text.split('\n')) {
    const [, name = '', labelText = '', value = '', stamp = '0'] = ROW.exec(line) ?? []
    const amount = Number(value)
    if (name === 'node_cpu_usage_seconds_total')
      Object.assign(node, { cpuNanos: Math.round(amount * 1e9), atMs: Number(stamp) })
    else if (name === 'node_memory_working_set_bytes') node.memoryBytes = amount
    if (!name.startsWith('container_')) continue
    const labels = labelsOf(labelText)
    const pod = `${labels['namespace']}/${labels['pod']}`
    const key = `${pod}/${labels['container']}`
    const one = found.get(key) ?? { pod, container: labels['container'] ?? '', atMs: 0, startedMs: 0 }
    found.set(key, one)
    if (name === 'container_cpu_usage_seconds_total')
      Object.assign(one, { cpuNanos: Math.round(amount * 1e9), atMs: Number(stamp) })
    else if (name === 'container_memory_working_set_bytes') one.memoryBytes = amount
    else if (name === 'container_start_time_seconds') one.startedMs = Math.round(amount * 1000)
  }
  const pods: Sample['pods'] = {}
  for (const { pod, container, cpuNanos, memoryBytes, atMs, startedMs } of found.values())
    if (cpuNanos !== undefined && memoryBytes !== undefined)
      pods[pod] = { ...pods[pod], [container]: { cpuNanos, memoryBytes, atMs, startedMs } }
  const { cpuNanos, memoryBytes, atMs } = node
  if (cpuNanos === undefined || memoryBytes === undefined) return { pods }
  return { node: { cpuNanos, memoryBytes, atMs, startedMs: 0 }, pods }
}

/** The last two samples of everything. */
export interface Storage {
  last: Batch
  prev: Batch
}

export const emptyStorage = (): Storage => ({ last: emptyBatch(), prev: emptyBatch() })

/** A container this young may be told of by one sample. */
const FRESH_MS = 10_000

function pairOf(before: Point | undefined, old: Point | undefined, next: Point): Point | undefined {
  if (before === undefined) return undefined
  if (next.atMs <= before.atMs) return old
  return next.startedMs === before.startedMs && next.cpuNanos >= before.cpuNanos ? before : undefined
}

/** What started in this round counts from its start. */
function fromStart(next: Point, resolutionMs: number): Point | undefined {
  const age = next.atMs - next.startedMs
  if (next.startedMs === 0 || age < FRESH_MS || age >= resolutionMs) return undefined
  return { cpuNanos: 0, memoryBytes: 0, atMs: next.startedMs, startedMs: next.startedMs }
}

/** Takes in a round; what was not told in it is forgotten. */
export function stored({ last, prev }: Storage, batch: Batch, resolutionMs: number): Storage {
  const next: Storage = { last: batch, prev: emptyBatch() }
  for (const [name, point] of Object.entries(batch.nodes)) {
    const pair = pairOf(last.nodes[name], prev.nodes[name], point)
    if (pair !== undefined) next.prev.nodes[name] = pair
  }
  for (const [pod, containers] of Object.entries(batch.pods)) {
    const pairs: Record<string, Point> = {}
    for (const [name, point] of Object.entries(containers)) {
      const pair = pairOf(last.pods[pod]?.[name], prev.pods[pod]?.[name], point) ?? fromStart(point, resolutionMs)
      if (pair !== undefined) pairs[name] = pair
    }
    if (Object.keys(pairs).length > 0) next.prev.pods[pod] = pairs
  }
  return next
}

/** Whether there is anything to tell. */
export const isReady = ({ prev }: Storage): boolean =>
  Object.keys(prev.nodes).length > 0 || Object.keys(prev.pods).length > 0

export interface Rate {
  /** Nanocores. */
  readonly cpu: number
  readonly memoryBytes: number
  readonly atMs: number
  readonly windowMs: number
}

function rate(last: Point, prev: Point): Rate {
  const windowMs = last.atMs - prev.atMs
  const cpu = Math.floor(((last.cpuNanos - prev.cpuNanos) * 1000) / windowMs)
  return { cpu, memoryBytes: last.memoryBytes, atMs: last.atMs, windowMs }
}

export function nodeRate({ last, prev }: Storage, name: string): Rate | undefined {
  const [now, before] = [last.nodes[name], prev.nodes[name]]
  return now === undefined || before === undefined ? undefined : rate(now, before)
}

/** Of every container of a pod; undefined unless all have two samples. */
export function podRates({ last, prev }: Storage, pod: string): Record<string, Rate> | undefined {
  const now = last.pods[pod]
  const before = prev.pods[pod] ?? {}
  if (now === undefined) return undefined
  const entries = Object.entries(now)
  if (entries.some(([name]) => before[name] === undefined)) return undefined
  return Object.fromEntries(entries.map(([name, point]) => [name, rate(point, before[name] as Point)]))
}
