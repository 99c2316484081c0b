/**
 * HAProxy as a load balancer for TCP: a process of a unit that reads its configuration, looks after its servers
 * and says where a connection goes on. Models HAProxy 2.8 (src/checks.c, src/lb_fwrr.c, src/backend.c).
 * Connections cost no time. Not modelled: leastconn and static-rr count nothing and take turns by weight;
 * queues, HTTP mode, the stats socket.
 */
import { HTTP } from '../../fabric/http.ts'
import type { HttpEndData, HttpResponseData } from '../../fabric/http.ts'
import type { Fabric, HostName } from '../../fabric/fabric.ts'
import type { Component, Kernel } from '../../kernel/kernel.ts'
import type { KernelEvent } from '../../kernel/queue.ts'
import type { HostNetwork, NetworkPoint } from '../network-port.ts'
import { UNIT_EVENTS } from '../units/units.ts'
import type { UnitStartData, UnitStopData } from '../units/units.ts'
import { HAPROXY_CONFIG, parseHaproxy } from './config.ts'
import type { Backend, HaproxyConfig, ServerConfig } from './config.ts'


export interface HaproxyOptions {
  kernel: Kernel
  fabric: Fabric
  host: HostName
  network(): HostNetwork
  readFile(path: string): string | undefined
}

/** Where a connection goes on; `none`: it is accepted and closed. */
export type Onward = { address: string; port: number } | 'none'

interface Health {
  up: boolean
  /** Results of the other kind in a row. */
  streak: number
  current: number
}

interface Run {
  unit: string
  pid: number
  path: string
  config: HaproxyConfig
  /** `<backend>/<server>` → its health and its credit in the round. */
  servers: Record<string, Health>
  /** Counts loads of the configuration: checks of an earlier one are not this one's. */
  loads: number
}

const CHECK = 'haproxy.check'
const TIMEOUT = 'haproxy.check.timeout'
const CHECK_TIMEOUT_MS = 2_000
const EXIT_MS = 10

interface CheckData {
  load: number
  backend: string
  server: string
}

export class Haproxy implements Component {
  readonly address: string
  private run: Run | undefined
  private loads = 0
  /** HTTP checks under way: tag → which. */
  private asked: Record<string, CheckData> = {}
  private serial = 0

  constructor(private readonly options: HaproxyOptions) {
    this.address = `haproxy/${options.host}`
    options.kernel.register(this.address, this)
  }

  /** Where a connection to a port of this host goes; undefined: HAProxy does not listen there. */
  onward(ip: string, port: number, clientIp: string): Onward | undefined {
    const { run } = this
    const frontend = run?.config.frontends.find(({ binds }) =>
      binds.some((bind) => bind.port === port && (bind.address === '' || bind.address === '0.0.0.0' || bind.address === ip)),
    )
    if (run === undefined || frontend === undefined) return undefined
    const backend = run.config.backends.find(({ name }) => name === frontend.backend) as Backend
    return this.choose(run, backend, clientIp)
  }

  handle(event: KernelEvent): void {
    if (event.type === UNIT_EVENTS.start) this.unitStart(event.data as UnitStartData)
    else if (event.type === UNIT_EVENTS.stop) this.unitStop(event.data as UnitStopData)
    else if (event.type === UNIT_EVENTS.reload || event.type === 'process.signal') this.reload()
    else if (event.type === CHECK) this.check(event.data as CheckData)
    else if (event.type === TIMEOUT) this.checked((event.data as { tag: string }).tag, false)
    else if (event.type === HTTP.response) this.responded(event.data as HttpResponseData)
    else if (event.type === HTTP.end) this.checked((event.data as HttpEndData).tag, false)
  }

  dump(): unknown {
    return { run: this.run, loads: this.loads, asked: this.asked, serial: this.serial }
  }

  load(state: unknown): void {
    const saved = state as { run?: Run; loads: number; asked: Record<string, CheckData>; serial: number }
    this.run = saved.run
    this.loads = saved.loads
    this.asked = saved.asked
    this.serial = saved.serial
  }

  // The unit.

