import { defaultConfig } from '../../engine/etcd/config.ts'
import type { EtcdConfig } from '../../engine/etcd/config.ts'
import { EtcdMember } from '../../engine/etcd/member.ts'
import { ETCD } from '../../engine/etcd/messages.ts'
import type { EtcdCall, EtcdResult } from '../../engine/etcd/messages.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { FileTree } from '../../engine/host/files.ts'
import type { BaseImage } from '../../engine/host/files.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { Client, put } from './cluster.ts'
import type { Got } from './cluster.ts'

const ROOT_NODE = { kind: 'directory' as const, mode: 0o755, owner: 'root', group: 'root', mtimeMs: 0 }
const EMPTY: BaseImage = {
  name: 'empty',
  nodes: new Map([['/', ROOT_NODE]]),
  children: new Map([['/', []]]),
  sizeBytes: 0,
}

export interface ServersOptions {
  version?: string
  seed?: string
  config?: Partial<EtcdConfig>
}

/** Servers as processes with flags, files and logs, all on host `h`: m1 has ports 12379 and 12380, m2 22379 … */
export class Servers {
  readonly kernel: Kernel
  readonly fabric: Fabric
  readonly files: FileTree
  readonly client: Client
  readonly members = new Map<string, EtcdMember>()
  readonly logs = new Map<string, string[]>()
  readonly exits = new Map<string, number>()
  readonly version: string

  constructor(private readonly options: ServersOptions = {}) {
    this.version = options.version ?? '3.5.24'
    this.kernel = new Kernel({ seed: options.seed ?? 'servers', epochMs: Date.UTC(2026, 0, 1) })
    this.fabric = new Fabric(this.kernel)
    this.fabric.addHost('h')
    this.files = new FileTree({ kernel: this.kernel, base: EMPTY })
    this.client = new Client(this.kernel)
    this.kernel.register('client', this.client)
  }

  /** The flags of a member `m<n>`; `initial`: the numbers in --initial-cluster. */
  config(n: number, initial: readonly number[], more: Partial<EtcdConfig> = {}): EtcdConfig {
    return {
      ...defaultConfig(this.version),
      name: `m${n}`,
      dataDir: `/d/m${n}`,
      initialCluster: initial.map((one) => ({ name: `m${one}`, url: peerUrl(one) })),
      initialAdvertisePeerUrls: [peerUrl(n)],
      listenPeerUrls: [peerUrl(n)],
      listenClientUrls: [clientUrl(n)],
      advertiseClientUrls: [clientUrl(n)],
      ...this.options.config,
      ...more,
    }
  }

  member(n: number): EtcdMember {
    const name = `m${n}`
    let member = this.members.get(name)
    if (member === undefined) {
      this.logs.set(name, [])
      member = new EtcdMember(this.kernel, this.fabric, {
        host: 'h',
        address: `etcd/${name}`,
        files: () => this.files,
        log: (text) => this.logs.get(name)?.push(text),
        exit: (code) => this.exits.set(name, code),
      })
      this.members.set(name, member)
    }
    return member
  }

  start(n: number, initial: readonly number[], more: Partial<EtcdConfig> = {}): EtcdMember {
    const member = this.member(n)
    member.start(this.config(n, initial, more))
    return member
  }

  /** A new cluster of members 1 to `size`, with a leader that all know. */
  static launch(size: number, options: ServersOptions = {}): Servers {
    const servers = new Servers(options)
    const all = Array.from({ length: size }, (_, at) => at + 1)
    for (const n of all) servers.start(n, all)
    servers.elect()
    return servers
  }

  all(): EtcdMember[] {
    return [...this.members.values()].filter(({ running }) => running)
  }

  run(ms: number): void {
    this.kernel.runUntil(this.kernel.now + ms)
  }

  /** Runs until all running members know one leader, and know each other's names. Returns its number. */
  elect(): number {
    for (let at = 0; at < 200; at++) {
      const leader = this.all().find(({ isLeader }) => isLeader)
      if (leader !== undefined && this.all().every(({ raft }) => raft.lead === leader.memberId)) {
        this.run(50)
        return Number(leader.name.slice(1))
      }
      this.run(50)
    }
    throw new Error('no leader after 10 s')
  }

  others(n: number): number[] {
    return [...this.members.keys()].map((name) => Number(name.slice(1))).filter((one) => one !== n)
  }

  send(n: number, call: EtcdCall): string {
    const tag = this.client.nextTag()
    const data = { from: 'h', call, replyTo: { host: 'h', address: 'client', tag } }
    const event = { to: `etcd/m${n}`, type: ETCD.request, data }
    this.fabric.send({ from: 'h', to: 'h', port: n * 10_000 + 2379, event })
    return tag
  }

  /** Sends a call and runs until it is answered; undefined after `withinMs`. */
  ask(n: number, call: EtcdCall, withinMs = 30_000): (Got & { tookMs: number }) | undefined {
    const beganMs = this.kernel.now
    const tag = this.send(n, call)
    for (let at = 0; at < withinMs && !this.client.answers.has(tag); at++) this.run(1)
    const got = this.client.answers.get(tag)
    return got && { ...got, tookMs: got.atMs - beganMs }
  }

  call(n: number, call: EtcdCall): EtcdResult {
    const got = this.ask(n, call)
    if (got === undefined) throw new Error(`no answer to ${call.kind}`)
    return got.response.result
  }

  put(n: number, key: string, value: unknown): EtcdResult {
    return this.call(n, put(key, value))
  }

  /** The text of an error, or the kind of the result. */
  text(n: number, call: EtcdCall): string {
    const result = this.call(n, call)
    return result.kind === 'error' ? result.message : result.kind
  }

  status(n: number): Extract<EtcdResult, { kind: 'status' }>['status'] {
    const result = this.call(n, { kind: 'status' })
    if (result.kind !== 'status') throw new Error('no status')
    return result.status
  }

  id(n: number): string {
    return this.member(n).memberId
  }

  /** What a member logged: the `msg` of each line, with its `error`. */
  messages(n: number): string[] {
    return (this.logs.get(`m${n}`) ?? []).map((line) => {
      const { msg, error } = JSON.parse(line) as { msg: string; error?: string }
      return error === undefined ? msg : `${msg}: ${error}`
    })
  }
}

export const peerUrl = (n: number): string => `http://127.0.0.1:${n}2380`
export const clientUrl = (n: number): string => `http://127.0.0.1:${n}2379`
