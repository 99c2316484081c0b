/**
 * What each API server does for definitions: names, establishing, approval, and taking instances away before the
 * definition goes. Models apiextensions-apiserver pkg/controller/{status,establish,finalizer,apiapproval,nonstructuralschema}.
 * Each pass makes at most one write a definition; what it changes comes back through the watch.
 */
import type { HttpRequest, HttpRequestData, HttpResponseData } from '../../fabric/http.ts'
import { HTTP } from '../../fabric/http.ts'
import type { EventId } from '../../kernel/kernel.ts'
import { conditionOf } from '../../objects/meta.ts'
import { nonStructuralProblems } from '../../objects/structural/structural.ts'
import type { CustomResourceDefinition } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import { directoryOf } from '../storage/keys.ts'
import { approvalCondition } from './approval.ts'
import { definitionsOf, isTrue } from './custom-kinds.ts'
import { judgeNames } from './names.ts'
import type { Condition } from './names.ts'

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

/** The controllers' queues are quick. */
const SYNC_MS = 2
/** Waiting for instances to be gone: polls, and gives up for this time. */
const POLL_MS = 5_000
const POLL_TIMEOUT_MS = 60_000

const ME = { commonName: 'system:apiserver', organizations: ['system:masters'] }

/** How far the deletion of a definition's instances is. */
interface Cleanup {
  /** The definition's uid: a later one of the same name starts anew. */
  uid: string
  /** Deletions that are not answered yet. */
  open: string[]
  /** What the deletions that failed said. */
  failed: string[]
  nextPollAt: number
  giveUpAt: number
  tries: number
}

export interface DefinitionState {
  timerId: EventId | undefined
  pollId: EventId | undefined
  serial: number
  cleanups: [string, Cleanup][]
}

const BACKOFF_BASE_MS = 5
const BACKOFF_MAX_MS = 1_000_000

export class DefinitionControllers {
  private timerId: EventId | undefined
  private pollId: EventId | undefined
  private serial = 0
  private cleanups = new Map<string, Cleanup>()

  /** `syncEvent`: the kernel event by which the server calls `sync`. */
  constructor(
    private readonly core: Core,
    private readonly syncEvent: string,
  ) {}

  /** Definitions may have changed. */
  changed(): void {
    this.timerId ??= this.core.kernel.send({ to: this.core.address, type: this.syncEvent }, SYNC_MS)
  }

  /** Looks at all definitions. */
  sync(): void {
    this.core.kernel.cancel(this.timerId)
    this.core.kernel.cancel(this.pollId)
    this.timerId = this.pollId = undefined
    const all = definitionsOf(this.core)
    for (const name of this.cleanups.keys())
      if (!all.some(({ metadata }) => metadata.name === name)) this.cleanups.delete(name)
    for (const definition of all) this.syncOne(definition, all)
    this.armPoll()
  }

  private syncOne(definition: CustomResourceDefinition, all: readonly CustomResourceDefinition[]): void {
    const next = this.judged(definition, all) ?? this.established(definition)
    if (next !== undefined) return this.putStatus(definition, next)
    if (isLeaving(definition)) this.cleanUp(definition)
  }

  /** Names, approval and structure; undefined when the status says it all already. */
  private judged(definition: CustomResourceDefinition, all: readonly CustomResourceDefinition[]): Status | undefined {
    const { status = {}, spec, metadata } = definition
    const others = all.filter((one) => one.spec.group === spec.group && one.metadata.name !== metadata.name)
    const { names, accepted, established } = judgeNames(definition, others)
    const approval = approvalCondition(definition)
    const violations = structureCondition(definition)
    const wanted = [approval, violations, accepted, established].filter((one): one is Condition => one !== undefined)
    const conditions = wanted.reduce(
      (list, one) => this.withCondition(list, one),
      (status.conditions ?? []).filter(({ type }) => type !== 'NonStructuralSchema' || violations !== undefined),
    )
    const isSame = sameJson(names, status.acceptedNames) && sameJson(conditions, status.conditions ?? [])
    return isSame ? undefined : { ...status, acceptedNames: names, conditions }
  }

