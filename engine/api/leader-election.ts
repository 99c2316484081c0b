/** Leader election by a Lease, for the controller manager and the scheduler (defaults 15 s, 10 s, 2 s). */
import { microTimestamp } from '../objects/meta.ts'
import type { Lease } from '../objects/types.gen.ts'
import { compileMachine, MachineRows } from '../kernel/machine.ts'
import type { MachineTimeout } from '../kernel/machine.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Answer, ApiClient } from './client.ts'
import { leaseMachine } from './lease.machine.ts'

/** --leader-elect-lease-duration, --leader-elect-renew-deadline, --leader-elect-retry-period. */
export interface LeaseFlags {
  leaseDurationMs: number
  renewDeadlineMs: number
  retryPeriodMs: number
}

export const LEASE_FLAGS: LeaseFlags = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }

/** The tag by which the owner knows answers that belong to the election. */
export const LEASE_TAG = 'leader-election'

const TABLE = compileMachine(leaseMachine)
const ROW = 'self'

interface ElectionState {
  rows: ReturnType<MachineRows['dump']>
  /** The lease as last seen and when it last changed, on this candidate's own clock. */
  observed: Lease | undefined
  observedAtMs: number
}

export interface ElectionOptions {
  kernel: Kernel
  client: ApiClient
  /** The component's own address: timers arrive there. */
  address: string
  /** The lease's name in kube-system. */
  name: string
  identity: string
  flags?: LeaseFlags
  onStartedLeading: () => void
  onStoppedLeading: () => void
}

export class LeaderElection {
  private rows: MachineRows
  private observed: Lease | undefined
  private observedAtMs = 0
  private readonly flags: LeaseFlags

  constructor(private readonly options: ElectionOptions) {
    this.flags = options.flags ?? LEASE_FLAGS
    this.rows = new MachineRows(options.kernel, options.address, TABLE, {
      actions: {
        tryAcquire: () => this.read(),
        tryRenew: () => this.renew(),
        lead: () => this.lead(),
        giveUp: () => this.options.onStoppedLeading(),
      },
      delays: { retryPeriod: () => this.flags.retryPeriodMs, renewDeadline: () => this.flags.renewDeadlineMs },
    })
  }

  start(): void {
    this.rows.start(ROW)
  }

  stop(): void {
    this.rows.remove(ROW)
    this.observed = undefined
  }

  get leading(): boolean {
    return this.rows.matches(ROW, 'holding')
  }

  timeout(data: MachineTimeout): boolean {
    return this.rows.timeout(data)
  }

  /** Takes an answer tagged LEASE_TAG. */
  answer(answer: Answer): void {
    if (answer.call.verb === 'get') this.readAnswered(answer)
    else if (answer.code >= 200 && answer.code < 300) this.written(answer.body as Lease)
    else if (answer.code === 409) this.read()
  }

  dump(): ElectionState {
    return { rows: this.rows.dump(), observed: this.observed, observedAtMs: this.observedAtMs }
  }

  load(state: unknown): void {
    const { rows, observed, observedAtMs } = state as ElectionState
    this.rows.load(rows)
    this.observed = observed
    this.observedAtMs = observedAtMs
  }

  private lead(): void {
    this.options.kernel.record('lease.acquired', { lease: this.options.name, holder: this.options.identity })
    this.options.onStartedLeading()
  }

  /** The holder updates the lease as it last saw it, without reading it first. */
  private renew(): void {
    if (this.observed === undefined) this.read()
    else this.write('update', this.observed)
  }

  private read(): void {
    const { client, name } = this.options
    client.call({ verb: 'get', resource: 'coordination.k8s.io/v1/leases', namespace: 'kube-system', name }, LEASE_TAG)
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

  private isFree(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity ?? ''
    if (holder === '' || holder === this.options.identity) return true
    return this.options.kernel.now - this.observedAtMs >= this.flags.leaseDurationMs
  }

  private write(verb: 'create' | 'update', lease: Lease | undefined): void {
    const { client, name, identity, kernel } = this.options
    const now = microTimestamp(kernel.clockMs)
    const mine = lease?.spec?.holderIdentity === identity
    const body: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: lease?.metadata ?? { name, namespace: 'kube-system' },
      spec: {
        acquireTime: mine ? lease?.spec?.acquireTime : now,
        holderIdentity: identity,
        leaseDurationSeconds: this.flags.leaseDurationMs / 1000,
        leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (mine || lease === undefined ? 0 : 1),
        renewTime: now,
      },
    }
    const target = { resource: 'coordination.k8s.io/v1/leases', namespace: 'kube-system' }
    client.call(verb === 'create' ? { verb, ...target, body } : { verb, ...target, name, body }, LEASE_TAG)
  }

  private written(lease: Lease): void {
    this.observe(lease)
    this.rows.send(ROW, { type: this.leading ? 'RENEWED' : 'ACQUIRED' })
  }
}
