/**
 * HAProxy as a load balancer for TCP: a process of a unit that reads its configuration, looks after its servers
 * and says where a connection goes on. Models HAProxy 2.8 (src/checks.c, src/lb_fwrr.c, src/backend.c).
 * Connections cost no time: a server that refuses or is silent is passed over at once where `option redispatch` lets it
 * be, without waiting for `timeout connect` and retries. Not modelled: leastconn and static-rr count
 * nothing and take turns by weight; queues, HTTP mode (carried as TCP: without a server a client sees its connection
 * closed instead of a 503), the stats and master sockets, warnings about missing timeouts.
 */
import { HTTP } from '../../fabric/http.ts'
import type { HttpEndData, HttpResponseData } from '../../fabric/http.ts'
import type { Fabric, HostName } from '../../fabric/fabric.ts'
import type { Component, Kernel, VirtualMs } from '../../kernel/kernel.ts'
import type { KernelEvent } from '../../kernel/queue.ts'
import type { HostNetwork, NetworkPoint } from '../network-port.ts'
import { UNIT_EVENTS } from '../units/events.ts'
import type { UnitStartData, UnitStopData } from '../units/events.ts'
import { alertLines, checkedConfig, HAPROXY_CONFIG } from './config.ts'
import type { Alert, Backend, HaproxyConfig, ServerConfig } from './config.ts'
import { HAPROXY_VERSION } from './unit.ts'

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
  /** The process of the master that serves; each load brings a new one. */
  worker: number
  argv: string[]
  /** When the worker began. */
  startedMs: VirtualMs
  path: string
  config: HaproxyConfig
  /** `<backend>/<server>` → its health and its credit in the round. */
  servers: Record<string, Health>
  /** Counts loads of the configuration: checks of an earlier one are not this one's. */
  loads: number
}

const CHECK = 'haproxy.check'
const TIMEOUT = 'haproxy.check.timeout'
const EXIT_MS = 10
const ENDS = ['TERM', 'INT', 'USR1', 'KILL', 'QUIT']
const CONNECTION_PROBLEM = 'Layer4 connection problem, info: "Connection refused"'

interface CheckResult {
  passed: boolean
  reason: string
  /** How long it took. */
  ms: number
}