  private unitStart({ host, unit, pid, argv }: UnitStartData): void {
    const path = argv[argv.indexOf('-f') + 1] ?? HAPROXY_CONFIG
    const config = this.read(path, (text) => this.say(unit, pid, text))
    this.tellHosts(UNIT_EVENTS.started, { host, unit, pid })
    if (config === undefined)
      return void this.options.kernel.send({ to: 'hosts', type: UNIT_EVENTS.exited, data: { host, unit, pid, code: 1 } }, EXIT_MS)
    this.begin({ unit, pid, path, config })
    this.say(unit, pid, `[NOTICE]   (${pid}) : New worker (${pid + 1}) forked`)
    this.say(unit, pid, `[NOTICE]   (${pid}) : Loading success.`)
  }

  private unitStop({ host, unit, pid, signal, power }: UnitStopData): void {
    this.close()
    this.run = undefined
    if (power !== true)
      this.options.kernel.send({ to: 'hosts', type: UNIT_EVENTS.exited, data: { host, unit, pid, code: signal === 'KILL' ? 137 : 0 } }, EXIT_MS)
  }

  private reload(): void {
    const { run } = this
    if (run === undefined) return
    const config = this.read(run.path, (text) => this.say(run.unit, run.pid, text))
    if (config === undefined) return
    this.close()
    this.begin({ unit: run.unit, pid: run.pid, path: run.path, config })
    this.say(run.unit, run.pid, `[NOTICE]   (${run.pid}) : Reloading HAProxy`)
  }

  private read(path: string, say: (text: string) => void): HaproxyConfig | undefined {
    const text = this.options.readFile(path)
    const parsed = text === undefined ? { alerts: [{ text: `Could not open configuration file ${path} : No such file or directory` }] } : parseHaproxy(text, path)
    if ('config' in parsed) return parsed.config
    for (const { text: alert } of parsed.alerts) say(`[ALERT]    (1) : config : ${alert}`)
    say('[ALERT]    (1) : config : Fatal errors found in configuration.')
    return undefined
  }

  private begin(start: Pick<Run, 'unit' | 'pid' | 'path' | 'config'>): void {
    const servers: Run['servers'] = {}
    for (const { name, servers: list } of start.config.backends)
      for (const server of list) servers[`${name}/${server.name}`] = { up: true, streak: 0, current: 0 }
    this.run = { ...start, servers, loads: ++this.loads }
    for (const { binds } of start.config.frontends)
      for (const { port } of binds) this.options.fabric.listen(this.options.host, port, this.address)
    for (const backend of start.config.backends)
      for (const server of backend.servers)
        if (server.check) this.checkLater({ load: this.loads, backend: backend.name, server: server.name }, server.interMs)
  }

  private close(): void {
    for (const { binds } of this.run?.config.frontends ?? [])
      for (const { port } of binds) this.options.fabric.unlisten(this.options.host, port)
  }

  private say(unit: string, pid: number, text: string): void {
    this.tellHosts(UNIT_EVENTS.log, { host: this.options.host, unit, pid, text: `${text}\n` })
  }

  private tellHosts(type: string, data: unknown): void {
    this.options.kernel.send({ to: 'hosts', type, data })
  }

  // Health.

  private checkLater(data: CheckData, delayMs: number): void {
    this.options.kernel.send({ to: this.address, type: CHECK, data }, delayMs)
  }

  private check(data: CheckData): void {
    const found = this.find(data)
    if (found === undefined) return
    const { backend, server } = found
    this.checkLater(data, server.interMs)
    if (backend.httpCheck === undefined) return this.note(data, this.opens(server))
    const { method, uri, secure } = backend.httpCheck
    const tag = `check#${this.serial++}`
    this.asked[tag] = data
    const outgoing = {
      url: `${secure ? 'https' : 'http'}://${server.address}:${server.port}${uri}`,
      request: { method: method as 'GET', query: {}, headers: {} },
      tls: { insecure: true },
    }
    const replyTo = { host: this.options.host, address: this.address, tag }
    const sent = this.options.network().http(this.point, outgoing, replyTo)
    if ('answer' in sent) this.checked(tag, false)
    else this.options.kernel.send({ to: this.address, type: TIMEOUT, data: { tag } }, CHECK_TIMEOUT_MS)
  }

