/**
 * What the kernels of the hosts let through: rules that people set, and interfaces that they take down. It stands in
 * the fabric as a gate. Modelled: the filter table's own chains; rules of others are shown and decide elsewhere.
 * Not modelled: further chains, other tables, counters, connection tracking beyond "an answer is established".
 */
import type { Fabric, HostName } from '../../fabric/fabric.ts'
import type { Component, Kernel } from '../../kernel/kernel.ts'
import type { KernelEvent } from '../../kernel/queue.ts'
import { HOST_EVENTS } from '../host.ts'
import type { Hosts } from '../host.ts'
import type { Chain, Rule, Ruleset } from './model.ts'
import { makeRule } from './texts.ts'

export const FILTER_CHAINS = ['INPUT', 'FORWARD', 'OUTPUT'] as const
export type FilterChain = (typeof FILTER_CHAINS)[number]

export type Verdict = 'accept' | 'drop' | 'reject'

export interface Packet {
  source: string
  destination: string
  protocol: 'tcp' | 'udp' | 'icmp'
  /** Of the listener; absent in an answer. */
  port?: number
  in?: string
  out?: string
}

interface ChainState {
  policy: 'ACCEPT' | 'DROP'
  /** Before those that others keep in the chain, and after them. */
  before: Rule[]
  after: Rule[]
}

interface HostState {
  chains: Record<FilterChain, ChainState>
  /** eth0 is down, or has lost its address. */
  cutOff: boolean
}

/** Chains that others keep on a host: kube-proxy, the kubelet. */
export type ChainSource = (host: HostName) => Ruleset

export type ChangeResult = { ok: true } | { error: string; code: number }

export class Netfilter implements Component {
  static readonly address = 'netfilter'
  private state: Record<HostName, HostState> = {}
  private readonly sources: ChainSource[] = []

  constructor(
    private readonly kernel: Kernel,
    private readonly hosts: Hosts,
    fabric: Fabric,
  ) {
    kernel.register(Netfilter.address, this)
    hosts.subscribe(Netfilter.address)
    fabric.setGate((from, to, port) => this.gate(from, to, port))
  }

  /** Adds chains that are shown. Called while wiring; not dumped. */
  addSource(source: ChainSource): void {
    this.sources.push(source)
  }

  /** Rules and interfaces are the running kernel's. */
  handle(event: KernelEvent): void {
    if (event.type === HOST_EVENTS.down) delete this.state[(event.data as { host: HostName }).host]
  }

  dump(): unknown {
    return this.state
  }

  load(state: unknown): void {
    this.state = state as Record<HostName, HostState>
  }

  /** Everything that iptables shows of a host. */
  ruleset(host: HostName): Ruleset {
    const all: Ruleset = { mangle: [], filter: [], nat: [] }
    for (const source of this.sources)
      for (const [table, chains] of Object.entries(source(host)) as [keyof Ruleset, Chain[]][])
        all[table].push(...chains)
    const own = this.state[host]
    if (own === undefined) return all
    for (const name of FILTER_CHAINS) {
      const { policy, before, after } = own.chains[name]
      if (policy === 'ACCEPT' && before.length + after.length === 0) continue
      const there = all.filter.find((chain) => chain.name === name)
      const rules = [...before, ...(there?.rules ?? []), ...after]
      all.filter = [...all.filter.filter((chain) => chain !== there), { name, policy, rules }]
    }
    return all
  }

  append(host: HostName, chain: FilterChain, rule: Rule): ChangeResult {
    return this.change(host, chain, (one) => ({ ...one, after: [...one.after, rule] }))
  }

  /** `at` counts from 1, others' rules included. */
  insert(host: HostName, chain: FilterChain, at: number, rule: Rule): ChangeResult {
    const others = this.othersIn(host, chain)
    const { before, after } = this.chain(host, chain)
    if (at > before.length + others + after.length + 1) return tooBig('insertion')
    if (at <= before.length + 1)
      return this.change(host, chain, (one) => ({ ...one, before: one.before.toSpliced(at - 1, 0, rule) }))
    const place = at - 1 - before.length - others
    if (place < 0) return { error: 'not simulated: a place between the rules of kube-proxy', code: 1 }
    return this.change(host, chain, (one) => ({ ...one, after: one.after.toSpliced(place, 0, rule) }))
  }

  /** By number, or the first that reads the same. */
  remove(host: HostName, chain: FilterChain, which: number | Rule): ChangeResult {
    const { before, after } = this.chain(host, chain)
    const others = this.othersIn(host, chain)
    if (typeof which !== 'number') {
      const text = makeRule(chain, which)
      const same = (rule: Rule): boolean => makeRule(chain, rule) === text
      const [early, late] = [before.findIndex(same), after.findIndex(same)]
      if (early < 0 && late < 0) return { error: 'Bad rule (does a matching rule exist in that chain?).', code: 1 }
      return this.remove(host, chain, early >= 0 ? early + 1 : before.length + others + late + 1)
    }
    if (which < 1 || which > before.length + others + after.length) return tooBig('deletion')
    if (which <= before.length)
      return this.change(host, chain, (one) => ({ ...one, before: one.before.toSpliced(which - 1, 1) }))
    const place = which - 1 - before.length - others
    if (place < 0) return { error: "not simulated: deleting kube-proxy's rules", code: 1 }
    return this.change(host, chain, (one) => ({ ...one, after: one.after.toSpliced(place, 1) }))
  }

