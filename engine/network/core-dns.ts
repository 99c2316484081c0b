/**
 * The CoreDNS processes of one host. Each reads its Corefile from its container, again and again, and
 * answers from what its API server shows. Models coredns with plugins kubernetes, forward, loop,
 * reload, errors, log, hosts, rewrite of names, health and ready (G5, G6). Not modelled: other plugins
 * (they are accepted and do nothing), the cache (answers are always fresh), log lines of questions other than A.
 */
import type { ApiClient, ApiClientOwner, Informer } from '../api/client.ts'
import { MACHINE_TIMEOUT, MachineRows, compileMachine } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Namespace, Service } from '../objects/types.gen.ts'
import type { DnsReply } from '../host/network-port.ts'
import { parseCorefile } from './corefile.ts'
import type { Corefile, Directive, ServerBlock } from './corefile.ts'
import { coreDnsMachine } from './coreDns.machine.ts'
import { NXDOMAIN, answerInZone, replyOf } from './dns-records.ts'
import { answerTyped, soaOf } from './dns-questions.ts'
import type { Zone } from './dns-questions.ts'
import type { DnsAnswer, PodMode } from './dns-records.ts'
import { NETWORK_FLAGS } from './flags.ts'
import { openEndpoints } from './endpoint-source.ts'
import type { SlicesOf } from './endpoint-source.ts'

const TABLE = compileMachine(coreDnsMachine)
/** What each build says of itself: Go's version and the commit. */
const BUILDS: Readonly<Record<string, string>> = {
  '1.6.7': 'go1.13.6, da7f65b',
  '1.7.0': 'go1.14.4, f59c03d',
  '1.8.0': 'go1.15.3, 054c9ae',
  '1.8.4': 'go1.16.4, 053c4d5',
  '1.8.6': 'go1.17.1, 13a9191',
  '1.9.3': 'go1.18.2, 45b0a11',
  '1.10.1': 'go1.20, 055b2c3',
  '1.11.1': 'go1.20.7, ae2bbc2',
  '1.11.3': 'go1.21.11, a6338e9',
  '1.12.0': 'go1.23.3, 51e11f1',
  '1.12.1': 'go1.24.1, 707c7c1',
  '1.13.1': 'go1.25.2, 1db4568',
  '1.14.2': 'go1.26.0, 77b7a8c',
}
const NEWEST_BUILD = '1.14.2'

/** The lines that CoreDNS says of itself when it serves. */
function builtAs(version = NEWEST_BUILD): string {
  return `CoreDNS-${version}\nlinux/amd64, ${BUILDS[version] ?? BUILDS[NEWEST_BUILD]}`
}

/** One process, as plain data. */
interface Instance {
  /** The container's id. */
  id: string
  podIp: string
  /** `1.13.1`; absent: the newest. */
  version?: string
  /** The Corefile in force. */
  corefile: Corefile
  text: string
  /** The text that was tried last, so that a bad one is reported once. */
  triedText: string
  failure: string | undefined
}

interface CoreDnsState {
  instances: Record<string, Instance>
  clientRunning: boolean
  client: unknown
  rows: ReturnType<MachineRows['dump']>
}

/** Where a name is sent when the cluster does not know it. */
export interface Upstream {
  /** Asks a server outside the cluster; undefined: nobody answers. */
  ask(fromHost: string, server: string, name: string): DnsAnswer | undefined
  /** The nameservers of the host, for `forward . /etc/resolv.conf`. */
  nameservers(host: string): string[]
}

export interface CoreDnsOptions {
  kernel: Kernel
  /** `coredns/<host>` */
  address: string
  host: string
  /** The cluster's minor release. */
  minor: number
  upstream: Upstream
  createClient: (owner: ApiClientOwner) => ApiClient
  /** A container's file as it is now; undefined when there is none. */
  readFile: (container: string, path: string) => string | undefined
  log: (container: string, text: string) => void
  exit: (container: string, code: number) => void
}

