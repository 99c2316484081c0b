/** All unit machines of all hosts as rows of one table; the id of a row is `<host>/<unit>`. */
import type { HostName } from '../../fabric/fabric.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { MachineRows, compileMachine } from '../../kernel/machine.ts'
import type { MachineEvent, MachineTimeout } from '../../kernel/machine.ts'
import { unitMachine } from './unit.machine.ts'

export type UnitRowsState = ReturnType<MachineRows['dump']>

const table = compileMachine(unitMachine)

const ACTIONS = [
  'enterInactive',
  'spawn',
  'enterActive',
  'terminate',
  'enterAutoRestart',
  'enterFailed',
  'noteExit',
  'remain',
  'finished',
  'stopped',
  'limitHit',
  'countRestart',
  'startTimedOut',
  'stopTimedOut',
] as const
const GUARDS = ['restarts', 'remains', 'clean', 'cleanOneshot', 'underStartLimit'] as const
const DELAYS = ['timeoutStart', 'timeoutStop', 'restartSec'] as const

export type UnitActionName = (typeof ACTIONS)[number]
export type UnitGuardName = (typeof GUARDS)[number]
export type UnitDelayName = (typeof DELAYS)[number]

/** What the machine rows call on. */
export interface UnitActions {
  act(action: UnitActionName, unit: string, event: MachineEvent): void
  guard(guard: UnitGuardName, unit: string, event: MachineEvent): boolean
  delayMs(delay: UnitDelayName, unit: string): number
}

export class UnitRows {
  private readonly rows: MachineRows

  constructor(kernel: Kernel, address: string, of: (host: HostName) => UnitActions | undefined) {
    const split = (id: string): [UnitActions | undefined, string] => [
      of(id.slice(0, id.indexOf('/'))),
      id.slice(id.indexOf('/') + 1),
    ]
    const each = <N extends string, T>(names: readonly N[], make: (name: N) => T): Record<string, T> =>
      Object.fromEntries(names.map((name) => [name, make(name)]))
    this.rows = new MachineRows(kernel, address, table, {
      actions: each(ACTIONS, (name) => (id: string, event: MachineEvent): void => {
        const [units, unit] = split(id)
        units?.act(name, unit, event)
      }),
      guards: each(GUARDS, (name) => (id: string, event: MachineEvent): boolean => {
        const [units, unit] = split(id)
        return units?.guard(name, unit, event) ?? false
      }),
      delays: each(DELAYS, (name) => (id: string): number => {
        const [units, unit] = split(id)
        return units?.delayMs(name, unit) ?? 0
      }),
    })
  }

  state(host: HostName, unit: string): string {
    return this.rows.state(`${host}/${unit}`) ?? 'inactive'
  }

  send(host: HostName, unit: string, event: MachineEvent): boolean {
    const id = `${host}/${unit}`
    if (!this.rows.has(id)) this.rows.start(id)
    return this.rows.send(id, event)
  }

  remove(host: HostName, unit: string): void {
    this.rows.remove(`${host}/${unit}`)
  }

  timeout(data: MachineTimeout): boolean {
    return this.rows.timeout(data)
  }

  dump(): UnitRowsState {
    return this.rows.dump()
  }

  load(state: UnitRowsState): void {
    this.rows.load(state)
  }
}
