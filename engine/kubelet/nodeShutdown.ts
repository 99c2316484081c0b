/**
 * Pods end before their node goes down. Models pkg/kubelet/nodeshutdown (B6): a delay lock of logind, then pods group
 * by group of priorities, each as long as the configuration gives it. Not modelled: a shutdown that is called off.
 */
import { priorityOf } from './admission.ts'
import type { Core } from './core.ts'
import type { NodeVoice } from './node.ts'
import { msOf } from './settings/settings.ts'
import type { Doom, PodRecord } from './state.ts'

/** A look at what still runs while the node goes down. */
export const SHUTDOWN_TICK = 'shutdown.tick'
const LOOK_MS = 100
const SYSTEM_CRITICAL = 2_000_000_000
const OVERRIDE = '/etc/systemd/logind.conf.d/99-kubelet.conf'
const MESSAGE = 'Pod was terminated in response to imminent node shutdown.'

/** What a pod is told that comes while the node goes down. */
export const NOT_ADMITTED = {
  reason: 'NodeShutdown',
  message: 'Pod was rejected: Pod was rejected as the node is shutting down.',
}

/** Pods of this priority and more, up to that of the next group, have so long. */
interface Group {
  Priority: number
  ShutdownGracePeriodSeconds: number
}

export interface ShutdownHost extends NodeVoice {
  records(): Iterable<PodRecord>
  /** A pod is to end so. */
  ended(record: PodRecord, doom: Doom): void
}

interface ShutdownState {
  /** The group whose pods end now, those pods, and until when they are waited for; absent: the node stays up. */
  running?: { group: number; uids: string[]; untilMs: number }
}

export class NodeShutdown {
  private state: ShutdownState = {}

  constructor(
    private readonly core: Core,
    private readonly host: ShutdownHost,
  ) {}

  get isRunning(): boolean {
    return this.state.running !== undefined
  }

  dump(): unknown {
    return this.state
  }

  load(state: unknown): void {
    this.state = state as ShutdownState
  }

  /** The process begins: it asks logind to wait, if its configuration says so. */
  begin(): void {
    this.state = {}
    const groups = this.groups()
    if (groups.length === 0) return
    this.tellBegin(groups)
    const seconds = groups.reduce((sum, group) => sum + group.ShutdownGracePeriodSeconds, 0)
    const { delayLock, files } = this.core.ports
    if (delayLock !== undefined && seconds * 1000 > delayLock.maxMs())
      files?.write?.(OVERRIDE, `# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=${seconds}\n`, 0o644)
    delayLock?.hold(true)
  }

  private tellBegin(groups: readonly Group[]): void {
    const config = this.core.settings?.config
    const period = (name: string): string => String(config?.[name] ?? '0s')
    const facts = [
      `shutdownGracePeriodRequested="${period('shutdownGracePeriod')}"`,
      `shutdownGracePeriodCriticalPods="${period('shutdownGracePeriodCriticalPods')}"`,
      `shutdownGracePeriodByPodPriority=${JSON.stringify(groups)}`,
    ]
    const text = `"Creating node shutdown manager" ${facts.join(' ')}`
    this.core.log('I', 'nodeshutdown_manager_linux.go:137', text, 'bare')
  }

  /** The process ends, and the lock with it. */
  end(): void {
    this.state = {}
    this.core.ports.delayLock?.hold(false)
  }

  /** logind says that the node goes down. */
  prepare(): void {
    if (this.isRunning) return
    this.host.event('Normal', 'NodeShutdown', 'Shutdown manager detected shutdown event')
    this.endGroup(0)
  }

  /** Who is still there; when all of a group are gone, or had their time, the next follows. */
  tick(): void {
    const { running } = this.state
    if (running === undefined) return
    if (running.uids.every((uid) => this.isGone(uid)) || this.core.kernel.now >= running.untilMs)
      this.endGroup(running.group + 1)
    else this.core.after(LOOK_MS, SHUTDOWN_TICK, this.core.generation)
  }

  private isGone(uid: string): boolean {
    const record = this.core.records.get(uid)
    return record === undefined || record.finished === true
  }

  /** A group without pods takes no time. */
  private endGroup(index: number): void {
    const groups = this.groups()
    const group = groups[index]
    if (group === undefined) return this.core.ports.delayLock?.hold(false)
    const records = [...this.host.records()].filter((one) => isActive(one) && groupOf(groups, one) === index)
    const untilMs = this.core.kernel.now + group.ShutdownGracePeriodSeconds * 1000
    this.state.running = { group: index, uids: records.map(({ uid }) => uid), untilMs }
    for (const record of records) this.host.ended(record, doomOf(record, group))
    this.tick()
  }

  /** From low priorities to high ones. */
  private groups(): Group[] {
    const config = this.core.settings?.config
    if (config === undefined) return []
    const given = (config['shutdownGracePeriodByPodPriority'] ?? []) as { priority?: number; shutdownGracePeriodSeconds?: number }[] // prettier-ignore
    const named = given.map(({ priority = 0, shutdownGracePeriodSeconds = 0 }) => ({
      Priority: priority,
      ShutdownGracePeriodSeconds: shutdownGracePeriodSeconds,
    }))
    if (named.length > 0) return named.sort((a, b) => a.Priority - b.Priority)
    const [all, critical] = [msOf(config, 'shutdownGracePeriod'), msOf(config, 'shutdownGracePeriodCriticalPods')]
    if (all === 0 || critical > all) return []
    return [
      { Priority: 0, ShutdownGracePeriodSeconds: Math.floor((all - critical) / 1000) },
      { Priority: SYSTEM_CRITICAL, ShutdownGracePeriodSeconds: Math.floor(critical / 1000) },
    ]
  }
}

/** The last group whose priority a pod reaches; who reaches none is in the first. */
function groupOf(groups: readonly Group[], record: PodRecord): number {
  return Math.max(
    0,
    groups.findLastIndex(({ Priority }) => Priority <= priorityOf(record)),
  )
}

function doomOf({ pod }: PodRecord, { ShutdownGracePeriodSeconds: seconds }: Group): Doom {
  const own = pod.spec?.terminationGracePeriodSeconds ?? seconds
  const graceMs = Math.min(own, seconds) * 1000
  return { graceMs, phase: 'Failed', reason: 'Terminated', message: MESSAGE, isDisrupted: true }
}

const isActive = ({ finished, doom }: PodRecord): boolean => finished !== true && doom === undefined