export class CoreDns implements Component, ApiClientOwner {
  private readonly client: ApiClient
  private readonly services: Informer<Service>
  private readonly slicesOf: SlicesOf
  private readonly namespaces: Informer<Namespace>
  private readonly rows: MachineRows
  private instances: Record<string, Instance> = {}
  private clientRunning = false

  constructor(private readonly options: CoreDnsOptions) {
    this.client = options.createClient(this)
    this.services = this.client.informer<Service>('v1/services')
    this.slicesOf = openEndpoints(this.client, options.minor)
    this.namespaces = this.client.informer<Namespace>('v1/namespaces')
    this.rows = new MachineRows(options.kernel, options.address, TABLE, {
      guards: { isBroken: (id) => this.instances[id]?.failure !== undefined },
      actions: {
        die: (id) => this.die(id, `${this.instances[id]?.failure}\n`, 1),
        serve: (id) => this.serve(id),
        serveUnsynced: (id) => this.serveUnsynced(id),
        linger: (id) => this.linger(id),
        leave: (id) => this.die(id, '', 0),
      },
      delays: {
        start: () => NETWORK_FLAGS.dnsStartMs,
        apiWait: () => NETWORK_FLAGS.apiWaitMs,
        lameduck: (id) => (this.has(id, 'health') ? NETWORK_FLAGS.lameduckMs : 0),
      },
    })
    options.kernel.register(options.address, this)
  }

  /** A container with CoreDNS starts. */
  start(id: string, podIp: string, version?: string): void {
    const text = this.options.readFile(id, '/etc/coredns/Corefile')
    const parsed =
      text === undefined
        ? { line: 0, message: 'open /etc/coredns/Corefile: no such file or directory' }
        : parseCorefile(text)
    const failure = 'message' in parsed ? failureText(parsed) : loopFailure(parsed, this.options, id)
    this.instances[id] = {
      id,
      podIp,
      ...(version !== undefined && { version }),
      corefile: 'message' in parsed ? [] : parsed,
      text: text ?? '',
      triedText: text ?? '',
      failure,
    }
    if (!this.clientRunning) this.client.start()
    this.clientRunning = true
    this.rows.start(id)
    this.planReload(id)
    if (this.client.synced) this.rows.send(id, { type: 'SYNCED' })
  }

  signal(id: string, signal: string): void {
    if (signal === 'KILL') this.die(id, '', 137)
    else this.rows.send(id, { type: 'TERM' })
  }

  /** All processes of the host are gone at once. */
  crash(): void {
    for (const id of Object.keys(this.instances)) this.rows.remove(id)
    this.instances = {}
    this.stopClientWhenIdle()
  }

  onAnswer(): void {}

  onChange(): void {
    if (this.client.synced) for (const id of Object.keys(this.instances)) this.rows.send(id, { type: 'SYNCED' })
  }

  handle(event: KernelEvent): void {
    if (event.type === MACHINE_TIMEOUT) this.machineTimeout(event.data as MachineTimeout)
    else if (event.type === 'reload') this.reload((event.data as { id: string }).id)
    else this.client.handle(event)
  }

  /** What listens on a pod's DNS port; undefined: nothing does (the packet is lost or refused). */
  serving(podIp: string): string | undefined {
    return Object.values(this.instances).find(
      (one) => one.podIp === podIp && (this.rows.state(one.id) === 'serving' || this.rows.state(one.id) === 'leaving'),
    )?.id
  }

  /** Whether the health (8080) or ready (8181) port of an instance answers 200. */
  healthy(podIp: string, port: number): boolean | undefined {
    const id =
      this.serving(podIp) ??
      Object.values(this.instances).find((one) => one.podIp === podIp && this.rows.state(one.id) === 'waitingForApi')
        ?.id
    if (id === undefined) return undefined
    const plugin = port === 8181 ? 'ready' : 'health'
    if (!this.has(id, plugin)) return undefined
    return plugin === 'health' || this.rows.state(id) === 'serving'
  }

