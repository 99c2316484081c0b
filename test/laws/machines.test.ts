/** One definition, two speeds: every machine's compiled table agrees with xstate, and its picture is reviewed. */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { makeDiagram } from '../../engine/kernel/diagram.ts'
import { Random } from '../../engine/kernel/random.ts'
import { compileMachine } from '../../engine/kernel/machine.ts'
import type { MachineTable } from '../../engine/kernel/machine.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const REWRITE = process.env['KUBEFLIGHT_REWRITE'] === '1'

function machineFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(ROOT, path)).isDirectory()) return machineFiles(path)
    return name.endsWith('.machine.ts') ? [path] : []
  })
}

async function loadMachine(path: string): Promise<AnyStateMachine> {
  const module = (await import(join(ROOT, path))) as Record<string, unknown>
  const found = Object.values(module).find(
    (value) => typeof value === 'object' && value !== null && 'root' in value && 'config' in value,
  )
  if (found === undefined) throw new Error(`${path} exports no machine`)
  return found as AnyStateMachine
}

function leafPath(snapshot: AnyMachineSnapshot): string {
  let value: unknown = snapshot.value
  const path: string[] = []
  while (typeof value === 'object' && value !== null) {
    const [key] = Object.keys(value) as [string]
    path.push(key)
    value = (value as Record<string, unknown>)[key]
  }
  return [...path, String(value)].join('.')
}

/** Guards answer by a coin that both sides toss alike: the name and the number of the step decide. */
function withCoin(machine: AnyStateMachine, table: MachineTable, coin: (guard: string) => boolean): AnyStateMachine {
  const branches = [table.initial, ...table.leaves.flatMap((leaf) => [...leaf.branches.values()].flat())]
  const guardNames = new Set(branches.flatMap(({ guard }) => guard ?? []))
  const guards = Object.fromEntries([...guardNames].map((name) => [name, () => coin(name)]))
  // An unknown delay would fire at once in xstate, so every name gets one.
  const delayNames = new Set(
    branches.flatMap(({ starts }) => starts).flatMap(({ delay }) => (typeof delay === 'string' ? [delay] : [])),
  )
  const delays = Object.fromEntries([...delayNames].map((name) => [name, () => 1000]))
  return machine.provide({ guards, delays } as Parameters<AnyStateMachine['provide']>[0])
}

function ownActionTypes(actions: readonly { type: string }[]): string[] {
  return actions.map(({ type }) => type).filter((type) => type !== 'xstate.raise' && type !== 'xstate.cancel')
}

const files = machineFiles('engine')

describe.each(files)('%s', (path) => {
  it('compiles to a table that steps as xstate does', async () => {
    const machine = await loadMachine(path)
    const table = compileMachine(machine)
    const random = new Random('law', path)
    for (let run = 0; run < 40; run++) walkBoth(machine, table, random)
  })

  it('has the diagram that was reviewed', async () => {
    const golden = join(ROOT, 'test/diagrams', `${path.split('/').pop()?.replace('.machine.ts', '')}.mmd`)
    const diagram = makeDiagram(await loadMachine(path))
    if (REWRITE) writeFileSync(golden, diagram)
    expect(diagram).toBe(readFileSync(golden, 'utf8'))
  })
})

function walkBoth(machine: AnyStateMachine, table: MachineTable, random: Random): void {
  let salt = 0
  const coin = (guard: string): boolean => (guard.length * 7 + salt * 13) % 3 !== 0
  const provided = withCoin(machine, table, coin)
  const events = [...new Set(table.leaves.flatMap(({ branches }) => [...branches.keys()]))]
  let [snapshot] = initialTransition(provided) as [AnyMachineSnapshot, unknown]
  let leaf = table.leaves[table.initial.target ?? 0]?.path ?? ''
  expect(leaf).toBe(leafPath(snapshot))
  for (let step = 0; step < 60 && snapshot.status === 'active'; step++) {
    salt = random.int(1000)
    const type = random.pick(events)
    const [next, actions] = transition(provided, snapshot, { type }) as [AnyMachineSnapshot, { type: string }[]]
    const branches = table.leaves.find(({ path }) => path === leaf)?.branches.get(type) ?? []
    const branch = branches.find(({ guard }) => guard === undefined || coin(guard))
    if (branch?.target !== undefined) leaf = table.leaves[branch.target]?.path ?? ''
    expect({ type, leaf, actions: branch?.actions ?? [] }).toEqual({
      type,
      leaf: leafPath(next),
      actions: ownActionTypes(actions),
    })
    snapshot = next
  }
}

it('finds machines to check', () => {
  expect(files.length).toBeGreaterThan(3)
})
