/**
 * What happened in a cluster, reduced so that two runs can be laid side by side: one line of states for each
 * object, with the offset of each state. Names with random parts become roles: the second ReplicaSet of
 * Deployment web is `web#2`, its third pod `web#2/3`.
 */

/** One change as the recorder of a real cluster and the observer of a simulated one both see it. */
export interface Observation {
  at: number
  kind: string
  name: string
  type: 'added' | 'modified' | 'deleted'
  /** All projected fields after the change. */
  state: Record<string, unknown>
  owner?: string
}

export interface ObservedEvent {
  at: number
  /** `Pod/web-7bd4f58d84-9qmrf` */
  about: string
  reason: string
  message: string
}

/** An offset and the state that begins there. */
export type Moment = [at: number, state: string]

export interface Story {
  /** Object → its states, without equal neighbours. `deployment/web spec`, `replicaset/web#1 status` … */
  lines: Record<string, Moment[]>
  /** Pods by set (`web#1`, `agent`, or their own name), in order of creation. */
  pods: Record<string, { node: string; steps: Moment[] }[]>
  /** About whom → `reason: message`, with roles for names. */
  events: Record<string, Moment[]>
}

/** A node before anything happens to it. */
const HEALTHY = 'Ready=True:KubeletReady'

type Fields = Record<string, unknown>

export class StoryMaker {
  private readonly story: Story = { lines: {}, pods: {}, events: {} }
  private readonly roles = new Map<string, string>()
  private readonly counts = new Map<string, number>()
  private readonly life = new Map<string, { node: string; steps: Moment[] }>()
  private readonly before = new Map<string, Fields>()
  private readonly heard: ObservedEvent[] = []

  observe(observation: Observation): void {
    const { kind } = observation
    if (kind === 'pods') this.pod(observation)
    else if (kind === 'replicasets') this.replicaSet(observation)
    else if (kind === 'deployments') this.deployment(observation)
    else if (kind === 'nodes') this.node(observation)
    else if (kind === 'daemonsets')
      this.line(observation.at, `daemonset/${observation.name} status`, daemonSetStatus(observation.state))
    else if (kind === 'statefulsets') this.statefulSet(observation)
    else if (kind === 'jobs') this.job(observation)
    else if (kind === 'poddisruptionbudgets')
      this.line(observation.at, `pdb/${observation.name} status`, budgetStatus(observation.state))
  }

  /** Tells a ReplicaSet's place beforehand, for a recorder that may see its pods first. */
  nameSet(name: string, owner: string): void {
    if (!this.roles.has(name)) this.roles.set(name, `${owner.split('/')[1] ?? ''}#${this.next(`rs ${owner}`)}`)
  }

  event(event: ObservedEvent): void {
    this.heard.push(event)
  }

  /** Events may be seen before the object that they name: they are told last. */
  finish(): Story {
    for (const { at, about, reason, message } of this.heard) {
      const [kind = '', name = ''] = about.split('/')
      const who = kind === 'Pod' ? `Pod/${this.setOf(name)}` : `${kind}/${this.roles.get(name) ?? name}`
      ;(this.story.events[who] ??= []).push([at, `${reason}: ${this.plain(message)}`])
    }
    return this.story
  }

  private deployment({ at, name, state }: Observation): void {
    const conditions = (state['conditions'] ?? {}) as Record<string, string>
    const spec = [
      `replicas ${String(state['replicas'])}`,
      `revision ${String(state['revision'] ?? '-')}`,
      ...(state['paused'] === true ? ['paused'] : []),
    ]
    this.line(at, `deployment/${name} spec`, spec.join(', '))
    for (const [type, value] of Object.entries(conditions)) this.line(at, `deployment/${name} ${type}`, value)
    this.line(
      at,
      `deployment/${name} status`,
      countsOf(state['status'] as Fields, [
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
      ]),
    )
  }

  private replicaSet({ at, name, type, state, owner }: Observation): void {
    if (type === 'added') this.nameSet(name, owner ?? '')
    const role = this.roles.get(name) ?? name
    if (type === 'added') this.line(at, `replicaset/${role} name`, name)
    this.line(at, `replicaset/${role} spec`, `replicas ${String(state['replicas'])}`)
    this.line(
      at,
      `replicaset/${role} status`,
      countsOf(state['status'] as Fields, ['replicas', 'readyReplicas', 'availableReplicas']),
    )
  }

  private statefulSet({ at, name, state }: Observation): void {
    this.line(at, `statefulset/${name} spec`, `replicas ${String(state['replicas'])}`)
    const counts = ['replicas', 'readyReplicas', 'availableReplicas', 'currentReplicas', 'updatedReplicas']
    this.line(at, `statefulset/${name} status`, countsOf(state['status'] as Fields, counts))
  }

  private job({ at, name, type, state }: Observation): void {
    if (type === 'deleted') return this.line(at, `job/${name}`, 'deleted')
    const conditions = Object.entries((state['conditions'] ?? {}) as Record<string, string>)
    const told = conditions.map(([condition, value]) => `${condition}=${value}`).join(' ')
    if (told !== '') this.line(at, `job/${name}`, told)
    const counts = ['active', 'succeeded', 'failed', 'terminating']
    this.line(at, `job/${name} status`, countsOf(state['status'] as Fields, counts))
  }

  private node({ at, name, type, state }: Observation): void {
    if (type === 'deleted') return this.line(at, `node/${name}`, 'deleted')
    const ready = (state['conditions'] as Record<string, string> | undefined)?.['Ready'] ?? '-'
    const taints = ((state['taints'] ?? []) as string[]).map((taint) =>
      taint.replace(/@.*/, '').replace('node.kubernetes.io/', ''),
    )
    this.line(
      at,
      `node/${name}`,
      [`Ready=${ready}`, ...(state['unschedulable'] === true ? ['cordoned'] : []), ...taints].join(' '),
    )
  }

