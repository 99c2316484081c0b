/** Probes: what the names in `probe.machine.ts` mean. Models pkg/kubelet/prober (worker.go, prober.go) (F7). */
import type { MachineMeaning, MachineRows } from '../kernel/machine.ts'
import type { Container, HTTPGetAction, Probe } from '../objects/types.gen.ts'
import type { Core, ProbeKeeper } from './core.ts'
import { containerOf } from './core.ts'
import type { Listeners } from './listeners.ts'
import type { ProbeFailure } from './runtime.ts'
import type { ContainerInstance, PodRecord } from './state.ts'

const KINDS = ['startup', 'readiness', 'liveness'] as const
type Kind = (typeof KINDS)[number]
const TITLES: Record<Kind, string> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' }

interface ProbeState {
  uid: string
  name: string
  kind: Kind
  successes: number
  failures: number
  session?: string
}

export type ProbeResult =
  { kind: 'success' } | { kind: 'failure'; output: string } | { kind: 'error'; output: string } | { kind: 'pending' }

/** Whether a TCP port of the node itself is open, as its own processes find it. */
export type HostDial = (port: number) => boolean

/** net/http's patience with a TLS handshake. */
const HANDSHAKE_SECONDS = 10

const isShaking = ({ httpGet, timeoutSeconds = 1 }: Probe): boolean =>
  httpGet?.scheme === 'HTTPS' && timeoutSeconds > HANDSHAKE_SECONDS

/** How long a probe waits, in milliseconds. */
const patienceMs = (probe: Probe | undefined): number =>
  (probe !== undefined && isShaking(probe) ? HANDSHAKE_SECONDS : (probe?.timeoutSeconds ?? 1)) * 1000

/** What net/http says of a server that takes a connection and is silent then. */
function unansweredText(probe: Probe): string {
  if (isShaking(probe)) return 'net/http: TLS handshake timeout'
  const doing =
    probe.httpGet?.scheme === 'HTTPS'
      ? 'net/http: request canceled while waiting for connection'
      : 'context deadline exceeded'
  return `${doing} (Client.Timeout exceeded while awaiting headers)`
}

export class Probes implements ProbeKeeper {
  private probes: Record<string, ProbeState> = {}

  constructor(
    private readonly core: Core,
    private readonly rows: () => MachineRows,
    private readonly listeners: Listeners,
    private readonly dialHost: HostDial,
  ) {}

  meaning(): MachineMeaning {
    return {
      actions: {
        runProbe: (id) => this.execute(id),
        succeeded: (id) => this.succeeded(id),
        failed: (id, event) => this.failed(id, String(event.output ?? '')),
        timedOut: (id) => this.timedOut(id),
      },
      delays: {
        initialDelay: (id) => this.initialDelay(id),
        period: (id) => (this.probe(id)?.periodSeconds ?? 10) * 1000,
        timeout: (id) => patienceMs(this.probe(id)),
      },
    }
  }

  start(record: PodRecord, container: Container): void {
    for (const kind of KINDS) {
      const id = `${record.uid}/${container.name}/${kind}`
      this.rows().remove(id)
      if (container[`${kind}Probe`] === undefined) continue
      this.probes[id] = { uid: record.uid, name: container.name, kind, successes: 0, failures: 0 }
      this.rows().start(id)
    }
  }

  stop(uid: string, name: string, kinds: readonly string[] = KINDS): void {
    for (const kind of kinds) {
      const id = `${uid}/${name}/${kind}`
      if (this.probes[id] === undefined) continue
      this.rows().remove(id)
      delete this.probes[id]
    }
  }

  /** The program of an exec probe ended. */
  execDone(id: string, code: number, output: string, failure: string | undefined): void {
    const state = this.probes[id]
    if (state === undefined) return
    delete state.session
    if (failure !== undefined) this.conclude(id, { kind: 'error', output: failure })
    else this.conclude(id, code === 0 ? { kind: 'success' } : { kind: 'failure', output })
  }

  reset(): void {
    for (const id of Object.keys(this.probes)) this.rows().remove(id)
    this.probes = {}
  }

  dump(): unknown {
    return this.probes
  }

  load(state: unknown): void {
    this.probes = state as Record<string, ProbeState>
  }

  private at(
    id: string,
  ):
    | { state: ProbeState; record: PodRecord; container: Container; instance: ContainerInstance; probe: Probe }
    | undefined {
    const state = this.probes[id]
    const record = state && this.core.records.get(state.uid)
    const container = record && containerOf(record, state.name)
    const probe = container?.[`${state?.kind ?? 'liveness'}Probe`]
    const instance = record?.containers[state?.name ?? '']
    if (
      state === undefined ||
      record === undefined ||
      container === undefined ||
      probe === undefined ||
      instance === undefined
    )
      return undefined
    return { state, record, container, instance, probe }
  }

