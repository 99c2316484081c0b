/**
 * Leader election by a Lease, for the controller manager and the scheduler (defaults 15 s, 10 s, 2 s). Models
 * client-go tools/leaderelection (O3). Not modelled: the jitter of the retry period, the event `stopped leading`, whose
 * process has mostly ended before it is sent.
 */
import { microTimestamp } from '../objects/meta.ts'
import type { Lease } from '../objects/types.gen.ts'
import { compileMachine, MachineRows } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Answer, ApiClient } from './client.ts'
import { klogHeader } from '../objects/klog.ts'
import type { EventFacts } from './event-recorder.ts'
import { leaseMachine } from './lease.machine.ts'

/** --leader-elect-lease-duration, --leader-elect-renew-deadline, --leader-elect-retry-period. */
export interface LeaseFlags {
  leaseDurationMs: number
  renewDeadlineMs: number
  retryPeriodMs: number
}

export const LEASE_FLAGS: LeaseFlags = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }

/** client-go: half of the renew deadline, as `?timeout=5s` says. */
const CALL_TIMEOUT_MS = 5_000

/** The tag by which the owner knows answers that belong to the election. */
export const LEASE_TAG = 'leader-election'

const LEASES = { resource: 'coordination.k8s.io/v1/leases', namespace: 'kube-system' }

const TABLE = compileMachine(leaseMachine)
const ROW = 'self'

interface ElectionState {
  rows: ReturnType<MachineRows['dump']>
  /** The lease as last seen and when it last changed, on this candidate's own clock. */
  observed: Lease | undefined
  observedAtMs: number
  identity: string
  asking: boolean
  slowPath: boolean
}

export interface ElectionOptions {
  kernel: Kernel
  client: ApiClient
  /** The component's own address: timers arrive there. */
  address: string
  /** The lease's name in kube-system. */
  name: string
  /** `<host>_<uuid>` of the first process; each later one draws its own. */
  identity: string
  flags?: () => LeaseFlags
  /** The URL of the server, for the log. */
  server?: () => string
  /** Takes lines of the component's log. */
  log?: (text: string) => void
  /** Records an event about the lease. */
  record?: (lease: Lease, facts: EventFacts) => void
  /** Whether transitions are recorded: a resourcelock without a recorder does not. Default: they are not. */
  tells?: () => boolean
  onStartedLeading: () => void
  onStoppedLeading: () => void
}

/** What the process around a component learns of its election. */
export interface ElectionHooks {
  log?: (text: string) => void
  /** The URL of the API server, for the log. */
  server?: () => string
  flags?: () => LeaseFlags
  /** Whether a new leader is told of in an event. */
  tells?: () => boolean
  onLeading?: () => void
  onLost?: () => void
}

export class LeaderElection {
  private rows: MachineRows
  private observed: Lease | undefined
  private observedAtMs = 0
  private identity: string
  /** A call is under way: there is never a second one. */
  private asking = false
  /** The holder's optimistic update failed: it reads the lease and tries once more, then waits for the next period. */
  private slowPath = false

  constructor(private readonly options: ElectionOptions) {
    this.identity = options.identity
    this.rows = new MachineRows(options.kernel, options.address, TABLE, {
      actions: {
        tryAcquire: () => this.read(),
        tryRenew: () => this.renew(),
        lead: () => this.lead(),
        giveUp: () => this.giveUp(),
      },
      delays: {
        retryPeriod: () => this.flags.retryPeriodMs,
        // The deadline runs from the first try, a retry period after the last success.
        renewDeadline: () => this.flags.retryPeriodMs + this.flags.renewDeadlineMs,
      },
    })
  }

  private get flags(): LeaseFlags {
    return this.options.flags?.() ?? LEASE_FLAGS
  }

  start(): void {
    this.say('I', 'leaderelection.go:257', `attempting to acquire leader lease kube-system/${this.options.name}...`)
    this.rows.start(ROW)
  }

  /** The process is gone; the next one is somebody else to the others. */
  stop(): void {
    this.rows.remove(ROW)
    this.observed = undefined
    this.asking = false
    this.slowPath = false
    const { kernel, address, identity } = this.options
    this.identity = `${identity.slice(0, identity.indexOf('_'))}_${kernel.random(`leader-election/${address}`).uuid()}`
  }

