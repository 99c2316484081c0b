/**
 * What the kubelet tells of usage: /metrics/resource and /stats/summary. Models pkg/kubelet/metrics/collectors/
 * resource_metrics.go and pkg/kubelet/server/stats (U7). Not modelled: network, file systems beyond their size, /metrics/cadvisor.
 */
import type { Core } from './core.ts'
import { nodeContainers, nodeUsage } from './usage.ts'
import type { ContainerUsage, Usage } from './usage.ts'

/** CPU of a node counts from here; it only has to grow. */
const bootOf = (core: Core): number => core.kernel.clockMs - core.kernel.now

interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge'
  rows: string[]
}

/** Go's %g of a float. */
function goFloat(value: number): string {
  if (value === 0) return '0'
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -5 && exponent < 21)
    return exponent < 6 || !Number.isInteger(value) || exponent >= 21 ? plain(value) : scientific(value)
  return scientific(value)
}

const plain = (value: number): string => (Math.abs(value) >= 1e6 ? scientific(value) : String(value))

function scientific(value: number): string {
  const [digits = '', power = '0'] = value.toExponential().split('e')
  const amount = Math.abs(Number(power))
  return `${digits}e${power.startsWith('-') ? '-' : '+'}${String(amount).padStart(2, '0')}`
}

const labelsOf = (labels: Record<string, string>): string => {
  const text = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return text.length === 0 ? '' : `{${text.join(',')}}`
}

/** Containers by pod, in order. */
function podsOf(containers: readonly ContainerUsage[]): ContainerUsage[][] {
  const pods = new Map<string, ContainerUsage[]>()
  for (const one of containers) pods.set(one.uid, [...(pods.get(one.uid) ?? []), one])
  return [...pods.values()]
}

const summed = (list: readonly Usage[]): Usage => ({
  cpuMicros: list.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
  memoryBytes: list.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
})

/** /metrics/resource */
export function resourceMetrics(core: Core): string {
  const now = core.kernel.clockMs
  const containers = nodeContainers(core).sort(byName)
  const pods = podsOf(containers)
  const node = nodeUsage(core, containers, bootOf(core))
  const row = (name: string, labels: Record<string, string>, value: number, atMs: number | undefined = now): string =>
    `${name}${labelsOf(labels)} ${goFloat(value)}${atMs === 0 ? '' : ` ${atMs}`}`
  const own = ({ container, namespace, pod }: ContainerUsage): Record<string, string> => ({ container, namespace, pod })
  const ofPod = ([first]: ContainerUsage[]): Record<string, string> => ({
    namespace: first?.namespace ?? '',
    pod: first?.pod ?? '',
  })
  const family = (name: string, help: string, type: Family['type'], rows: (name: string) => string[]): Family => ({
    name,
    help,
    type,
    rows: rows(name),
  })
  const families: Family[] = [
    family(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed by the container in core-seconds',
      'counter',
      (name) => containers.map((one) => row(name, own(one), one.cpuMicros / 1e6)),
    ),
    family('container_memory_working_set_bytes', 'Current working set of the container in bytes', 'gauge', (name) =>
      containers.map((one) => row(name, own(one), one.memoryBytes)),
    ),
    family('container_start_time_seconds', 'Start time of the container since unix epoch in seconds', 'gauge', (name) =>
      containers.map((one) => row(name, own(one), one.startedMs / 1000, 0)),
    ),
    family(
      'node_cpu_usage_seconds_total',
      'Cumulative cpu time consumed by the node in core-seconds',
      'counter',
      (name) => [row(name, {}, node.cpuMicros / 1e6)],
    ),
    family('node_memory_working_set_bytes', 'Current working set of the node in bytes', 'gauge', (name) => [
      row(name, {}, node.memoryBytes),
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      'Cumulative cpu time consumed by the pod in core-seconds',
      'counter',
      (name) => pods.map((pod) => row(name, ofPod(pod), summed(pod).cpuMicros / 1e6)),
    ),
    family('pod_memory_working_set_bytes', 'Current working set of the pod in bytes', 'gauge', (name) =>
      pods.map((pod) => row(name, ofPod(pod), summed(pod).memoryBytes)),
    ),
    family(
      'resource_scrape_error',
      '1 if there was an error while getting container metrics, 0 otherwise',
      'gauge',
      (name) => [row(name, {}, 0, 0)],
    ),
  ]
  return families
    .filter(({ rows }) => rows.length > 0)
    .map(
      ({ name, help, type, rows }) => `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${rows.join('\n')}\n`,
    )
    .join('')
}

function byName(a: ContainerUsage, b: ContainerUsage): number {
  const [left, right] = [a, b].map((one) => `${one.container}/${one.namespace}/${one.pod}`)
  return (left as string) < (right as string) ? -1 : 1
}

/** /stats/summary */
export function summary(core: Core): object {
  const now = core.kernel.clockMs
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  const stamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
  const containers = nodeContainers(core)
  const bootedMs = bootOf(core)
  const stats = (usage: Usage, sinceMs: number): object => ({
    cpu: {
      time,
      usageNanoCores: now === sinceMs ? 0 : Math.round((usage.cpuMicros * 1e6) / (now - sinceMs)),
      usageCoreNanoSeconds: Math.round(usage.cpuMicros * 1000),
    },
    memory: { time, usageBytes: usage.memoryBytes, workingSetBytes: usage.memoryBytes, rssBytes: usage.memoryBytes },
  })
  return {
    node: {
      nodeName: core.nodeName,
      startTime: stamp(bootedMs),
      ...stats(nodeUsage(core, containers, bootedMs), bootedMs),
    },
    pods: podsOf(containers).map((pod) => {
      const [first] = pod as [ContainerUsage]
      const startedMs = Math.min(...pod.map((one) => one.startedMs))
      return {
        podRef: { name: first.pod, namespace: first.namespace, uid: first.uid },
        startTime: stamp(startedMs),
        containers: pod.map((one) => ({
          name: one.container,
          startTime: stamp(one.startedMs),
          ...stats(one, one.startedMs),
        })),
        ...stats(summed(pod), startedMs),
      }
    }),
  }
}
