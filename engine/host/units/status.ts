/** What systemctl and ps read of units. */
import type { VirtualMs } from '../../kernel/kernel.ts'
import { builtInOf } from './daemons.ts'
import type { Commands } from './commands.ts'
import type { UnitExit } from './exit.ts'
import type { Jobs } from './jobs.ts'
import { enabledState } from './links.ts'
import { isService, isTarget } from './names.ts'
import type { EndedCommand, Kept, UnitRecord } from './record.ts'
import type { UnitTable } from './table.ts'
import type { TimerStatus, TimerUnits } from './timer-units.ts'
import { value } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'
import type { ModelledProcess, UnitHost } from './unit-host.ts'

/** What systemctl needs to know of a unit. */
export interface UnitStatus {
  name: string
  definition: UnitDefinition
  /** `active`, `inactive`, `activating`, `deactivating`, `failed`. */
  active: string
  /** `running`, `dead`, `auto-restart`, `start`, `stop-sigterm`, `failed`, `exited`. */
  sub: string
  enabled: string
  result: string
  sinceMs?: number
  durationMs?: number
  pid?: number
  argv: string[]
  exit?: UnitExit
  /** The command that runs beside the main one. */
  control?: { kind: string; pid: number }
  ended: EndedCommand[]
  /** The processes of its control group, where they are processes of the table. */
  processes: { pid: number; argv: string[] }[]
  restarts: number
  memoryBytes: number
  startedMs: VirtualMs
  needsReload: boolean
  unmet?: Kept
  /** Of a timer: what it starts, when next and when it last did, on the host's clock. */
  timer?: TimerStatus
  /** The timers that start it. */
  triggeredBy: string[]
  /** Kind of the job that is under way. */
  job?: string
}

const MiB = 1024 ** 2
const INIT_MEMORY = 13 * MiB
const DEFAULT_MEMORY = 38 * MiB
const PROCESS_MEMORY = 3800 * 1024

const SUB: Record<string, string> = {
  inactive: 'dead',
  activating: 'start',
  active: 'running',
  deactivating: 'stop-sigterm',
  autoRestart: 'auto-restart',
  failed: 'failed',
}

export class UnitStatuses {
  constructor(
    private readonly host: UnitHost,
    private readonly table: UnitTable,
    private readonly jobs: Jobs,
    private readonly commands: Commands,
    private readonly timers: TimerUnits,
  ) {}

  of(name: string): UnitStatus {
    const unit = this.table.nameOf(name)
    const record = this.table.record(unit)
    const state = this.table.stateOf(unit)
    const { definition, result, argv, restarts, startedMs, ended } = record
    return {
      name: unit,
      definition,
      active: state === 'autoRestart' ? 'activating' : state,
      sub: subOf(record, state),
      enabled: enabledState(this.table.files, unit),
      result,
      argv,
      ended: [...ended],
      processes: this.commands.group(record.invocation),
      restarts,
      startedMs,
      memoryBytes: this.memoryOf(record),
      needsReload: this.table.needsReload(record),
      triggeredBy: this.timers.startersOf(unit).map((timer) => timer.name),
      ...lastRun(record),
      ...this.present(record),
    }
  }

  /** The processes that only systemd knows, itself among them; none without power. */
  processes(): ModelledProcess[] {
    if (this.host.power !== 'on') return []
    const own = this.table.all().filter(({ pid, real }) => pid !== undefined && real !== true)
    return [this.init(), ...own.map((record) => this.processOf(record))]
  }

  /** What a unit has only at times. */
  private present(record: UnitRecord): Pick<UnitStatus, 'control' | 'unmet' | 'timer' | 'job'> {
    const { control, unmet } = record
    const job = this.jobs.of(record.name)
    return {
      ...(control !== undefined && { control: { kind: control.kind, pid: control.pid } }),
      ...(unmet !== undefined && { unmet }),
      ...(record.timer !== undefined && { timer: this.timers.status(record) }),
      ...(job !== undefined && { job: job.kind }),
    }
  }

  private init(): ModelledProcess {
    return {
      pid: 1,
      ppid: 0,
      user: 'root',
      argv: ['/sbin/init'],
      startedMs: this.host.bootedAtMs,
      memoryBytes: INIT_MEMORY,
      cpu: 0,
    }
  }

  private processOf(record: UnitRecord): ModelledProcess {
    return {
      pid: record.pid as number,
      ppid: 1,
      user: value(record.definition, 'Service.User') ?? 'root',
      argv: record.argv,
      startedMs: record.startedMs,
      memoryBytes: this.memoryOf(record),
      cpu: record.address === undefined ? 0.001 : 0.015,
      unit: record.name,
    }
  }

  private memoryOf(record: UnitRecord): number {
    if (record.pid === undefined) return 0
    if (record.real === true) return PROCESS_MEMORY * Math.max(1, this.commands.group(record.invocation).length)
    return builtInOf(record)?.memoryBytes ?? DEFAULT_MEMORY
  }
}

function lastRun(record: UnitRecord): Pick<UnitStatus, 'sinceMs' | 'durationMs' | 'pid' | 'exit'> {
  const { sinceMs, durationMs, pid, exit } = record
  return {
    ...(sinceMs !== undefined && { sinceMs }),
    ...(durationMs !== undefined && { durationMs }),
    ...(pid !== undefined && { pid }),
    ...(exit !== undefined && { exit }),
  }
}

function subOf({ name, phase, pid }: UnitRecord, state: string): string {
  if (isTarget(name)) return state === 'active' ? 'active' : 'dead'
  if (!isService(name)) return state === 'active' ? 'waiting' : 'dead'
  if (phase !== undefined && ['activating', 'deactivating'].includes(state)) return phase
  return state === 'active' && pid === undefined ? 'exited' : (SUB[state] ?? state)
}