  flush(host: HostName, chain: FilterChain): ChangeResult {
    return this.change(host, chain, (one) => ({ ...one, before: [], after: [] }))
  }

  setPolicy(host: HostName, chain: FilterChain, policy: 'ACCEPT' | 'DROP'): ChangeResult {
    return this.change(host, chain, (one) => ({ ...one, policy }))
  }

  /** The host's only way out of itself went, or came back. */
  setCutOff(host: HostName, cutOff: boolean): void {
    if ((this.state[host]?.cutOff ?? false) === cutOff) return
    this.state = { ...this.state, [host]: { ...(this.state[host] ?? untouched()), cutOff } }
    this.kernel.record(cutOff ? 'host.link.down' : 'host.link.up', { host })
  }

  isCutOff(host: HostName): boolean {
    return this.state[host]?.cutOff === true
  }

  /** What a chain of a host makes of a packet. */
  verdict(host: HostName, chain: FilterChain, packet: Packet): Verdict {
    const own = this.state[host]?.chains[chain]
    if (own === undefined) return 'accept'
    const rule = [...own.before, ...own.after].find((one) => one.target !== undefined && fits(one, packet))
    return verdictOf(rule?.target ?? own.policy)
  }

  /** What happens to a packet between two hosts, or from one to itself. */
  private gate(from: HostName, to: HostName, port: number | undefined): Verdict {
    if (this.state[from] === undefined && this.state[to] === undefined) return 'accept'
    if (from !== to && (this.isCutOff(from) || this.isCutOff(to))) return 'drop'
    const packet = this.between(from, to, port)
    const device = from === to ? 'lo' : 'eth0'
    const sent = this.verdict(from, 'OUTPUT', { ...packet, out: device })
    return sent === 'accept' ? this.verdict(to, 'INPUT', { ...packet, in: device }) : sent
  }

  private between(from: HostName, to: HostName, port: number | undefined): Packet {
    return {
      source: this.hosts.find(from)?.address ?? '',
      destination: this.hosts.find(to)?.address ?? '',
      protocol: port === 0 ? 'icmp' : 'tcp',
      ...(port !== undefined && port !== 0 && { port }),
    }
  }

  private othersIn(host: HostName, chain: FilterChain): number {
    return this.sources.flatMap((source) => source(host).filter.find(({ name }) => name === chain)?.rules ?? []).length
  }

  private chain(host: HostName, chain: FilterChain): ChainState {
    return (this.state[host] ?? untouched()).chains[chain]
  }

  private change(host: HostName, chain: FilterChain, how: (state: ChainState) => ChainState): ChangeResult {
    const before = this.state[host] ?? untouched()
    this.state = {
      ...this.state,
      [host]: { ...before, chains: { ...before.chains, [chain]: how(before.chains[chain]) } },
    }
    this.kernel.record('host.iptables.changed', { host, chain })
    return { ok: true }
  }
}

function untouched(): HostState {
  const chain = (): ChainState => ({ policy: 'ACCEPT', before: [], after: [] })
  return { chains: { INPUT: chain(), FORWARD: chain(), OUTPUT: chain() }, cutOff: false }
}

function tooBig(what: 'insertion' | 'deletion'): ChangeResult {
  return { error: `Index of ${what} too big.`, code: 1 }
}

function verdictOf(target: string): Verdict {
  return target === 'DROP' ? 'drop' : target === 'REJECT' ? 'reject' : 'accept'
}

function fits(rule: Rule, packet: Packet): boolean {
  const { asks = {} } = rule
  const tracked = packet.port === undefined && packet.protocol !== 'icmp' ? 'ESTABLISHED' : 'NEW'
  return (
    (rule.protocol === undefined || rule.protocol === packet.protocol) &&
    within(rule.source, packet.source) &&
    within(rule.destination, packet.destination) &&
    (rule.in === undefined || onDevice(rule.in, packet.in)) &&
    (rule.out === undefined || onDevice(rule.out, packet.out)) &&
    (asks.states === undefined || asks.states.includes(tracked) !== (asks.notStates === true)) &&
    (asks.ports === undefined ||
      (packet.port !== undefined &&
        asks.ports.some(([low, high]) => (packet.port ?? 0) >= low && (packet.port ?? 0) <= high)))
  )
}

function onDevice(wanted: string, device: string | undefined): boolean {
  return wanted.endsWith('+') ? (device ?? '').startsWith(wanted.slice(0, -1)) : wanted === device
}

function within(wanted: string | undefined, address: string): boolean {
  if (wanted === undefined) return true
  const [base = '', bits = '32'] = wanted.replace(/^!/, '').split('/')
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  const inside = Math.floor(number(base) / size) === Math.floor(number(address) / size)
  return inside !== wanted.startsWith('!')
}
