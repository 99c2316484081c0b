/**
 * The wires between hosts. A message goes from host to host unless an ordered rule says otherwise:
 * pass, deliver late, hold, or drop. Also who listens where, so that a closed door refuses and a cut
 * wire stays silent. It knows no Kubernetes.
 */
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'

/** The name of a Linux box, such as `worker-1`. */
export type HostName = string

export interface Message {
  from: HostName
  to: HostName
  /** The TCP port that the message is for, where a rule may care. */
  port?: number
  event: KernelEvent
}

export type Verdict =
  | { kind: 'pass' }
  | { kind: 'drop'; /** 0 to 1; absent: every message. */ probability?: number }
  | { kind: 'delay'; delayMs: number; /** Up to so much more, drawn at random. */ jitterMs?: number }
  | { kind: 'hold' }

/** The first rule that matches a message decides. `*` (or absent) matches every host or port. */
export interface Rule {
  name: string
  from?: HostName
  to?: HostName
  port?: number
  verdict: Verdict
}

interface FabricState {
  hosts: Record<HostName, { up: boolean; boots?: number }>
  listeners: Record<string, string>
  rules: Rule[]
  held: { rule: string; message: Message }[]
  latencyMs: number
}

/** What a dialler finds: a listener's address, a refusal at once, or silence. */
export type Dial = { kind: 'open'; address: string } | { kind: 'refused' } | { kind: 'silent' }

/** What the kernels of two hosts make of a packet; without a port it is an answer. */
export type Gate = (from: HostName, to: HostName, port: number | undefined) => 'accept' | 'drop' | 'reject'

export class Fabric implements Component {
  static readonly address = 'fabric'
  private state: FabricState
  private gate: Gate = () => 'accept'

  constructor(
    private readonly kernel: Kernel,
    options: { /** One way, between two different hosts. */ latencyMs: number } = { latencyMs: 1 },
  ) {
    this.state = { hosts: {}, listeners: {}, rules: [], held: [], latencyMs: options.latencyMs }
    kernel.register(Fabric.address, this)
  }

  addHost(name: HostName): void {
    this.state.hosts[name] ??= { up: true }
  }

  hosts(): HostName[] {
    return Object.keys(this.state.hosts)
  }

  isUp(name: HostName): boolean {
    return this.state.hosts[name]?.up ?? false
  }

  /** How often a host has come back: connections from before are reset. */
  boots(name: HostName): number {
    return this.state.hosts[name]?.boots ?? 0
  }

  /** A host that is down neither sends nor receives. */
  setUp(name: HostName, up: boolean): void {
    const host = this.state.hosts[name]
    if (host === undefined) throw new Error(`fabric: no host ${name}`)
    if (up && !host.up) host.boots = this.boots(name) + 1
    host.up = up
    this.kernel.record(up ? 'fabric.host.up' : 'fabric.host.down', { host: name })
  }

  listen(host: HostName, port: number, address: string): void {
    this.state.listeners[`${host}:${port}`] = address
  }

  unlisten(host: HostName, port: number): void {
    delete this.state.listeners[`${host}:${port}`]
  }

  /** Everything that listens on a host. */
  listenersOf(host: HostName): { port: number; address: string }[] {
    const prefix = `${host}:`
    return Object.entries(this.state.listeners)
      .filter(([door]) => door.startsWith(prefix))
      .map(([door, address]) => ({ port: Number(door.slice(prefix.length)), address }))
  }

  listener(host: HostName, port: number): string | undefined {
    return this.state.listeners[`${host}:${port}`]
  }

  /** Sets what the hosts' own kernels let through; the fabric asks it about every message. While wiring; not dumped. */
  setGate(gate: Gate): void {
    this.gate = gate
  }

  /** What a connection attempt finds right now. */
  dial(from: HostName, to: HostName, port: number): Dial {
    if (!this.isWired(from, to, port) || !this.isWired(to, from, port)) return { kind: 'silent' }
    const sent = this.gate(from, to, port)
    if (sent !== 'accept') return { kind: sent === 'reject' ? 'refused' : 'silent' }
    if (this.gate(to, from, undefined) !== 'accept') return { kind: 'silent' }
    const address = this.listener(to, port)
    return address === undefined ? { kind: 'refused' } : { kind: 'open', address }
  }

