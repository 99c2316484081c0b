/** A cluster of a few objects in memory, whose clock is moved by waiting: enough to hold the checks and the grade to their word. */
import { NotSupported } from '../../engine/view.ts'
import type { ClusterHands, ClusterView, Reach, ViewedObject } from '../../engine/view.ts'

export interface FakeState {
  nowMs: number
  objects: ViewedObject[]
  files: Record<string, string>
  units: Record<string, { active: boolean; enabled: boolean }>
  reaches: Record<string, Reach>
  /** Changes that come by themselves: at an instant, to the state. */
  later: { atMs: number; change(state: FakeState): void }[]
}

export class FakeCluster {
  state: FakeState
  forks = 0
  readonly log: string[] = []
  readonly canFork: boolean

  constructor(state: Partial<FakeState> = {}, canFork = true) {
    this.state = { nowMs: 1_000_000, objects: [], files: {}, units: {}, reaches: {}, later: [], ...state }
    this.canFork = canFork
  }

  get view(): ClusterView {
    return {
      name: 'fake',
      now: async () => this.state.nowMs,
      wait: async (ms) => this.advance(ms),
      object: async ({ kind, name }) =>
        this.state.objects.find((one) => one.kind === kind && one.metadata.name === name),
      objects: async ({ kind, labelSelector }) =>
        this.state.objects.filter((one) => one.kind === kind && hasLabel(one, labelSelector)),
      canI: async ({ as }) => as === 'chief',
      run: async (_at, command) => ({ code: command === 'false' ? 1 : 0, stdout: `ran ${command}\n`, stderr: '' }),
      reach: async (_from, target) => this.state.reaches[target] ?? { outcome: 'timeout' },
      resolve: async (_from, name) => (name === 'known' ? ['10.96.0.1'] : []),
      file: async (host, path) => this.state.files[`${host}:${path}`],
      unit: async (host, unit) => this.state.units[`${host}:${unit}`],
      journal: async () => {
        throw new NotSupported('the fake keeps no journal')
      },
    }
  }

  get hands(): ClusterHands {
    const note = async (text: string): Promise<void> => void this.log.push(text)
    return {
      apply: (manifest) => note(`apply ${manifest.kind}/${manifest.metadata.name}`),
      patch: (query, patch) => note(`patch ${query.kind}/${query.name} ${JSON.stringify(patch)}`),
      remove: async (query) => {
        this.state.objects = this.state.objects.filter(
          (one) => !(one.kind === query.kind && one.metadata.name === query.name),
        )
      },
      run: async (at, command) => {
        await note(`run ${'host' in at ? at.host : at.pod}: ${command}`)
        return {
          code: command.includes('fail') ? 1 : 0,
          stdout: '',
          stderr: command.includes('fail') ? 'it failed\n' : '',
        }
      },
      writeFile: async (host, path, text) => void (this.state.files[`${host}:${path}`] = text),
      crash: (host) => note(`crash ${host}`),
      boot: (host) => note(`boot ${host}`),
      reboot: async (host) => {
        await note(`reboot ${host}`)
        for (const [key, unit] of Object.entries(this.state.units))
          if (key.startsWith(`${host}:`)) unit.active = unit.enabled
      },
      cut: (a, b) => note(`cut ${a} ${b}`),
      mend: (a, b) => note(`mend ${a} ${b}`),
      fork: async () => {
        if (!this.canFork) throw new NotSupported('the fake cannot be copied')
        this.forks++
        const copy = new FakeCluster({ ...structuredClone({ ...this.state, later: [] }), later: this.state.later })
        return { view: copy.view, hands: copy.hands }
      },
    }
  }

  private advance(ms: number): void {
    this.state.nowMs += ms
    const due = this.state.later.filter(({ atMs }) => atMs <= this.state.nowMs)
    this.state.later = this.state.later.filter(({ atMs }) => atMs > this.state.nowMs)
    for (const { change } of due) change(this.state)
  }
}

function hasLabel(object: ViewedObject, selector: string | undefined): boolean {
  const [key = '', value] = (selector ?? '').split('=')
  return selector === undefined || object.metadata.labels?.[key] === value
}

/** A node with a Ready condition. */
export function node(name: string, ready: 'True' | 'False' | 'Unknown'): ViewedObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: {
      conditions: [
        { type: 'DiskPressure', status: 'False' },
        { type: 'Ready', status: ready },
      ],
    },
  }
}
