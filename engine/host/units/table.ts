/** The units that systemd has in memory on one host, the files they come from, and the state that each is in. */
import type { MachineEvent } from '../../kernel/machine.ts'
import type { FileTree } from '../files.ts'
import { enabledState } from './links.ts'
import { isService, unitName } from './names.ts'
import { newRecord } from './record.ts'
import type { UnitRecord } from './record.ts'
import type { UnitRows } from './rows.ts'
import { UNIT_PATHS, canonicalName, loadUnit } from './unit-file.ts'
import type { UnitDefinition } from './unit-file.ts'
import type { UnitHost } from './unit-host.ts'

/** Idle: it neither runs nor is on its way. */
const IDLE = ['inactive', 'failed']
const UNIT_FILE = /\.(service|target|timer|socket)$/

export class UnitTable {
  private records = new Map<string, UnitRecord>()

  constructor(
    private readonly host: UnitHost,
    private readonly rows: UnitRows,
    /** Whether a job of the unit waits or runs. */
    private readonly hasJob: (unit: string) => boolean,
  ) {}

  get files(): FileTree {
    return this.host.files
  }

  /** The name a unit has in the table: with its suffix, aliases followed. */
  nameOf(name: string): string {
    return canonicalName(this.files, unitName(name))
  }

  /** What is in memory; those added while somebody walks are not seen. */
  all(): UnitRecord[] {
    return [...this.records.values()]
  }

  /** The unit of that canonical name, if it is in memory. */
  known(name: string): UnitRecord | undefined {
    return this.records.get(name)
  }

  /** The unit that a message from its process names, if it is in memory. */
  told({ unit }: { unit: string }): UnitRecord | undefined {
    return this.records.get(this.nameOf(unit))
  }

  /** The unit whose main process that is. */
  running(run: { unit: string; pid: number }): UnitRecord | undefined {
    const record = this.told(run)
    return record?.pid === run.pid ? record : undefined
  }

  /** The unit in memory. One that does not run and is not enabled is read afresh, as systemd would. */
  record(name: string): UnitRecord {
    const known = this.records.get(name)
    if (known === undefined) return this.bringIn(name)
    if (this.isForgettable(known)) known.definition = this.read(name)
    return known
  }

  /** The unit that a person names. */
  of(name: string): UnitRecord {
    return this.record(this.nameOf(name))
  }

  stateOf(name: string): string {
    if (isService(name)) return this.rows.state(this.host.name, name)
    return this.records.get(name)?.isUp === true ? 'active' : 'inactive'
  }

  isIdle(name: string): boolean {
    return IDLE.includes(this.stateOf(name))
  }

  /** Tells a service's machine. */
  send({ name }: UnitRecord, event: MachineEvent): void {
    if (isService(name)) this.rows.send(this.host.name, name, event)
  }

  /** Reads all unit files again. */
  reload(): void {
    for (const record of this.records.values()) record.definition = this.read(record.name)
  }

  /** The names of all unit files and loaded units, sorted. */
  names(): string[] {
    const listed = UNIT_PATHS.flatMap((directory) => namesIn(this.files, directory))
    const names = new Set([...this.records.keys(), ...listed.filter((name) => UNIT_FILE.test(name))])
    return [...names].filter((name) => canonicalName(this.files, name) === name && !name.includes('@.')).sort()
  }

  /** Whether a unit's files are no longer what was read. */
  needsReload({ name, definition: { sources, loadState } }: UnitRecord): boolean {
    if (loadState === 'not-found') return false
    const now = loadUnit(this.files, name).sources
    return (
      now.length !== sources.length ||
      now.some(({ path, text }, index) => sources[index]?.path !== path || sources[index]?.text !== text)
    )
  }

  /** Forgets all, as a machine without power does. */
  clear(): void {
    for (const { name } of this.records.values()) if (isService(name)) this.rows.remove(this.host.name, name)
    this.records.clear()
  }

  dump(): UnitRecord[] {
    return this.all()
  }

  load(records: UnitRecord[]): void {
    this.records = new Map(records.map((record) => [record.name, record]))
  }

  private bringIn(name: string): UnitRecord {
    const record = newRecord(name, this.read(name))
    if (record.definition.loadState !== 'not-found') this.records.set(name, record)
    return record
  }

  private isForgettable({ name, definition }: UnitRecord): boolean {
    if (!this.isIdle(name) || this.hasJob(name)) return false
    return definition.loadState !== 'loaded' || enabledState(this.files, name) !== 'enabled'
  }

  private read(name: string): UnitDefinition {
    const definition = loadUnit(this.files, name)
    const known = this.records.get(name)?.definition.complaints ?? []
    for (const complaint of definition.complaints)
      if (!known.includes(complaint)) this.host.journal.write(name, 4, complaint)
    return definition
  }
}

function namesIn(files: FileTree, directory: string): string[] {
  const listed = files.list(directory)
  return 'names' in listed ? listed.names : []
}