  /** Whether messages pass from one host to the other right now (losses by chance count as passing). */
  passes(from: HostName, to: HostName, port?: number): boolean {
    return this.isWired(from, to, port) && this.gate(from, to, port) === 'accept'
  }

  private isWired(from: HostName, to: HostName, port?: number): boolean {
    if (!this.isUp(from) || !this.isUp(to)) return false
    const verdict = this.verdict(from, to, port)
    return (
      verdict.kind === 'pass' || verdict.kind === 'delay' || (verdict.kind === 'drop' && (verdict.probability ?? 1) < 1)
    )
  }

  /** Sends a message on its way; it arrives as the kernel event inside it, or never. */
  send(message: Message): void {
    if (!this.isUp(message.from) || !this.isUp(message.to)) return
    if (this.gate(message.from, message.to, message.port) !== 'accept') return
    const verdict = this.state.rules.length === 0 ? PASS : this.verdict(message.from, message.to, message.port)
    if (verdict.kind === 'pass') this.deliver(message, 0)
    else if (verdict.kind === 'delay') this.deliver(message, verdict.delayMs + this.jitter(verdict.jitterMs))
    else if (verdict.kind === 'hold') this.hold(message)
    else if (verdict.probability !== undefined && this.kernel.random('fabric').next() >= verdict.probability)
      this.deliver(message, 0)
  }

  /** Adds a rule before all others. A rule of the same name is replaced. */
  addRule(rule: Rule): void {
    this.state.rules = [rule, ...this.state.rules.filter(({ name }) => name !== rule.name)]
    this.kernel.record('fabric.rule.added', { rule: rule.name, verdict: rule.verdict.kind })
  }

  /** Removes a rule; what it held is delivered in the order in which it was sent. */
  removeRule(name: string): void {
    this.state.rules = this.state.rules.filter((rule) => rule.name !== name)
    const released = this.state.held.filter((held) => held.rule === name)
    this.state.held = this.state.held.filter((held) => held.rule !== name)
    for (const { message } of released) this.deliver(message, 0)
    this.kernel.record('fabric.rule.removed', { rule: name })
  }

  rules(): readonly Rule[] {
    return this.state.rules
  }

  /** Cuts the wire between two hosts, both ways. */
  cut(a: HostName, b: HostName): void {
    this.addRule({ name: `cut ${a} ${b}`, from: a, to: b, verdict: { kind: 'drop' } })
    this.addRule({ name: `cut ${b} ${a}`, from: b, to: a, verdict: { kind: 'drop' } })
  }

  mend(a: HostName, b: HostName): void {
    this.removeRule(`cut ${a} ${b}`)
    this.removeRule(`cut ${b} ${a}`)
  }

  /** Cuts a host off from every other host. */
  isolate(host: HostName): void {
    for (const other of this.hosts()) if (other !== host) this.cut(host, other)
  }

  rejoin(host: HostName): void {
    for (const other of this.hosts()) if (other !== host) this.mend(host, other)
  }

  handle(event: KernelEvent): void {
    const message = event.data as Message
    if (this.isUp(message.to)) this.kernel.deliver(message.event)
  }

  dump(): FabricState {
    return this.state
  }

  load(state: unknown): void {
    this.state = state as FabricState
  }

  private deliver(message: Message, extraMs: number): void {
    const wireMs = message.from === message.to ? 0 : this.state.latencyMs
    this.kernel.send({ to: Fabric.address, type: 'arrive', data: message }, wireMs + extraMs)
  }

  private hold(message: Message): void {
    const rule = this.state.rules.find((candidate) => covers(candidate, message.from, message.to, message.port))
    if (rule !== undefined) this.state.held.push({ rule: rule.name, message })
  }

  private verdict(from: HostName, to: HostName, port: number | undefined): Verdict {
    if (from === to) return PASS
    return this.state.rules.find((rule) => covers(rule, from, to, port))?.verdict ?? PASS
  }

  private jitter(jitterMs: number | undefined): number {
    return jitterMs === undefined ? 0 : this.kernel.random('fabric').int(jitterMs + 1)
  }
}

const PASS: Verdict = { kind: 'pass' }

function covers(rule: Rule, from: HostName, to: HostName, port: number | undefined): boolean {
  const fits = (wanted: string | number | undefined, got: string | number | undefined): boolean =>
    wanted === undefined || wanted === '*' || wanted === got
  return fits(rule.from, from) && fits(rule.to, to) && fits(rule.port, port)
}