  private established(definition: CustomResourceDefinition): Status | undefined {
    if (!isTrue(definition, 'NamesAccepted') || isTrue(definition, 'Established')) return undefined
    if (definition.metadata.deletionTimestamp !== undefined) return undefined
    const { status = {} } = definition
    return {
      ...status,
      conditions: this.withCondition(status.conditions ?? [], {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      }),
    }
  }

  /** A condition in its place; its time moves only with its status. */
  private withCondition(list: readonly Condition[], wanted: Condition): Condition[] {
    const at = list.findIndex(({ type }) => type === wanted.type)
    const before = list[at]
    const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : this.core.timestamp()
    const next = { ...wanted, ...(lastTransitionTime !== undefined && { lastTransitionTime }) }
    return at < 0 ? [...list, next] : list.map((one, i) => (i === at ? next : one))
  }

  // The finalizer.

  private cleanUp(definition: CustomResourceDefinition): void {
    const { name, uid = '' } = definition.metadata
    const known = this.cleanups.get(name)
    if (known?.uid === uid) return this.proceed(definition, known)
    const { reason } = conditionOf(definition.status?.conditions, 'Terminating') ?? {}
    if (reason !== 'InstanceDeletionInProgress')
      return this.terminating(
        definition,
        'True',
        'InstanceDeletionInProgress',
        'CustomResource deletion is in progress',
      )
    if (!isTrue(definition, 'Established'))
      return this.release(definition, 'NeverEstablished', 'resource was never established')
    this.begin(definition, 0)
  }

  private begin(definition: CustomResourceDefinition, tries: number): void {
    const { name, uid = '' } = definition.metadata
    const { now } = this.core.kernel
    const cleanup: Cleanup = { uid, open: [], failed: [], nextPollAt: now, giveUpAt: now + POLL_TIMEOUT_MS, tries }
    this.cleanups.set(name, cleanup)
    for (const path of collectionsOf(this.core, definition)) cleanup.open.push(this.send('DELETE', path, undefined))
    if (cleanup.open.length === 0) this.proceed(definition, cleanup)
  }

  private proceed(definition: CustomResourceDefinition, cleanup: Cleanup): void {
    const { now } = this.core.kernel
    if (cleanup.open.length > 0 || now < cleanup.nextPollAt) return
    if (cleanup.failed.length > 0)
      return this.retryLater(
        definition,
        cleanup,
        'InstanceDeletionFailed',
        `could not issue all deletes: ${cleanup.failed.join(', ')}`,
      )
    if (collectionsOf(this.core, definition).length === 0)
      return this.release(definition, 'InstanceDeletionCompleted', 'removed all instances')
    if (now >= cleanup.giveUpAt) return this.retryLater(definition, cleanup, 'InstanceDeletionCheck', UNCONFIRMED)
    cleanup.nextPollAt = now + POLL_MS
  }

