/** How many proposals Raft commits in a second, of the cluster's time and of ours. */
import { RaftNode, SYNCED } from '../../engine/etcd/node.ts'
import { bootstrapDisk } from '../../engine/etcd/raft/disk.ts'
import type { MemberId, RaftMessage } from '../../engine/etcd/raft/types.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { MACHINE_TIMEOUT } from '../../engine/kernel/machine.ts'
import type { MachineTimeout } from '../../engine/kernel/machine.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'
import type { Scene } from './scene.ts'

const COMMITS = 20_000
/** Proposals on their way at once, as many clients make them. */
const CLIENTS = 100
const LATENCY_MS = 1
const FSYNC_MS = 1
const FLAGS = { heartbeatIntervalMs: 100, electionTimeoutMs: 1000, fsyncMs: FSYNC_MS, keptEntries: 500 }

export const RAFT_SCENES: Scene[] = [1, 3, 5].flatMap((size) => [
  {
    name: `raft-${size}`,
    measures: `commits a second, ${members(size)}, ${CLIENTS} clients`,
    unit: '/s' as const,
    target: 20_000,
    runs: 5,
    stage: (seed: string) => {
      const cluster = new Cluster(size, seed)
      return Promise.resolve(async () => {
        const from = performance.now()
        cluster.commit(COMMITS)
        return Promise.resolve(COMMITS / ((performance.now() - from) / 1000))
      })
    },
  },
  {
    name: `raft-${size}-virt`,
    measures: `the same in the cluster's time, ${LATENCY_MS} ms of network and ${FSYNC_MS} ms of disk`,
    unit: '/s' as const,
    target: 20_000,
    runs: 1,
    stage: (seed: string) => {
      const cluster = new Cluster(size, seed)
      return Promise.resolve(() => Promise.resolve(COMMITS / (cluster.commit(COMMITS) / 1000)))
    },
  },
])

function members(size: number): string {
  return size === 1 ? '1 member' : `${size} members`
}

/** Members with nothing around them, and a leader. */
class Cluster {
  private readonly kernel: Kernel
  private readonly nodes = new Map<MemberId, RaftNode<number>>()
  private committed = 0

  constructor(size: number, seed: string) {
    this.kernel = new Kernel({ seed, epochMs: 0 })
    const ids = Array.from({ length: size }, (_, at) => ({ id: `${at + 1}` }))
    for (const { id } of ids) this.nodes.set(id, this.makeNode(id))
    for (const node of this.nodes.values()) node.start(bootstrapDisk(ids))
    while (this.leader === undefined) this.kernel.step()
  }

  /** Returns how long it took, in virtual ms. */
  commit(count: number): number {
    const { now } = this.kernel
    const { leader } = this
    for (let client = 0; client < CLIENTS; client++) leader?.propose(client)
    while (this.committed < count) this.kernel.step()
    return this.kernel.now - now
  }

  private get leader(): RaftNode<number> | undefined {
    return [...this.nodes.values()].find(({ role }) => role === 'leader')
  }

  private makeNode(id: MemberId): RaftNode<number> {
    const address = `raft/${id}`
    const node: RaftNode<number> = new RaftNode<number>(this.kernel, address, id, [], FLAGS, {
      send: (to, data) => void this.kernel.send({ to: `raft/${to}`, type: 'raft', data }, LATENCY_MS),
      apply: ({ command }) => this.applied(node, command),
      readReady: () => undefined,
      leaderChanged: () => undefined,
      record: () => undefined,
    })
    const handle = ({ type, data }: KernelEvent): void => {
      if (type === MACHINE_TIMEOUT) node.timeout(data as MachineTimeout)
      else if (type === SYNCED) node.synced()
      else if (type === 'next') node.propose(data as number)
      else node.receive(data as RaftMessage)
    }
    this.kernel.register(address, { handle, dump: () => null, load: () => undefined })
    return node
  }

  /** A client that got its answer from the leader asks again. */
  private applied(node: RaftNode<number>, command: number | null): void {
    if (command === null || !node.isLeader) return
    this.committed++
    this.kernel.send({ to: `raft/${node.id}`, type: 'next', data: command })
  }
}