const failed = (reason: string): CheckResult => ({ passed: false, reason, ms: 0 })

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
      binds.some(
        (bind) => bind.port === port && (bind.address === '' || bind.address === '0.0.0.0' || bind.address === ip),
      ),
    )
    if (run === undefined || frontend === undefined) return undefined
    const backend = run.config.backends.find(({ name }) => name === frontend.backend) as Backend
    return this.choose(run, backend, clientIp)
  }

  /** Its worker, and the ports that it has; undefined: it does not run. */
  running():
    | (Pick<Run, 'pid' | 'worker' | 'argv' | 'startedMs'> & { listens: { address: string; port: number }[] })
    | undefined {
    if (this.run === undefined) return undefined
    const { pid, worker, argv, startedMs, config } = this.run
    const binds = config.frontends.flatMap((one) => one.binds)
    const listens = binds.map(({ address, port }) => ({ address: address === '' ? '0.0.0.0' : address, port }))
    return { pid, worker, argv, startedMs, listens }
  }

  handle(event: KernelEvent): void {
    if (event.type === UNIT_EVENTS.start) this.unitStart(event.data as UnitStartData)
    else if (event.type === UNIT_EVENTS.stop) this.signalled(event.data as UnitStopData)
    else if (event.type === UNIT_EVENTS.reload) this.reload()
    else if (event.type === CHECK) this.check(event.data as CheckData)
    else if (event.type === TIMEOUT) this.timedOut(event.data as { tag: string; timeoutMs: number })
    else if (event.type === HTTP.response) this.responded(event.data as HttpResponseData)
    else if (event.type === HTTP.end) this.checked((event.data as HttpEndData).tag, failed('Layer7 invalid response'))
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
    const config = this.read(path, unit, pid)
    if (config === undefined) return this.exit({ host, unit, pid, code: 1 })
    this.begin({ unit, pid, path, config, worker: pid + 1, argv })
    this.say(unit, pid, `[NOTICE]   (${pid}) : New worker (${pid + 1}) forked`)
    this.tellHosts(UNIT_EVENTS.started, { host, unit, pid })
    this.say(unit, pid, `[NOTICE]   (${pid}) : Loading success.`)
  }

  /** Of the master: USR2 and HUP load the configuration again, TERM, INT, USR1 and KILL end it. */
  private signalled({ host, unit, pid, signal, power }: UnitStopData): void {
    const { run } = this
    if (signal === 'USR2' || signal === 'HUP') return this.reload()
    if (power !== true && !ENDS.includes(signal)) return
    this.close()
    this.run = undefined
    if (power === true) return
    if (signal === 'KILL') return this.exit({ host, unit, pid, signal })
    if (run !== undefined) this.sayEnd(run)
    this.exit({ host, unit, pid, code: 0 })
  }

  private sayEnd({ unit, pid, worker }: Run): void {
    for (const line of [
      `[NOTICE]   (${pid}) : haproxy version is ${HAPROXY_VERSION}`,
      `[NOTICE]   (${pid}) : path to executable is /usr/sbin/haproxy`,
      `[WARNING]  (${pid}) : Exiting Master process...`,
      `[ALERT]    (${pid}) : Current worker (${worker}) exited with code 143 (Terminated)`,
      `[WARNING]  (${pid}) : All workers exited. Exiting... (0)`,
    ])
      this.say(unit, pid, line)
  }

  private exit(data: { host: HostName; unit: string; pid: number; code?: number; signal?: string }): void {
    this.options.kernel.send({ to: 'hosts', type: UNIT_EVENTS.exited, data }, EXIT_MS)
  }

  /** A new worker takes over; one with a broken configuration does not, and the old one stays. */
  private reload(): void {
    const { run } = this
    if (run === undefined) return
    const { unit, pid, path, worker: old } = run
    this.say(unit, pid, `[NOTICE]   (${pid}) : Reloading HAProxy`)
    const config = this.read(path, unit, pid)
    if (config === undefined) return this.say(unit, pid, `[WARNING]  (${pid}) : Loading failure!`)
    this.close()
    const worker = old + 1
    this.begin({ unit, pid, path, config, worker, argv: run.argv })
    this.say(unit, pid, `[NOTICE]   (${pid}) : New worker (${worker}) forked`)
    this.say(unit, pid, `[NOTICE]   (${pid}) : Loading success.`)
    this.say(unit, pid, `[WARNING]  (${pid}) : Former worker (${old}) exited with code 0 (Exit)`)
  }

  private read(path: string, unit: string, pid: number): HaproxyConfig | undefined {
    const checked = checkedConfig(this.options.readFile(path), path)
    const alerts = 'alerts' in checked ? checked.alerts : this.bindAlerts(checked.config)
    if ('config' in checked && alerts.length === 0) return checked.config
    for (const line of alertLines(alerts, pid, HAPROXY_VERSION)) this.say(unit, pid, line)
    return undefined
  }

  /** Ports that somebody else on the host has. */
  private bindAlerts({ frontends }: HaproxyConfig): Alert[] {
    const { fabric, host } = this.options
    const taken = frontends.flatMap(({ name, binds }) =>
      binds
        .filter(({ port }) => ![undefined, this.address].includes(fabric.listener(host, port)))
        .map(
          ({ address, port }) =>
            `Starting frontend ${name}: cannot bind socket (Address already in use) [${address === '' ? '0.0.0.0' : address}:${port}]`,
        ),
    )
    if (taken.length === 0) return []
    return [...taken, '[/usr/sbin/haproxy.main()] Some protocols failed to start their listeners! Exiting.'].map(
      (text) => ({ text, plain: true }),
    )
  }

  /** Every server is up at first and falls with its first failed check; the first checks are spread over the shortest interval. */
  private begin(start: Pick<Run, 'unit' | 'pid' | 'path' | 'config' | 'worker' | 'argv'>): void {
    const servers: Run['servers'] = {}
    for (const { name, servers: list } of start.config.backends)
      for (const server of list) servers[`${name}/${server.name}`] = { up: true, streak: server.fall - 1, current: 0 }
    this.run = { ...start, servers, loads: ++this.loads, startedMs: this.options.kernel.now }
    for (const { binds } of start.config.frontends)
      for (const { port } of binds) this.options.fabric.listen(this.options.host, port, this.address)
    const checked = start.config.backends.flatMap((backend) =>
      backend.servers.filter(({ check }) => check).map((server) => ({ backend: backend.name, server })),
    )
    const shortest = Math.min(...checked.map(({ server }) => server.interMs))
    checked.forEach(({ backend, server }, index) =>
      this.checkLater(
        { load: this.loads, backend, server: server.name },
        Math.floor((shortest * index) / checked.length),
      ),
    )
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
    this.checkLater(data, this.intervalOf(data, server))
    if (backend.httpCheck === undefined) return this.connectCheck(data, backend, server)
    const { method, uri, secure } = backend.httpCheck
    const tag = `check#${this.serial++}`
    this.asked[tag] = data
    const outgoing = {
      url: `${secure ? 'https' : 'http'}://${server.address}:${server.port}${uri}`,
      request: { method: method as 'GET', query: {}, headers: {} },
      tls: { insecure: true },
    }
    const replyTo = { host: this.options.host, address: this.address, tag }
    const timeoutMs = backend.checkTimeoutMs ?? server.interMs
    const sent = this.options.network().http(this.point, outgoing, replyTo)
    if ('answer' in sent && sent.afterMs === undefined) return this.checked(tag, failed(CONNECTION_PROBLEM))
    const failure = 'answer' in sent ? 'Layer4 timeout' : 'Layer7 timeout'
    this.options.kernel.send({ to: this.address, type: TIMEOUT, data: { tag, timeoutMs, failure } }, timeoutMs)
  }

  /** `inter`, or `fastinter` while its state is in doubt, or `downinter` while it is down. */
  private intervalOf(data: CheckData, { interMs, fastinterMs, downinterMs }: ServerConfig): number {
    const health = this.run?.servers[`${data.backend}/${data.server}`]
    if (health !== undefined && health.streak > 0 && fastinterMs !== undefined) return fastinterMs
    return health?.up === false ? (downinterMs ?? interMs) : interMs
  }

  private connectCheck(data: CheckData, backend: Backend, { address, port, interMs }: ServerConfig): void {
    const tried = this.options.network().connect(this.point, address, port, '')
    if ('answer' in tried && tried.answer === 'open')
      return this.note(data, { passed: true, reason: 'Layer4 check passed', ms: 0 })
    if ('answer' in tried && tried.answer === 'refused') return this.note(data, failed(CONNECTION_PROBLEM))
    const tag = `check#${this.serial++}`
    this.asked[tag] = data
    const timeoutMs = backend.checkTimeoutMs ?? interMs
    this.options.kernel.send(
      { to: this.address, type: TIMEOUT, data: { tag, timeoutMs, failure: 'Layer4 timeout' } },
      timeoutMs,
    )
  }

  private timedOut({ tag, timeoutMs, failure }: { tag: string; timeoutMs: number; failure?: string }): void {
    this.checked(tag, { passed: false, reason: failure ?? 'Layer7 timeout', ms: timeoutMs + 1 })
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
    const { code } = response
    const passed = wanted === undefined ? code >= 200 && code < 400 : code === wanted
    this.checked(tag, {
      passed,
      reason: `${passed ? 'Layer7 check passed' : 'Layer7 wrong status'}, code: ${code}`,
      ms: 1,
    })
  }

  private checked(tag: string, result: CheckResult): void {
    const data = this.asked[tag]
    if (data === undefined) return
    delete this.asked[tag]
    this.note(data, result)
  }

  private note(data: CheckData, result: CheckResult): void {
    const { passed } = result
    const found = this.find(data)
    const health = this.run?.servers[`${data.backend}/${data.server}`]
    if (found === undefined || health === undefined) return
    health.streak = passed === health.up ? 0 : health.streak + 1
    if (health.streak < (health.up ? found.server.fall : found.server.rise)) return
    health.up = !health.up
    health.streak = 0
    this.options.kernel.record('haproxy.server', {
      host: this.options.host,
      server: `${data.backend}/${data.server}`,
      up: health.up,
    })
    this.sayHealth(data, found, health.up, result)
  }

  private sayHealth(
    { backend, server }: CheckData,
    found: { backend: Backend; server: ServerConfig },
    up: boolean,
    { reason, ms }: CheckResult,
  ): void {
    const { unit, pid, worker, servers } = this.run as Run
    const active = found.backend.servers.filter(
      ({ name, backup }) => !backup && servers[`${backend}/${name}`]?.up,
    ).length
    const backups = found.backend.servers.filter(
      ({ name, backup }) => backup && servers[`${backend}/${name}`]?.up,
    ).length
    const left = up
      ? `${active} active and ${backups} backup servers online. 0 sessions requeued, 0 total in queue.`
      : `${active} active and ${backups} backup servers left.${active === 0 && backups > 0 ? ' Running on backup.' : ''} 0 sessions active, 0 requeued, 0 remaining in queue.`
    const why = `reason: ${reason}, check duration: ${ms}ms`
    this.say(
      unit,
      pid,
      `[WARNING]  (${worker}) : Server ${backend}/${server} is ${up ? 'UP' : 'DOWN'}, ${why}. ${left}`,
    )
    if (!up && active + backups === 0)
      this.say(unit, pid, `[ALERT]    (${worker}) : backend '${backend}' has no server available!`)
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
    const usable =
      active.length > 0 ? active : backend.servers.filter((server) => server.backup && isUp(server)).slice(0, 1)
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