  private get point(): NetworkPoint {
    return { host: this.options.host, root: { kind: 'host' }, pid: 0 }
  }

  private opens({ address, port }: ServerConfig): boolean {
    const tried = this.options.network().connect(this.point, address, port, '')
    return 'answer' in tried && tried.answer === 'open'
  }

  private responded({ tag, response }: HttpResponseData): void {
    const data = this.asked[tag]
    const wanted = data && this.find(data)?.backend.httpCheck?.status
    this.checked(tag, response.code === wanted)
  }

  private checked(tag: string, passed: boolean): void {
    const data = this.asked[tag]
    if (data === undefined) return
    delete this.asked[tag]
    this.note(data, passed)
  }

  private note(data: CheckData, passed: boolean): void {
    const found = this.find(data)
    const health = this.run?.servers[`${data.backend}/${data.server}`]
    if (found === undefined || health === undefined) return
    health.streak = passed === health.up ? 0 : health.streak + 1
    if (health.streak < (health.up ? found.server.fall : found.server.rise)) return
    health.up = !health.up
    health.streak = 0
    this.options.kernel.record('haproxy.server', { host: this.options.host, server: `${data.backend}/${data.server}`, up: health.up })
    this.sayHealth(data, found, health.up)
  }

  private sayHealth({ backend, server }: CheckData, found: { backend: Backend; server: ServerConfig }, up: boolean): void {
    const { unit, pid, servers } = this.run as Run
    const active = found.backend.servers.filter(({ name, backup }) => !backup && servers[`${backend}/${name}`]?.up).length
    const backups = found.backend.servers.filter(({ name, backup }) => backup && servers[`${backend}/${name}`]?.up).length
    const rest = `${active} active and ${backups} backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`
    this.say(unit, pid, `[WARNING]  (${pid + 1}) : Server ${backend}/${server} is ${up ? 'UP' : 'DOWN'}. ${rest}`)
    if (!up && active + backups === 0) this.say(unit, pid, `[ALERT]    (${pid + 1}) : backend '${backend}' has no server available!`)
  }

  private find({ load, backend, server }: CheckData): { backend: Backend; server: ServerConfig } | undefined {
    if (this.run?.loads !== load) return undefined
    const found = this.run.config.backends.find(({ name }) => name === backend)
    const one = found?.servers.find(({ name }) => name === server)
    return found === undefined || one === undefined ? undefined : { backend: found, server: one }
  }

  // Choosing.

  private choose(run: Run, backend: Backend, clientIp: string): Onward {
    const isUp = (server: ServerConfig): boolean =>
      !server.disabled && server.weight > 0 && run.servers[`${backend.name}/${server.name}`]?.up === true
    const active = backend.servers.filter((server) => !server.backup && isUp(server))
    const usable = active.length > 0 ? active : backend.servers.filter((server) => server.backup && isUp(server)).slice(0, 1)
    const chosen = this.pick(run, backend, usable, clientIp)
    if (chosen === undefined) return 'none'
    if (this.opens(chosen)) return chosen
    const other = backend.redispatch ? usable.find((server) => server !== chosen && this.opens(server)) : undefined
    return other ?? 'none'
  }

  private pick(run: Run, backend: Backend, usable: ServerConfig[], clientIp: string): ServerConfig | undefined {
    if (usable.length < 2 || backend.balance === 'first') return usable[0]
    if (backend.balance === 'source') return usable[hashOf(clientIp) % usable.length]
    if (backend.balance === 'random') return this.options.kernel.random(this.address).pick(usable)
    return this.nextInTurn(run, backend, usable)
  }

  /** Turns in proportion to the weights, spread evenly. */
  private nextInTurn(run: Run, backend: Backend, usable: ServerConfig[]): ServerConfig | undefined {
    const healthOf = (server: ServerConfig): Health => run.servers[`${backend.name}/${server.name}`] as Health
    let best: ServerConfig | undefined
    for (const server of usable) {
      healthOf(server).current += server.weight
      if (best === undefined || healthOf(server).current > healthOf(best).current) best = server
    }
    if (best !== undefined) healthOf(best).current -= usable.reduce((sum, { weight }) => sum + weight, 0)
    return best
  }
}

const hashOf = (text: string): number => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1_000_003, 7)