  /** Answers an A question. `name` is absolute, without the last dot. */
  answer(id: string, name: string, depth = 0): DnsAnswer {
    const instance = this.instances[id]
    const block = instance && blockFor(instance.corefile, name)
    if (instance === undefined || block === undefined) return { rcode: 'REFUSED', addresses: [] }
    const answer = this.answerBlock(instance, block, rewritten(block, name), depth)
    const logs = block.directives.some(({ name: plugin }) => plugin === 'log')
    if (logs)
      this.options.log(
        id,
        `[INFO] ${instance.podIp}:${40000 + (name.length % 20000)} - "A IN ${name}. udp ${name.length + 18} false 512" ${answer.rcode} qr,aa,rd ${name.length + 40} 0.000${100 + name.length}s\n`,
      )
    return answer
  }

  /** Answers a question of any type; `name` as in `answer`. */
  query(id: string, name: string, type: string): DnsReply {
    const zone = this.zoneFor(id, name)
    if (zone === undefined) return replyOf(this.answer(id, name), name, type, NETWORK_FLAGS.dnsTtlSeconds)
    const labels = name === zone.name ? [] : name.slice(0, -zone.name.length - 1).split('.')
    const records = { services: this.services, slicesOf: this.slicesOf, namespaces: this.namespaces }
    if (type !== 'A') return answerTyped(type, name, labels, records, zone)
    const reply = replyOf(this.answer(id, name), name, type, zone.ttl)
    return reply.answer.length > 0 ? reply : { ...reply, authority: [soaOf(zone)] }
  }

  /** The zone of the kubernetes plugin that a name is in. */
  private zoneFor(id: string, name: string): Zone | undefined {
    const block = blockFor(this.instances[id]?.corefile ?? [], name)
    const plugin = block?.directives.find((one) => one.name === 'kubernetes' && zoneOf(one, name) !== undefined)
    if (plugin === undefined) return undefined
    const argument = (key: string): string | undefined => plugin.block.find((one) => one.name === key)?.args[0]
    return {
      name: zoneOf(plugin, name) ?? '',
      domain: (plugin.args.find((zone) => !/arpa\.?$/.test(zone)) ?? 'cluster.local').replace(/\.$/, ''),
      ttl: Number(argument('ttl') ?? NETWORK_FLAGS.dnsTtlSeconds),
      pods: (argument('pods') ?? 'disabled') as PodMode,
      clockMs: this.options.kernel.clockMs,
    }
  }

  dump(): CoreDnsState {
    return {
      instances: this.instances,
      clientRunning: this.clientRunning,
      client: this.client.dump(),
      rows: this.rows.dump(),
    }
  }

  load(state: unknown): void {
    const saved = state as CoreDnsState
    this.instances = saved.instances
    this.clientRunning = saved.clientRunning
    this.client.load(saved.client)
    this.rows.load(saved.rows)
  }

  private machineTimeout(data: MachineTimeout): void {
    this.rows.timeout(data)
    if (this.rows.state(data.id) === 'waitingForApi' && this.client.synced) this.rows.send(data.id, { type: 'SYNCED' })
  }

  private answerBlock(instance: Instance, block: ServerBlock, name: string, depth: number): DnsAnswer {
    const hosts = hostsAnswer(block, name)
    if (hosts !== undefined) return hosts
    const kubernetes = block.directives.find((one) => one.name === 'kubernetes' && zoneOf(one, name) !== undefined)
    if (kubernetes !== undefined) {
      const answer = this.fromCluster(instance, kubernetes, name, depth)
      if (answer.rcode !== 'NXDOMAIN' || !fallsThrough(kubernetes, name)) return answer
    }
    return this.forward(instance, block, name)
  }

  private fromCluster(instance: Instance, kubernetes: Directive, name: string, depth: number): DnsAnswer {
    const zone = zoneOf(kubernetes, name) ?? ''
    const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split('.')
    const mode = (kubernetes.block.find((one) => one.name === 'pods')?.args[0] ?? 'disabled') as PodMode
    const answer = answerInZone(
      labels,
      { services: this.services, slicesOf: this.slicesOf, namespaces: this.namespaces },
      mode,
    )
    if (answer.alias === undefined || depth > 8) return answer
    const target = this.answer(instance.id, answer.alias.replace(/\.$/, ''), depth + 1)
    return { rcode: 'NOERROR', addresses: target.addresses, alias: answer.alias }
  }