  private probe(id: string): Probe | undefined {
    return this.at(id)?.probe
  }

  private initialDelay(id: string): number {
    const found = this.at(id)
    if (found === undefined) return 0
    const due =
      (found.instance.startedMs ?? 0) + (found.probe.initialDelaySeconds ?? 0) * 1000 - this.core.kernel.clockMs
    if (found.state.kind === 'readiness') return Math.max(0, due) + this.core.random.int(1000)
    return this.nextTick(found.record, found.probe, this.core.kernel.now + Math.max(0, due)) - this.core.kernel.now
  }

  /** A worker ticks from the pod's first sync on, whenever containers start; only readiness is looked at early. */
  private nextTick(record: PodRecord, probe: Probe, fromMs: number): number {
    const period = (probe.periodSeconds ?? 10) * 1000
    return record.seenMs + Math.max(1, Math.ceil((fromMs - record.seenMs) / period)) * period
  }

  private execute(id: string): void {
    const found = this.at(id)
    if (found === undefined) return
    const { state, record, container } = found
    const gated = state.kind !== 'startup' && record.started[container.name] !== true
    const done = state.kind === 'startup' && record.started[container.name] === true
    if (gated || done) return void this.rows().send(id, { type: done ? 'STOP' : 'SKIP' })
    this.conclude(id, this.check(id, found.probe, record, container, found.instance))
  }

  private conclude(id: string, result: ProbeResult): void {
    if (result.kind === 'pending') return
    if (result.kind === 'success') this.rows().send(id, { type: 'SUCCESS' })
    else if (result.kind === 'failure') this.rows().send(id, { type: 'FAILURE', output: result.output })
    else this.errored(id, result.output)
  }

  private errored(id: string, output: string): void {
    const found = this.at(id)
    if (found !== undefined)
      this.core.event(
        found.record,
        'Warning',
        'Unhealthy',
        `${TITLES[found.state.kind]} probe errored and resulted in unknown state: ${output}`,
        found.container,
      )
    this.rows().send(id, { type: 'SKIP' })
  }

  private check(
    id: string,
    probe: Probe,
    record: PodRecord,
    container: Container,
    instance: ContainerInstance,
  ): ProbeResult {
    if (probe.exec !== undefined) {
      const session = this.core.execs.run(record, instance, probe.exec.command ?? [], { kind: 'probe', id })
      if (this.probes[id] !== undefined) (this.probes[id] as ProbeState).session = session
      return { kind: 'pending' }
    }
    if (probe.httpGet !== undefined) return this.checkHttp(probe, record, container)
    if (probe.tcpSocket !== undefined) return this.checkTcp(probe, record, container)
    return { kind: 'error', output: 'not simulated: grpc probes' }
  }

  private addressOf(record: PodRecord): string {
    return record.pod.spec?.hostNetwork === true ? this.core.nodeFacts().hostIP : (record.ip ?? '')
  }

  private checkTcp(probe: Probe, record: PodRecord, container: Container): ProbeResult {
    const host = probe.tcpSocket?.host ?? this.addressOf(record)
    const port = portOf(container, probe.tcpSocket?.port)
    return this.opens(record, host, port) ? { kind: 'success' } : { kind: 'failure', output: refused(host, port) }
  }

  private opens(record: PodRecord, host: string, port: number): boolean {
    if (this.listeners.listening(host, port) !== undefined) return true
    return record.pod.spec?.hostNetwork === true && this.dialHost(port)
  }

  private checkHttp(probe: Probe, record: PodRecord, container: Container): ProbeResult {
    const answer = this.ask(record, container, probe.httpGet as HTTPGetAction, 'kube-probe')
    if ('failure' in answer)
      return answer.silent === true ? { kind: 'pending' } : { kind: 'failure', output: answer.failure }
    return answer.code >= 200 && answer.code < 400
      ? { kind: 'success' }
      : { kind: 'failure', output: `HTTP probe failed with statuscode: ${answer.code}` }
  }

