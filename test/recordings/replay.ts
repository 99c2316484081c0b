/** Does on a simulated cluster what was done on the recorded one, at the same offsets, and tells its story. */
import { Flight } from '../../engine/index.ts'
import type {
  DaemonSet,
  Deployment,
  Event,
  Job,
  Node,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  StatefulSet,
} from '../../engine/objects/types.gen.ts'
import type { HollowStep } from '../../engine/kubelet/core.ts'
import type { Act, Fixture } from './fixture.ts'
import { StoryMaker } from './story.ts'
import type { Observation, Story } from './story.ts'

type Fields = Record<string, unknown>

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: { metadata: { name: string; namespace?: string; ownerReferences?: { kind: string; name: string }[] } }
}

const EPOCH_MS = Date.UTC(2026, 10, 21, 1)
const LEASE_PERIOD_MS = 10_000

/** Kind → where it is watched, and what of it is looked at. */
const WATCHED: Record<string, { path: string; project(object: never): Fields }> = {
  nodes: {
    path: '/api/v1/nodes',
    project: (node: Node) => ({
      conditions: conditionsOf(node.status?.conditions),
      taints: (node.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`),
      unschedulable: node.spec?.unschedulable ?? null,
    }),
  },
  deployments: {
    path: '/apis/apps/v1/deployments',
    project: ({ metadata, spec, status }: Deployment) => ({
      replicas: spec?.replicas,
      paused: spec?.paused ?? null,
      status: status ?? {},
      conditions: conditionsOf(status?.conditions),
      revision: metadata.annotations?.['deployment.kubernetes.io/revision'] ?? null,
    }),
  },
  replicasets: {
    path: '/apis/apps/v1/replicasets',
    project: ({ spec, status }: ReplicaSet) => ({ replicas: spec?.replicas, status: status ?? {} }),
  },
  daemonsets: { path: '/apis/apps/v1/daemonsets', project: ({ status }: DaemonSet) => ({ status: status ?? {} }) },
  statefulsets: {
    path: '/apis/apps/v1/statefulsets',
    project: ({ spec, status }: StatefulSet) => ({ replicas: spec?.replicas, status: status ?? {} }),
  },
  jobs: {
    path: '/apis/batch/v1/jobs',
    project: ({ status }: Job) => ({ status: status ?? {}, conditions: conditionsOf(status?.conditions) }),
  },
  poddisruptionbudgets: {
    path: '/apis/policy/v1/poddisruptionbudgets',
    project: ({ status }: PodDisruptionBudget) => ({ status: status ?? {} }),
  },
  pods: { path: '/api/v1/pods', project: projectPod },
  events: { path: '/api/v1/events', project: (event: Event) => event as unknown as Fields },
}

function projectPod(pod: Pod): Fields {
  const containers = (pod.status?.containerStatuses ?? []).map(({ state, restartCount }) => ({
    state: Object.keys(state ?? {})[0],
    reason: state?.waiting?.reason ?? state?.terminated?.reason ?? null,
    message: state?.waiting?.message ?? null,
    restarts: restartCount,
  }))
  return {
    node: pod.spec?.nodeName ?? null,
    phase: pod.status?.phase ?? null,
    conditions: conditionsOf(pod.status?.conditions),
    deletionTimestamp: pod.metadata.deletionTimestamp ?? null,
    deletionGracePeriodSeconds: pod.metadata.deletionGracePeriodSeconds ?? null,
    containers,
  }
}

function conditionsOf(
  conditions: readonly { type: string; status: string; reason?: string | undefined }[] | undefined,
): Record<string, string> {
  return Object.fromEntries(
    (conditions ?? []).map(({ type, status, reason }) => [
      type,
      reason === undefined || reason === '' ? status : `${status}:${reason}`,
    ]),
  )
}

const STOOD_MS = 10_000

/** A cluster with the recorded one's nodes, and nothing else. */
async function launch(
  { release, nodes, kubelet }: Fixture,
  seed: string,
  onChunk: (id: string, chunk: unknown) => void,
): Promise<Flight> {
  const options = {
    seed,
    epochMs: EPOCH_MS,
    release,
    controlPlanes: 1,
    workers: 0,
    nodes,
    controlPlaneNodes: false as const,
    addons: false as const,
  }
  const flight = await Flight.launch({ ...options, ...(kubelet === 'hollow' && { kubelet }) }, { chunk: onChunk })
  // The recorded clusters had stood for a while: every controller had looked at their nodes.
  await flight.advance(STOOD_MS)
  return flight
}

export interface Replay {
  story: Story
  /** Output of the commands, for whoever looks into a difference. */
  output: string[]
}

export async function replay(fixture: Fixture, seed = '1'): Promise<Replay> {
  const output: string[] = []
  const observer = new Observer(fixture)
  const flight = await launch(fixture, seed, (id, chunk) => observer.chunk(id, chunk))
  flight.listeners.scriptExit = (id, { code, stdout, stderr }) =>
    void output.push(`${id}: exit ${code}\n${stdout}${stderr}`)
  await alignRhythms(flight, fixture)
  observer.attach(flight)
  if (fixture.kubelet === 'real') preload(flight)
  for (const act of fixture.acts) await perform(flight, act, observer.baseMs)
  await flight.advance(observer.baseMs + fixture.untilMs + 500 - flight.nowMs)
  return { story: observer.finish(), output }
}

/** The images that the recorded node had (small stand-ins there). */
function preload(flight: Flight): void {
  for (const kubelet of flight.cluster.kubelets.values()) {
    for (const reference of ['nginx:1.25', 'nginx:1.26', 'busybox:1.36'].map((image) => `docker.io/library/${image}`)) {
      kubelet.images.set(reference, {
        reference,
        imageID: `${reference}@sha256:0`,
        digest: 'sha256:0',
        sizeBytes: 2_140_957,
        pulledMs: 0,
      })
    }
  }
}

/**
 * Lets time pass until the rhythms are those of the recording: the looks of the controllers at nodes (each 5 s)
 * and at pods without a node (each 20 s), and the renewals of the leases, whose rhythm a kubelet's start sets.
 */
async function alignRhythms(flight: Flight, { leases, story }: Fixture): Promise<void> {
  const silent = story.lines['node/z1']?.find(([, state]) => state.startsWith('Ready=Unknown'))?.[0]
  const collected = Object.values(story.pods)
    .flat()
    .flatMap(({ steps }) => steps)
    .find(([, step]) => step.includes('DeletionByPodGC'))?.[0]
  if (silent === undefined) return
  const wait =
    collected === undefined
      ? modulo(nextTick(flight, 'node-lifecycle-controller') - silent - flight.nowMs, 5_000)
      : modulo(nextTick(flight, 'pod-garbage-collector') - collected - flight.nowMs, 20_000)
  const base = flight.nowMs + wait + 2 * LEASE_PERIOD_MS
  const starts = Object.entries(leases).map(([node, offset]) => ({
    node,
    at: base - 2 * LEASE_PERIOD_MS + modulo(offset, LEASE_PERIOD_MS),
  }))
  for (const { node, at } of starts.sort((a, b) => a.at - b.at)) {
    await flight.advance(at - flight.nowMs)
    const kubelet = flight.cluster.kubelets.get(node)
    kubelet?.stop()
    kubelet?.start()
  }
  await flight.advance(base - flight.nowMs)
}

/** When a controller looks at everything next. */
function nextTick(flight: Flight, controller: string): number {
  const { queue } = flight.cluster.kernel.snapshot()
  return (
    queue.find(({ event }) => event.type === 'tick' && (event.data as { controller: string }).controller === controller)
      ?.at ?? 0
  )
}

function modulo(value: number, period: number): number {
  return ((value % period) + period) % period
}

async function perform(flight: Flight, act: Act, baseMs: number): Promise<void> {
  await flight.advance(Math.max(0, baseMs + act.at - flight.nowMs))
  if ('command' in act)
    return flight.input({
      kind: 'script',
      id: act.command.split('\n')[0] ?? '',
      text: act.command,
      host: 'base',
      user: 'candidate',
    })
  const kubelet = flight.cluster.kubelets.get(act.node)
  if (act.signal === 'STOP') kubelet?.freeze()
  else kubelet?.thaw()
}

/** Watches the API server as the recorder did, and gives hollow nodes the recorded nodes' pace. */
class Observer {
  baseMs = 0
  private readonly maker = new StoryMaker()
  private readonly sets = new Map<string, number>()
  /** Pod name → its set, and the order in which it came and went. */
  private readonly places = new Map<string, { set: string; created: number; deleted?: number }>()
  private readonly deleted = new Map<string, number>()
  private readonly roles = new Map<string, string>()
  private readonly replicaSets = new Map<string, number>()
  private flight: Flight | undefined

  constructor(private readonly fixture: Fixture) {}

  attach(flight: Flight): void {
    this.flight = flight
    this.baseMs = flight.nowMs
    for (const [kind, { path }] of Object.entries(WATCHED)) {
      const request = { method: 'GET' as const, path, query: { watch: 'true', timeoutSeconds: '3600' }, headers: {} }
      flight.input({ kind: 'api', id: `watch ${kind}`, request: flight.asAdmin(request) })
    }
    for (const kubelet of flight.cluster.kubelets.values()) {
      if (kubelet.hollow !== undefined) kubelet.hollow.delayMs = (pod, step) => this.delayMs(pod.metadata.name, step)
    }
  }

  chunk(id: string, chunk: unknown): void {
    const kind = id.replace('watch ', '')
    if (WATCHED[kind] === undefined) return
    for (const event of eventsOf(chunk)) this.see(kind, event)
  }

  finish(): Story {
    return this.maker.finish()
  }

  private get at(): number {
    return (this.flight?.nowMs ?? 0) - this.baseMs
  }

  private see(kind: string, { type, object }: WatchEvent): void {
    if (type === 'BOOKMARK' || type === 'ERROR') return
    if (kind === 'events') return this.event(object as unknown as Event)
    if (kind === 'nodes' && type === 'ADDED' && this.at < 100) return
    const owner = object.metadata.ownerReferences?.[0]
    const observation: Observation = {
      at: this.at,
      kind,
      name: object.metadata.name,
      type: type === 'ADDED' ? 'added' : type === 'DELETED' ? 'deleted' : 'modified',
      state: WATCHED[kind]?.project(object as never) ?? {},
      ...(owner !== undefined && { owner: `${owner.kind}/${owner.name}` }),
    }
    if (type === 'ADDED') this.remember(observation)
    this.maker.observe(observation)
  }

  private event({ involvedObject, reason, message, metadata }: Event): void {
    if (Date.parse(metadata.creationTimestamp ?? '') < EPOCH_MS + this.baseMs - 1000) return
    this.maker.event({
      at: this.at,
      about: `${involvedObject.kind ?? ''}/${involvedObject.name ?? ''}`,
      reason: reason ?? '',
      message: message ?? '',
    })
  }

  /** The nth pod of a set to come or go takes as long as the nth of the recording. */
  private remember({ kind, name, owner }: Observation): void {
    const [ownerKind, ownerName = ''] = owner?.split('/') ?? []
    if (kind === 'replicasets') {
      const count = (this.replicaSets.get(ownerName) ?? 0) + 1
      this.replicaSets.set(ownerName, count)
      this.roles.set(name, `${ownerName}#${count}`)
    } else if (kind === 'pods') {
      const set =
        ownerKind === 'ReplicaSet' ? (this.roles.get(ownerName) ?? '') : ownerKind === undefined ? name : ownerName
      const place = this.sets.get(set) ?? 0
      this.sets.set(set, place + 1)
      this.places.set(name, { set, created: place })
    }
  }

  private delayMs(pod: string, step: HollowStep): number {
    const place = this.places.get(pod)
    const times = this.fixture.hollow[place?.set ?? '']
    if (place === undefined || times === undefined) return 0
    const index = step === 'see' || step === 'run' ? place.created : this.placeOfDeletion(place)
    return times[step][Math.min(index, times[step].length - 1)] ?? 0
  }

  private placeOfDeletion(place: { set: string; deleted?: number }): number {
    if (place.deleted === undefined) {
      place.deleted = this.deleted.get(place.set) ?? 0
      this.deleted.set(place.set, place.deleted + 1)
    }
    return place.deleted
  }
}

function eventsOf(chunk: unknown): WatchEvent[] {
  if (typeof chunk === 'string')
    return chunk
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as WatchEvent)
  return Array.isArray(chunk) ? (chunk as WatchEvent[]) : [chunk as WatchEvent]
}