  private forward(instance: Instance, block: ServerBlock, name: string): DnsAnswer {
    const forward = block.directives.find((one) => one.name === 'forward' && covers(one.args[0] ?? '.', name))
    if (forward === undefined) return NXDOMAIN
    const servers = forward.args
      .slice(1)
      .flatMap((to) =>
        to.startsWith('/')
          ? this.options.upstream.nameservers(this.options.host)
          : [to.replace(/^dns:\/\//, '').replace(/:\d+$/, '')],
      )
    for (const server of servers) {
      const answer = this.options.upstream.ask(this.options.host, server, name)
      if (answer !== undefined) return answer
    }
    const logsErrors = block.directives.some((one) => one.name === 'errors')
    if (logsErrors)
      this.options.log(
        instance.id,
        `[ERROR] plugin/errors: 2 ${name}. A: read udp ${instance.podIp}:${40000 + (name.length % 20000)}->${servers[0] ?? ''}:53: i/o timeout\n`,
      )
    return { rcode: 'SERVFAIL', addresses: [] }
  }

  private has(id: string, plugin: string): boolean {
    return (this.instances[id]?.corefile ?? []).some(({ directives }) => directives.some(({ name }) => name === plugin))
  }

  private serve(id: string): void {
    const instance = this.instances[id]
    const keys = (instance?.corefile ?? []).flatMap(({ keys: names }) => names)
    const sum = checksum(instance?.text ?? '')
    this.options.log(
      id,
      `${keys.join('\n')}\n[INFO] plugin/reload: Running configuration SHA512 = ${sum}\n${builtAs(instance?.version)}\n`,
    )
    this.options.kernel.record('coredns.serving', { container: id.slice(0, 12) })
  }

  private serveUnsynced(id: string): void {
    this.options.log(id, '[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API\n')
    this.serve(id)
  }

  private linger(id: string): void {
    this.options.log(id, '[INFO] SIGTERM: Shutting down servers then terminating\n')
    if (this.has(id, 'health')) this.options.log(id, '[INFO] plugin/health: Going into lameduck mode for 5s\n')
  }

  private die(id: string, words: string, code: number): void {
    if (this.instances[id] === undefined) return
    if (words !== '') this.options.log(id, words)
    delete this.instances[id]
    this.rows.remove(id)
    this.stopClientWhenIdle()
    this.options.exit(id, code)
  }

  private stopClientWhenIdle(): void {
    if (!this.clientRunning || Object.keys(this.instances).length > 0) return
    this.client.stop()
    this.clientRunning = false
  }

  private planReload(id: string): void {
    const { kernel, address } = this.options
    const jitter = kernel.random(address).int(NETWORK_FLAGS.reloadJitterMs)
    kernel.send({ to: address, type: 'reload', data: { id } }, NETWORK_FLAGS.reloadIntervalMs + jitter)
  }

  /** A changed Corefile is taken over, unless it is wrong: then the old one goes on. */
  private reload(id: string): void {
    const instance = this.instances[id]
    if (instance === undefined) return
    this.planReload(id)
    const text = this.options.readFile(id, '/etc/coredns/Corefile')
    if (!this.has(id, 'reload') || text === undefined || text === instance.triedText) return
    instance.triedText = text
    this.options.log(id, '[INFO] Reloading\n')
    const parsed = parseCorefile(text)
    if ('message' in parsed) {
      this.options.log(
        id,
        `[ERROR] Restart failed: ${failureText(parsed)}\n[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: ${failureText(parsed)}\n`,
      )
      return
    }
    instance.text = text
    instance.corefile = parsed
    this.options.log(
      id,
      `[INFO] plugin/reload: Running configuration SHA512 = ${checksum(text)}\n[INFO] Reloading complete\n`,
    )
    this.options.kernel.record('coredns.reloaded', { container: id.slice(0, 12) })
  }
}

function failureText({ line, message }: { line: number; message: string }): string {
  if (line === 0) return `loading Caddyfile via flag: ${message}`
  return message.startsWith('plugin/') ? message : `/etc/coredns/Corefile:${line} - Error during parsing: ${message}`
}

/** plugin/loop: forwarding to oneself is fatal at the start. */
function loopFailure(
  corefile: Corefile,
  { upstream, host, kernel, address }: CoreDnsOptions,
  _id: string,
): string | undefined {
  for (const { directives } of corefile) {
    if (!directives.some(({ name }) => name === 'loop')) continue
    const targets = directives.filter(({ name }) => name === 'forward').flatMap(({ args }) => args.slice(1))
    const servers = targets.flatMap((to) => (to.startsWith('/') ? upstream.nameservers(host) : [to]))
    if (!servers.some((server) => server.startsWith('127.'))) continue
    const random = kernel.random(address)
    const port = random.between(32768, 60999)
    const query = `${random.between(1, 9)}${random.int(1e9)}${random.int(1e9)}.${random.between(1, 9)}${random.int(1e9)}${random.int(1e9)}`
    return `[FATAL] plugin/loop: Loop (127.0.0.1:${port} -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${query}."`
  }
  return undefined
}

function covers(zone: string, name: string): boolean {
  const bare = zone.replace(/\.$/, '')
  return bare === '' || name === bare || name.endsWith(`.${bare}`)
}

/** The most specific server block for a name. */
function blockFor(corefile: Corefile, name: string): ServerBlock | undefined {
  const zoneOfKey = (key: string): string => key.replace(/^dns:\/\//, '').replace(/:\d+$/, '')
  const fitting = corefile.flatMap((block) =>
    block.keys
      .map(zoneOfKey)
      .filter((zone) => covers(zone, name))
      .map((zone) => ({ block, length: zone.length })),
  )
  return fitting.sort((a, b) => b.length - a.length)[0]?.block
}

function zoneOf({ args }: Directive, name: string): string | undefined {
  const zones = args.map((zone) => zone.replace(/\.$/, '')).filter((zone) => covers(zone, name))
  return zones.sort((a, b) => b.length - a.length)[0]
}

function fallsThrough({ block }: Directive, name: string): boolean {
  const fallthrough = block.find((one) => one.name === 'fallthrough')
  if (fallthrough === undefined) return false
  return fallthrough.args.length === 0 || fallthrough.args.some((zone) => covers(zone, name))
}

function hostsAnswer({ directives }: ServerBlock, name: string): DnsAnswer | undefined {
  const hosts = directives.find((one) => one.name === 'hosts')
  const found = (hosts?.block ?? [])
    .filter(({ name: ip, args }) => /^\d/.test(ip) && args.includes(name))
    .map(({ name: ip }) => ip)
  return found.length === 0 ? undefined : { rcode: 'NOERROR', addresses: found }
}

/** `rewrite name FROM TO` and `rewrite stop`-less forms of exact names. */
function rewritten({ directives }: ServerBlock, name: string): string {
  for (const { name: plugin, args } of directives) {
    if (plugin !== 'rewrite') continue
    const [kind, ...rest] = args[0] === 'stop' || args[0] === 'continue' ? args.slice(1) : args
    const [from, to] = rest[0] === 'exact' ? rest.slice(1) : rest
    if (kind === 'name' && from !== undefined && to !== undefined && from.replace(/\.$/, '') === name)
      return to.replace(/\.$/, '')
  }
  return name
}

/** A stand-in of the length of a SHA-512 that differs when the text does. */
function checksum(text: string): string {
  let state = 0x811c9dc5
  let digits = ''
  while (digits.length < 128) {
    for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
    state = Math.imul(state ^ digits.length, 0x01000193)
    digits += (state >>> 0).toString(16).padStart(8, '0')
  }
  return digits
}
