/** What a row of the bench is: it sets a stage, then runs, and says what it measured. */
import { Flight } from '../../engine/index.ts'
import type { FlightListeners } from '../../engine/index.ts'
import type { Deployment } from '../../engine/objects/types.gen.ts'

export interface Scene {
  name: string
  /** What is measured, for the reader of the table. */
  measures: string
  /** Of `/s` more is better. */
  unit: 'ms' | 'MB' | '/s'
  target: number
  /** How often it runs when nothing else is said. */
  runs: number
  /** Most of its time passes outside of this process. */
  unprofiled?: boolean
  /** Does what is not measured; the function that comes back is what is. It may return its own figure. */
  stage(seed: string): Promise<() => Promise<number | void>>
}

/** A booted cluster with one control plane. */
export function launch(
  seed: string,
  workers: number,
  listeners: FlightListeners = {},
  controlPlanes = 1,
): Promise<Flight> {
  return Flight.launch({ seed, epochMs: EPOCH_MS, release: '1.35', controlPlanes, workers }, listeners)
}

const EPOCH_MS = Date.UTC(2026, 0, 5, 9)
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments'
const STEP_MS = 500
const LIMIT_MS = 900_000

/** Creates a Deployment of small nginx pods. */
export async function createDeployment(flight: Flight, name: string, replicas: number): Promise<void> {
  const labels = { app: name }
  const container = { name: 'web', image: 'nginx:1.27', resources: { requests: { cpu: '10m', memory: '16Mi' } } }
  const spec = {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
  }
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec }
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const { code } = await flight.api(flight.asAdmin({ method: 'POST', path: DEPLOYMENTS, query: {}, headers, body }))
  if (code !== 201) throw new Error(`the Deployment was answered ${code}`)
}

/** Lets the clock run until all pods of the default namespace that are wanted are Ready. */
export async function untilReady(flight: Flight, wanted: number): Promise<void> {
  const limit = flight.nowMs + LIMIT_MS
  const isDone = (): boolean => {
    const pods = flight
      .picture()
      .nodes.flatMap((node) => (node.ready ? node.pods : []))
      .filter(({ namespace }) => namespace === 'default')
    return pods.filter(({ ready, status }) => ready && status === 'Running').length >= wanted
  }
  await advanceUntil(flight, limit, () => readyReplicas(flight) >= wanted)
  await advanceUntil(flight, limit, isDone)
  if (flight.nowMs >= limit)
    throw new Error(`${wanted} pods were not Ready within ${LIMIT_MS / 1000} s of the cluster's time`)
}

async function advanceUntil(flight: Flight, limitMs: number, isDone: () => boolean): Promise<void> {
  while (flight.nowMs < limitMs && !isDone()) await flight.advance(STEP_MS)
}

/** Read from the API server's cache, so that looking costs the cluster nothing. */
function readyReplicas(flight: Flight): number {
  const [server] = flight.cluster.apiServers.values()
  const found = [...(server?.cache.values('/registry/deployments/') ?? [])].filter(
    ({ metadata }) => metadata.namespace === 'default',
  )
  return (found as Deployment[]).reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0)
}

/** Bytes that live, after the collector has run. */
export function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc')
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}
