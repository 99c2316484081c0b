import { EtcdMember } from '../../engine/etcd/member.ts'
import type { EtcdFlags } from '../../engine/etcd/flags.ts'
import { ETCD } from '../../engine/etcd/messages.ts'
import type { EtcdCall, EtcdResponse, EtcdResult, EtcdWatchData } from '../../engine/etcd/messages.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { Component } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'

/** What a client got, and when. */
export interface Got {
  atMs: number
  response: EtcdResponse
}

/** A host with a client that remembers what it gets. */
export class Client implements Component {
  readonly answers = new Map<string, Got>()
  readonly watches: { atMs: number; data: EtcdWatchData }[] = []
  onAnswer: (tag: string, got: Got) => void = () => undefined
  private count = 0

  constructor(private readonly kernel: Kernel) {}

  nextTag(): string {
    return `t${++this.count}`
  }

  handle(event: KernelEvent): void {
    const atMs = this.kernel.now
    if (event.type === ETCD.watch) return void this.watches.push({ atMs, data: event.data as EtcdWatchData })
    const response = event.data as EtcdResponse
    this.answers.set(response.tag, { atMs, response })
    this.onAnswer(response.tag, { atMs, response })
  }

  dump(): unknown {
    return { answers: [...this.answers], watches: [...this.watches], count: this.count }
  }

  load(state: unknown): void {
    const { answers, watches, count } = state as { answers: [string, Got][]; watches: Client['watches']; count: number }
    this.answers.clear()
    for (const [tag, got] of answers) this.answers.set(tag, got)
    this.watches.splice(0, this.watches.length, ...watches)
    this.count = count
  }
}

/** Members `1` to `n` on hosts of the same names, and a client on host `c`. */
export class TestCluster {
  readonly kernel: Kernel
  readonly fabric: Fabric
  readonly members = new Map<string, EtcdMember>()
  readonly client: Client

  constructor(size: number, seed: string, flags: Partial<EtcdFlags> = {}) {
    this.kernel = new Kernel({ seed, epochMs: 0 })
    this.fabric = new Fabric(this.kernel)
    const peers = Array.from({ length: size }, (_, index) => ({ name: `${index + 1}`, host: `${index + 1}` }))
    for (const { host } of [...peers, { host: 'c' }]) this.fabric.addHost(host)
    this.client = new Client(this.kernel)
    this.kernel.register('client', this.client)
    for (const { name, host } of peers)
      this.members.set(name, new EtcdMember(this.kernel, this.fabric, { name, host, peers, flags }))
  }

  all(): EtcdMember[] {
    return [...this.members.values()]
  }

  member(name: string): EtcdMember {
    const member = this.members.get(name)
    if (member === undefined) throw new Error(`no member ${name}`)
    return member
  }

  leader(): EtcdMember | undefined {
    return this.all().find((member) => member.running && member.isLeader)
  }

  run(ms: number): void {
    this.kernel.runUntil(this.kernel.now + ms)
  }

  /** Runs until there is a leader that all running members know. */
  elect(): EtcdMember {
    for (let at = 0; at < 100; at++) {
      const leader = this.leader()
      if (leader !== undefined && this.all().every((member) => !member.running || member.leader === leader.name))
        return leader
      this.run(100)
    }
    throw new Error('no leader after 10 s')
  }

  /** Sends a call from the client's host. Returns its tag. */
  send(name: string, call: EtcdCall): string {
    const tag = this.client.nextTag()
    const data = { from: 'c', call, replyTo: { host: 'c', address: 'client', tag } }
    this.fabric.send({ from: 'c', to: name, port: 2379, event: { to: `etcd/${name}`, type: ETCD.request, data } })
    return tag
  }

  /** Sends a call and runs until it is answered. */
  call(name: string, call: EtcdCall): EtcdResult {
    const tag = this.send(name, call)
    for (let at = 0; at < 10_000 && !this.client.answers.has(tag); at++) this.run(1)
    const got = this.client.answers.get(tag)
    if (got === undefined) throw new Error(`no answer to ${call.kind}`)
    return got.response.result
  }

  put(name: string, key: string, value: unknown, lease = 0): EtcdResult {
    return this.call(name, put(key, value, lease))
  }
}

export function put(key: string, value: unknown, lease = 0): Extract<EtcdCall, { kind: 'txn' }> {
  return { kind: 'txn', compare: [], success: [{ op: 'put', key, value, lease }], failure: [] }
}