  /** ReleaseOnCancel: a leader that is asked to end hands the lease back. */
  release(): void {
    if (!this.leading || this.observed === undefined) return
    const now = microTimestamp(this.options.kernel.clockMs)
    const { metadata, spec } = this.observed
    const body: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
      spec: {
        acquireTime: now,
        holderIdentity: '',
        leaseDurationSeconds: 1,
        leaseTransitions: spec?.leaseTransitions ?? 0,
        renewTime: now,
      },
    }
    this.options.client.call({ verb: 'update', ...LEASES, name: this.options.name, body, detached: true })
  }

  get leading(): boolean {
    return this.rows.matches(ROW, 'holding')
  }

  timeout(data: MachineTimeout): boolean {
    return this.rows.timeout(data)
  }

  /** Takes an answer tagged LEASE_TAG. */
  answer(answer: Answer): void {
    this.asking = false
    const isDone = answer.code >= 200 && answer.code < 300
    if (!isDone) this.complain(answer)
    if (answer.call.verb === 'get') this.readAnswered(answer)
    else if (isDone) this.written(answer.body as Lease)
    else if (answer.call.verb === 'update' && this.leading && !this.slowPath) this.readOnce()
  }

  dump(): ElectionState {
    const { observed, observedAtMs, identity, asking, slowPath } = this
    return { rows: this.rows.dump(), observed, observedAtMs, identity, asking, slowPath }
  }

  load(state: unknown): void {
    const { rows, observed, observedAtMs, identity, asking, slowPath } = state as ElectionState
    this.rows.load(rows)
    this.observed = observed
    this.observedAtMs = observedAtMs
    this.identity = identity
    this.asking = asking
    this.slowPath = slowPath
  }

  /** What failed for another reason than that somebody was faster (O3). */
  private complain(answer: Answer): void {
    const { code, call } = answer
    const { name } = this.options
    if (code === 404 && call.verb === 'get') return
    if (code === 409 && !this.leading) return
    const why = this.reasonOf(answer)
    if (call.verb === 'get')
      this.say('E', 'leaderelection.go:436', `error retrieving resource lock kube-system/${name}: ${why}`)
    else if (call.verb === 'create')
      this.say('E', 'leaderelection.go:446', `error initially creating leader election record: ${why}`)
    else if (this.leading && !this.slowPath)
      this.say('E', 'leaderelection.go:429', `Failed to update lock optimistically: ${why}, falling back to slow path`)
    else this.say('E', 'leaderelection.go:484', `Failed to update lock: ${why}`)
  }

  private reasonOf({ code, failure, body, call }: Answer): string {
    if (code === 401) return 'Unauthorized'
    if (failure === undefined) return String((body as { message?: string } | undefined)?.message ?? code)
    const verb = call.verb === 'get' ? 'Get' : call.verb === 'create' ? 'Post' : 'Put'
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${this.options.name}?timeout=5s`
    return `${verb} "${this.server()}${path}": ${failure}`
  }

  private giveUp(): void {
    this.say(
      'I',
      'leaderelection.go:297',
      `failed to renew lease kube-system/${this.options.name}: context deadline exceeded`,
    )
    this.options.onStoppedLeading()
  }

  private server(): string {
    return this.options.server?.() ?? ''
  }

  private say(level: 'I' | 'E', file: string, text: string): void {
    this.options.log?.(`${klogHeader(level, this.options.kernel.clockMs, file)} ${text}\n`)
  }

  /** Models tools/leaderelection/resourcelock RecordEvent. */
  private tell(): void {
    const { record, tells } = this.options
    if (this.observed === undefined || tells?.() !== true) return
    const lease = { ...this.observed, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
    record?.(lease, { type: 'Normal', reason: 'LeaderElection', message: `${this.identity} became leader` })
  }

  private lead(): void {
    this.tell()
    this.say('I', 'leaderelection.go:271', `successfully acquired lease kube-system/${this.options.name}`)
    this.options.kernel.record('lease.acquired', { lease: this.options.name, holder: this.identity })
    this.options.onStartedLeading()
  }

  /** The holder updates the lease as it last saw it, without reading it first. */
  private renew(): void {
    if (this.asking) return
    this.slowPath = false
    if (this.observed === undefined) this.readOnce()
    else this.write('update', this.observed)
  }

  private readOnce(): void {
    this.slowPath = true
    this.read()
  }

  private read(): void {
    if (this.asking) return
    this.asking = true
    this.options.client.call({ verb: 'get', ...LEASES, name: this.options.name, timeoutMs: CALL_TIMEOUT_MS }, LEASE_TAG)
  }

  private readAnswered(answer: Answer): void {
    if (answer.code === 404) return this.write('create', undefined)
    if (answer.code !== 200) return
    const lease = answer.body as Lease
    if (lease.metadata.resourceVersion !== this.observed?.metadata.resourceVersion) this.observe(lease)
    if (this.isFree(lease)) this.write('update', lease)
  }

  private observe(lease: Lease): void {
    this.observed = lease
    this.observedAtMs = this.options.kernel.now
  }

  /** A lease lasts as long as its holder wrote, from when this candidate saw it change. */
  private isFree({ spec }: Lease): boolean {
    const holder = spec?.holderIdentity ?? ''
    if (holder === '' || holder === this.identity) return true
    return this.options.kernel.now - this.observedAtMs >= (spec?.leaseDurationSeconds ?? 0) * 1000
  }

  private write(verb: 'create' | 'update', lease: Lease | undefined): void {
    if (this.asking) return
    const { client, name, kernel } = this.options
    const now = microTimestamp(kernel.clockMs)
    const mine = lease?.spec?.holderIdentity === this.identity
    const body: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease?.metadata ?? { name, namespace: 'kube-system' },
      spec: {
        acquireTime: mine ? lease?.spec?.acquireTime : now,
        holderIdentity: this.identity,
        leaseDurationSeconds: this.flags.leaseDurationMs / 1000,
        leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (mine || lease === undefined ? 0 : 1),
        renewTime: now,
      },
    }
    this.asking = true
    const call = { ...LEASES, timeoutMs: CALL_TIMEOUT_MS, body }
    client.call(verb === 'create' ? { verb, ...call } : { verb, ...call, name }, LEASE_TAG)
  }

  private written(lease: Lease): void {
    this.observe(lease)
    this.rows.send(ROW, { type: this.leading ? 'RENEWED' : 'ACQUIRED' })
  }
}
