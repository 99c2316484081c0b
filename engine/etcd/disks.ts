/**
 * The disks of all members: what the files of data directories speak of. A file names its disk by id, so
 * that a directory can be moved and copied, from host to host too. Each opening makes a new generation
 * of a disk, so that a copy taken before keeps what it had.
 */
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { DatabaseState } from './database.ts'
import type { RaftDisk } from './raft/types.ts'

/** All that a data directory holds. Plain data that changes no more. */
export interface Disk {
  memberId: string
  clusterId: string
  /** The etcd that wrote it last. */
  version: string
  raft: RaftDisk
  db: DatabaseState
}

interface DisksState {
  count: number
  disks: [id: string, disk: Disk][]
}

/** So many generations of one disk are kept. */
const KEPT_GENERATIONS = 8

export class Disks implements Component {
  static readonly address = 'etcd.disks'
  private count = 0
  private disks = new Map<string, Disk>()
  /** Disks in use now: derived, their members say so anew after a restore. */
  private readonly live = new Map<string, () => Disk>()

  /** The one of this kernel. */
  static of(kernel: Kernel): Disks {
    const there = kernel.component(Disks.address)
    if (there instanceof Disks) return there
    const disks = new Disks()
    kernel.register(Disks.address, disks)
    return disks
  }

  /** What a disk holds now; undefined when nobody knows it. */
  read(id: string): Disk | undefined {
    return this.live.get(id)?.() ?? this.disks.get(id)
  }

  /** A new disk: `7.1` is the first generation of disk 7. */
  create(disk: Disk): string {
    return this.keep(`${++this.count}.1`, disk)
  }

  /** Opens a disk for writing: from here on it goes by the id that is returned. */
  reopen(id: string, disk: Disk): string {
    const [number = '0', generation = '0'] = id.split('.')
    const next = Number(generation) + 1
    if (this.live.has(id) || this.disks.has(`${number}.${next}`)) return this.create(disk)
    this.disks.delete(`${number}.${next - KEPT_GENERATIONS}`)
    return this.keep(`${number}.${next}`, disk)
  }

  /** Says that a running member writes to a disk. */
  use(id: string, read: () => Disk): void {
    this.live.set(id, read)
  }

  /** The member stopped: what it leaves. */
  close(id: string, disk: Disk): void {
    this.live.delete(id)
    this.keep(id, disk)
  }

  handle(_event: KernelEvent): void {}

  dump(): DisksState {
    return { count: this.count, disks: [...this.disks] }
  }

  load(state: unknown): void {
    const { count, disks } = state as DisksState
    this.count = count
    this.disks = new Map(disks)
  }

  private keep(id: string, disk: Disk): string {
    this.disks.set(id, disk)
    return id
  }
}