  ask(record: PodRecord, container: Container, get: HTTPGetAction, agent: string): { code: number } | ProbeFailure {
    const host = get.host ?? this.addressOf(record)
    const port = portOf(container, get.port)
    const path = get.path ?? '/'
    const url = this.urlOf(record, container, get)
    const headers = Object.fromEntries([
      ['user-agent', `${agent}/1.${this.core.minor}`],
      ...(get.httpHeaders ?? []).map(({ name, value }) => [name.toLowerCase(), value] as const),
    ])
    const request = { method: 'GET' as const, path: path.split('?')[0] ?? '/', query: queryOf(path), headers }
    const local = this.listeners.respond(host, port, request, this.core.nodeFacts().hostIP)
    const answer = local ?? this.core.ports.probe?.http?.(host, port, request)
    if (answer !== undefined && 'failure' in answer) return { ...answer, failure: `Get "${url}": ${answer.failure}` }
    const code = answer?.code ?? (this.opens(record, host, port) ? 200 : undefined)
    return code === undefined ? { failure: `Get "${url}": ${refused(host, port)}` } : { code }
  }

  private succeeded(id: string): void {
    const found = this.at(id)
    if (found === undefined) return
    const { state, record, container, probe } = found
    state.failures = 0
    state.successes++
    if (state.successes < (probe.successThreshold ?? 1)) return
    if (state.kind === 'startup') this.startupDone(record, container)
    if (state.kind === 'readiness') this.setReady(record, container, true)
  }

  private startupDone(record: PodRecord, container: Container): void {
    record.started[container.name] = true
    this.rows().send(`${record.uid}/${container.name}/startup`, { type: 'STOP' })
    if (container.readinessProbe === undefined) this.setReady(record, container, true)
    else this.rows().send(`${record.uid}/${container.name}/readiness`, { type: 'NOW' })
    this.core.workers.sync(record.uid)
  }

  private setReady(record: PodRecord, container: Container, ready: boolean): void {
    if (record.ready[container.name] === ready) return
    record.ready[container.name] = ready
    this.core.kernel.record('kubelet.probe.readiness', {
      pod: `${record.namespace}/${record.name}`,
      container: container.name,
      ready,
    })
    this.core.statuses.set(record)
  }

  private urlOf(record: PodRecord, container: Container, get: HTTPGetAction): string {
    const host = get.host ?? this.addressOf(record)
    return `${(get.scheme ?? 'HTTP').toLowerCase()}://${host}:${portOf(container, get.port)}${get.path ?? '/'}`
  }

  private timedOut(id: string): void {
    const found = this.at(id)
    if (found === undefined) return
    const { state, probe, record, container } = found
    if (probe.httpGet !== undefined)
      return this.failed(id, `Get "${this.urlOf(record, container, probe.httpGet)}": ${unansweredText(probe)}`)
    const seconds = probe.timeoutSeconds ?? 1
    if (state.session !== undefined) this.core.execs.forget(state.session)
    delete state.session
    const command = JSON.stringify((probe.exec?.command ?? []).join(' '))
    this.failed(id, `command timed out: ${command} timed out after ${seconds}s`)
  }

  private failed(id: string, output: string): void {
    const found = this.at(id)
    if (found === undefined) return
    const { state, record, container, probe } = found
    state.successes = 0
    state.failures++
    this.core.event(record, 'Warning', 'Unhealthy', `${TITLES[state.kind]} probe failed: ${output}`, container)
    if (state.failures < (probe.failureThreshold ?? 3)) return
    if (state.kind === 'readiness') return this.setReady(record, container, false)
    this.kill(record, container, state.kind, probe)
  }

  private kill(record: PodRecord, container: Container, kind: Kind, probe: Probe): void {
    const seconds = probe.terminationGracePeriodSeconds ?? record.pod.spec?.terminationGracePeriodSeconds ?? 30
    for (const other of ['liveness', 'startup'] as const)
      this.rows().send(`${record.uid}/${container.name}/${other}`, { type: 'STOP' })
    const init = record.containers[container.name]?.kind === 'init'
    const message = init
      ? `Init container ${container.name} failed ${kind} probe`
      : `Container ${container.name} failed ${kind} probe, will be restarted`
    const instance = record.containers[container.name]
    if (instance !== undefined && instance.stopBy === undefined) instance.probeKilled = true
    this.core.containers.stop(record, container.name, seconds * 1000, message)
  }
}

function refused(host: string, port: number): string {
  return `dial tcp ${host}:${port}: connect: connection refused`
}

function portOf(container: Container, port: number | string | undefined): number {
  if (typeof port === 'number') return port
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port ?? 0)
}

/** `/health?exclude=NOSPACE&serializable=true` */
function queryOf(path: string): Record<string, string> {
  const pairs = (path.split('?')[1] ?? '').split('&').filter((pair) => pair !== '')
  return Object.fromEntries(pairs.map((pair) => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? '']))
}
