/** What systemd writes to the journal about units, and what it takes there from their processes. */
import { basename } from '../files.ts'
import type { Catalog, Journald } from '../journald.ts'
import { journalStatus } from './exit.ts'
import type { UnitExit } from './exit.ts'
import type { UnitRecord } from './record.ts'
import { fullName } from './unit-file.ts'

type Priority = 3 | 4 | 5 | 6

/** Where a line of a process comes from. */
interface Source {
  identifier: string
  pid: number
}

export class UnitLog {
  constructor(private readonly journald: Journald) {}

  /** systemd's own line about a unit. */
  journal({ name }: UnitRecord, text: string, catalog?: Catalog, priority: Priority = 6): void {
    this.journald.write(name, priority, text, catalog === undefined ? {} : { catalog })
  }

  /** A line that begins with the unit's name. */
  say(record: UnitRecord, text: string, priority: Priority, catalog?: Catalog): void {
    this.journal(record, `${record.name}: ${text}`, catalog, priority)
  }

  /** A line about a job: `Starting kubelet.service - …`. */
  step(
    record: UnitRecord,
    kind: 'starting' | 'started' | 'stopping' | 'stopped' | 'startFailed',
    [before, after]: readonly [string, string],
    priority: Priority = 6,
  ): void {
    this.journal(record, `${before} ${fullName(record.definition)}${after}`, { kind, job: record.job }, priority)
  }

  /** systemd's line about itself. */
  manager(text: string): void {
    this.journald.write('', 6, text)
  }

  /** How a command beside the main one ended badly. */
  controlFailed(record: UnitRecord, exit: UnitExit): void {
    this.say(record, `Control process exited, ${journalStatus(exit)}`, 5)
  }

  failed(record: UnitRecord, result: string): void {
    this.say(record, `Failed with result '${result}'.`, 4, { kind: 'failed', result })
  }

  /** The lines of a text that a process of a unit wrote. */
  written(unit: string, text: string, from: Source): void {
    for (const line of text.replace(/\n$/, '').split('\n')) this.journald.write(unit, 6, line, from)
  }

  /** What the main process wrote. */
  main(record: UnitRecord, pid: number, text: string): void {
    this.written(record.name, text, { identifier: basename(record.argv[0] ?? record.name), pid })
  }

  /** Why a command could not be executed. */
  notRun(
    record: UnitRecord,
    { path, pid }: { path: string; pid: number },
    { step, text }: { step: string; text: string },
  ): void {
    const from = { identifier: `(${basename(path).slice(0, 8)})`, pid }
    const write = (line: string): void => this.journald.write(record.name, 3, `${record.name}: ${line}`, from)
    if (step === 'EXEC' && /^(No such file|Permission)/.test(text))
      write(`Failed to locate executable ${path}: ${text}`)
    if (step === 'USER') write(`Failed to determine user credentials: ${text}`)
    if (step === 'CHDIR') write(`Changing to the requested working directory failed: ${text}`)
    write(`Failed at step ${step} spawning ${path}: ${text}`)
  }
}