  private pod({ at, name, type, state, owner }: Observation): void {
    if (type === 'added') this.meet(name, owner)
    const life = this.life.get(name)
    if (life === undefined) return
    const before = this.before.get(name) ?? {}
    this.before.set(name, state)
    if (typeof state['node'] === 'string') life.node = state['node']
    for (const step of type === 'deleted' ? ['deleted'] : podSteps(before, state)) life.steps.push([at, step])
  }

  private meet(name: string, owner: string | undefined): void {
    const [kind, ownerName = ''] = owner?.split('/') ?? []
    const set = kind === 'ReplicaSet' ? (this.roles.get(ownerName) ?? ownerName) : kind === undefined ? name : ownerName
    const life = { node: '', steps: [] }
    ;(this.story.pods[set] ??= []).push(life)
    this.life.set(name, life)
    this.before.delete(name)
    this.roles.set(name, kind === undefined ? name : `${set}/${this.next(`pod ${set}`)}`)
  }

  private setOf(name: string): string {
    return (this.roles.get(name) ?? name).replace(/\/\d+$/, '/*')
  }

  private next(what: string): number {
    const count = (this.counts.get(what) ?? 0) + 1
    this.counts.set(what, count)
    return count
  }

  private line(at: number, key: string, state: string): void {
    if (state === HEALTHY && this.story.lines[key] === undefined) return
    const line = (this.story.lines[key] ??= [])
    if ((line[line.length - 1]?.[1] ?? HEALTHY) !== state) line.push([at, state])
  }

  /** The message with sets for names: which of a set's pods it was is chance. */
  private plain(message: string): string {
    const words = message.replace(/[a-z0-9-]+/g, (word) => this.roles.get(word)?.replace(/\/\d+$/, '/*') ?? word)
    return words.replace(/(Successfully assigned \S+) to \S+/, '$1').replace(/\([0-9a-f]{8}-[0-9a-f-]{27}\)/, '(uid)')
  }
}

/** What became true of a pod with a change. */
function podSteps(before: Fields, now: Fields): string[] {
  const had = (before['conditions'] ?? {}) as Record<string, string>
  const has = (now['conditions'] ?? {}) as Record<string, string>
  const steps: string[] = []
  const changed = (field: string): boolean =>
    JSON.stringify(before[field] ?? null) !== JSON.stringify(now[field] ?? null)
  if (Object.keys(before).length === 0) steps.push('created')
  if (changed('node')) steps.push('assigned')
  if (has['PodScheduled']?.startsWith('False') === true && had['PodScheduled'] !== has['PodScheduled'])
    steps.push(has['PodScheduled'].replace('False:', ''))
  if (changed('phase') && now['phase'] !== 'Pending') steps.push(String(now['phase']))
  const [wasReady, isReady] = [had['Ready']?.startsWith('True') === true, has['Ready']?.startsWith('True') === true]
  if (isReady && !wasReady) steps.push('ready')
  if (wasReady && !isReady && now['phase'] !== 'Succeeded' && now['phase'] !== 'Failed') steps.push('unready')
  if (had['DisruptionTarget'] !== has['DisruptionTarget']) steps.push(`disrupted ${has['DisruptionTarget'] ?? ''}`)
  if (changed('deletionTimestamp') && now['deletionTimestamp'] !== null)
    steps.push(`deleting within ${String(now['deletionGracePeriodSeconds'])} s`)
  if (changed('containers')) steps.push(...containerSteps(firstContainer(before), firstContainer(now), now['phase']))
  return steps
}

interface SeenContainer {
  state?: string
  reason?: string | null
  message?: string | null
  restarts?: number
}

function firstContainer(state: Fields): SeenContainer {
  return ((state['containers'] ?? []) as SeenContainer[])[0] ?? {}
}

/** Trouble of a pod's first container: what it waits for, how it ended while the pod goes on, its restarts. */
function containerSteps(before: SeenContainer, now: SeenContainer, phase: unknown): string[] {
  const steps: string[] = []
  if ((now.restarts ?? 0) > (before.restarts ?? 0)) steps.push(`restart ${now.restarts}`)
  if (now.state === 'waiting' && now.reason !== 'ContainerCreating')
    steps.push(
      ['waiting', now.reason, /^back-off \S+/.exec(now.message ?? '')?.[0]]
        .filter((one) => one !== undefined)
        .join(' '),
    )
  if (now.state === 'terminated' && before.state !== 'terminated' && phase === 'Running')
    steps.push(`terminated ${now.reason ?? ''}`)
  return steps
}

function countsOf(status: Fields | undefined, fields: string[]): string {
  return fields.map((field) => `${field.replace('Replicas', '')} ${String(status?.[field] ?? 0)}`).join(', ')
}

function daemonSetStatus(state: Fields): string {
  const status = state['status'] as Fields | undefined
  return [
    'desiredNumberScheduled',
    'currentNumberScheduled',
    'numberMisscheduled',
    'numberReady',
    'numberAvailable',
    'updatedNumberScheduled',
  ]
    .map((field) => `${field} ${String(status?.[field] ?? 0)}`)
    .join(', ')
}

function budgetStatus(state: Fields): string {
  const status = state['status'] as Fields | undefined
  return ['expectedPods', 'currentHealthy', 'desiredHealthy', 'disruptionsAllowed']
    .map((field) => `${field} ${String(status?.[field] ?? 0)}`)
    .join(', ')
}