  /** Says what went wrong, and starts again a little later. */
  private retryLater(definition: CustomResourceDefinition, cleanup: Cleanup, reason: string, message: string): void {
    const { reason: told } = conditionOf(definition.status?.conditions, 'Terminating') ?? {}
    if (told === reason) {
      this.terminating(definition, 'True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
      return this.begin(definition, cleanup.tries + 1)
    }
    cleanup.nextPollAt = this.core.kernel.now + Math.min(BACKOFF_BASE_MS * 2 ** cleanup.tries, BACKOFF_MAX_MS)
    this.terminating(definition, 'True', reason, message)
  }

  private terminating(definition: CustomResourceDefinition, status: string, reason: string, message: string): void {
    const conditions = this.withCondition(definition.status?.conditions ?? [], {
      type: 'Terminating',
      status,
      reason,
      message,
    })
    this.putStatus(definition, { ...definition.status, conditions })
  }

  /** The last write: without the finalizer the definition goes. */
  private release(definition: CustomResourceDefinition, reason: string, message: string): void {
    const finalizers = (definition.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER)
    const metadata = { ...definition.metadata, finalizers }
    this.cleanups.delete(definition.metadata.name)
    this.terminating({ ...definition, metadata }, 'False', reason, message)
  }

  private armPoll(): void {
    const due = [...this.cleanups.values()].filter(({ open }) => open.length === 0).map(({ nextPollAt }) => nextPollAt)
    if (due.length === 0) return
    const delay = Math.max(SYNC_MS, Math.min(...due) - this.core.kernel.now)
    this.pollId = this.core.kernel.send({ to: this.core.address, type: this.syncEvent }, delay)
  }

  /** An answer to a request of ours. */
  responded({ tag, response }: HttpResponseData): boolean {
    if (!tag.startsWith(TAG)) return false
    for (const cleanup of this.cleanups.values()) {
      const at = cleanup.open.indexOf(tag)
      if (at < 0) continue
      cleanup.open.splice(at, 1)
      if (response.code >= 400) cleanup.failed.push(messageOf(response.body))
      this.changed()
    }
    return true
  }

  // Requests of the server to itself.

  private putStatus(definition: CustomResourceDefinition, status: Status): void {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}/status`
    this.send('PUT', path, { ...definition, status })
  }

  private send(method: HttpRequest['method'], path: string, body: object | undefined): string {
    const { fabric, host, address } = this.core
    const id = `${TAG}${this.serial++}`
    const headers = { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' }
    const request: HttpRequest = { method, path, query: {}, headers, body, certificate: ME }
    const data: HttpRequestData = { id, from: host, request, replyTo: { host, address, tag: id } }
    fabric.send({ from: host, to: host, event: { to: address, type: HTTP.request, data } })
    return id
  }

  // State.

  clear(): void {
    this.core.kernel.cancel(this.timerId)
    this.core.kernel.cancel(this.pollId)
    this.timerId = this.pollId = undefined
    this.cleanups.clear()
  }

  dump(): DefinitionState {
    const cleanups = [...this.cleanups].map(([name, one]): [string, Cleanup] => [
      name,
      { ...one, open: [...one.open], failed: [...one.failed] },
    ])
    return { timerId: this.timerId, pollId: this.pollId, serial: this.serial, cleanups }
  }

  load({ timerId, pollId, serial, cleanups }: DefinitionState): void {
    this.timerId = timerId
    this.pollId = pollId
    this.serial = serial
    this.cleanups = new Map(
      cleanups.map(([name, one]) => [name, { ...one, open: [...one.open], failed: [...one.failed] }]),
    )
  }
}

const TAG = 'crd:'
const UNCONFIRMED = 'could not confirm zero CustomResources remaining: timed out waiting for the condition'

type Status = NonNullable<CustomResourceDefinition['status']>

const sameJson = (a: unknown, b: unknown): boolean => sorted(a) === sorted(b)

/** JSON with keys in order. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  ) ?? ''

const messageOf = (body: unknown): string => (body as { message?: string } | undefined)?.message ?? 'unknown error'

const isLeaving = ({ metadata }: CustomResourceDefinition): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)

/** The collections that hold instances: one a namespace. */
function collectionsOf(core: Core, { spec }: CustomResourceDefinition): string[] {
  const version = spec.versions.find(({ served }) => served)?.name
  const objects = [...core.cache.values(directoryOf(spec.group, spec.names.plural))]
  if (version === undefined || objects.length === 0) return []
  const root = `/apis/${spec.group}/${version}`
  if (spec.scope !== 'Namespaced') return [`${root}/${spec.names.plural}`]
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace ?? ''))
  return [...namespaces].sort().map((namespace) => `${root}/namespaces/${namespace}/${spec.names.plural}`)
}

/** Definitions of v1beta1 need not be structural; those of v1 are. */
function structureCondition(definition: CustomResourceDefinition): Condition | undefined {
  const problems = nonStructuralProblems(definition)
  return problems.length === 0
    ? undefined
    : { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: problems.join(', ') }
}
