/**
 * Lifecycles. A lifecycle is defined once, as an xstate machine with named guards, actions and
 * delays; `compileMachine` flattens it into a table, and `MachineRows` runs many instances of the
 * table on the kernel's queue. test/laws holds the table against xstate's own `transition`.
 *
 * Not supported, and refused at compile time: parallel states, history, invoke, `always`, inline
 * functions, and context (the data of an instance lives in its component).
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import type { EventId, Kernel } from './kernel.ts'

/** An event of a lifecycle: its type and flat facts. */
export interface MachineEvent {
  type: string
  [fact: string]: unknown
}

interface Timer {
  /** The event type that xstate gives the delayed transition. */
  type: string
  /** A number of milliseconds, or the name of a delay. */
  delay: number | string
}

interface Branch {
  guard: string | undefined
  /** The leaf that is entered; undefined when only actions run. */
  target: number | undefined
  actions: string[]
  cancels: string[]
  starts: Timer[]
}

interface Leaf {
  path: string
  final: boolean
  branches: Map<string, Branch[]>
}

/** A machine as a table: leaves by number, and for each event the branches to try in order. */
export interface MachineTable {
  name: string
  leaves: Leaf[]
  initial: Branch
}

function refuse(node: AnyStateNode, what: string): never {
  throw new Error(`machine ${node.machine.id}: state ${node.id} uses ${what}, which a compiled table cannot hold`)
}

function actionName(node: AnyStateNode, action: unknown): string {
  if (typeof action === 'string') return action
  if (typeof action === 'object' && action !== null && 'type' in action) return String(action.type)
  return refuse(node, 'an inline action')
}

/** Entry and exit actions without the raise and cancel pairs by which xstate runs `after`. */
function ownActions(node: AnyStateNode, actions: readonly unknown[]): string[] {
  return actions.filter((action) => !isTimerAction(action)).map((action) => actionName(node, action))
}

function isTimerAction(action: unknown): boolean {
  const type =
    typeof action === 'function' || (typeof action === 'object' && action !== null)
      ? (action as { type?: unknown }).type
      : undefined
  return type === 'xstate.raise' || type === 'xstate.cancel'
}

function timersOf(node: AnyStateNode): Timer[] {
  const seen = new Map<string, Timer>()
  for (const { eventType, delay } of node.after) {
    if (typeof delay === 'function') refuse(node, 'an inline delay')
    seen.set(eventType, { type: eventType, delay: delay as number | string })
  }
  return [...seen.values()]
}

function pathTo(node: AnyStateNode): AnyStateNode[] {
  const path: AnyStateNode[] = []
  for (let at: AnyStateNode | undefined = node; at !== undefined; at = at.parent) path.unshift(at)
  return path
}

function enteredLeaf(node: AnyStateNode): AnyStateNode {
  let at = node
  while (at.type === 'compound') at = at.initial.target[0] as AnyStateNode
  return at
}

function checkNode(node: AnyStateNode): void {
  if (node.type === 'parallel') refuse(node, 'parallel states')
  if (node.type === 'history') refuse(node, 'history')
  if (node.invoke.length > 0) refuse(node, 'invoke')
  if ((node.always ?? []).length > 0) refuse(node, 'always')
}

function collectLeaves(node: AnyStateNode, found: AnyStateNode[] = []): AnyStateNode[] {
  checkNode(node)
  const children = Object.values(node.states)
  if (children.length === 0) found.push(node)
  for (const child of children) collectLeaves(child, found)
  return found
}

function guardName(node: AnyStateNode, guard: unknown): string | undefined {
  if (guard === undefined || typeof guard === 'string') return guard
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return String(guard.type)
  return refuse(node, 'an inline guard')
}

interface RawTransition {
  guard?: unknown
  target?: readonly AnyStateNode[]
  actions: readonly unknown[]
  reenter: boolean
  source: AnyStateNode
}

/** The states left and entered, innermost first and outermost first, as SCXML orders them. */
function movement(
  leaf: AnyStateNode,
  transition: RawTransition,
  target: AnyStateNode,
): { left: AnyStateNode[]; entered: AnyStateNode[] } {
  const { source } = transition
  const inside = target === source || pathTo(target).includes(source)
  const domain = !transition.reenter && inside ? source : commonParent(source, target)
  const within = (node: AnyStateNode): boolean => node !== domain && pathTo(node).includes(domain)
  return {
    left: pathTo(leaf).filter(within).reverse(),
    entered: pathTo(enteredLeaf(target)).filter(within),
  }
}

function commonParent(a: AnyStateNode, b: AnyStateNode): AnyStateNode {
  const above = new Set(pathTo(a).slice(0, -1))
  const shared = pathTo(b)
    .slice(0, -1)
    .filter((node) => above.has(node))
  return shared[shared.length - 1] ?? (a.machine.root as AnyStateNode)
}

function makeBranch(leaf: AnyStateNode, transition: RawTransition, numbers: Map<AnyStateNode, number>): Branch {
  const guard = guardName(leaf, transition.guard)
  const own = transition.actions.map((action) => actionName(leaf, action))
  const target = transition.target?.[0]
  if (target === undefined) return { guard, target: undefined, actions: own, cancels: [], starts: [] }
  const { left, entered } = movement(leaf, transition, target)
  const landed = entered.length === 0 ? leaf : enteredLeaf(target)
  return {
    guard,
    target: numbers.get(landed),
    actions: [
      ...left.flatMap((node) => ownActions(node, node.exit)),
      ...own,
      ...entered.flatMap((node) => ownActions(node, node.entry)),
    ],
    cancels: left.flatMap((node) => timersOf(node).map((timer) => timer.type)),
    starts: entered.flatMap(timersOf),
  }
}

function branchesOf(leaf: AnyStateNode, numbers: Map<AnyStateNode, number>): Map<string, Branch[]> {
  const branches = new Map<string, Branch[]>()
  for (const node of pathTo(leaf).reverse()) {
    for (const [event, transitions] of node.transitions as Map<string, RawTransition[]>) {
      const made = transitions.map((transition) => makeBranch(leaf, transition, numbers))
      branches.set(event, [...(branches.get(event) ?? []), ...made])
    }
  }
  return branches
}

/** Flattens a machine into a table. Throws on what a table cannot hold (see the file's head). */
export function compileMachine(machine: AnyStateMachine): MachineTable {
  const root = machine.root as AnyStateNode
  const nodes = collectLeaves(root)
  const numbers = new Map(nodes.map((node, index) => [node, index]))
  const first = enteredLeaf(root)
  const entered = pathTo(first)
  return {
    name: machine.id,
    leaves: nodes.map((node) => ({
      path: node.path.join('.'),
      final: node.type === 'final',
      branches: branchesOf(node, numbers),
    })),
    initial: {
      guard: undefined,
      target: numbers.get(first),
      actions: entered.flatMap((node) => ownActions(node, node.entry)),
      cancels: [],
      starts: entered.flatMap(timersOf),
    },
  }
}

/** What the names in a machine mean for one component; `id` is the instance. */
export interface MachineMeaning {
  guards?: Record<string, (id: string, event: MachineEvent) => boolean>
  actions?: Record<string, (id: string, event: MachineEvent) => void>
  /** Milliseconds. */
  delays?: Record<string, (id: string, event: MachineEvent) => number>
}

interface Row {
  leaf: number
  timers: Record<string, EventId>
}

/** The data of the kernel event that a timer of a row sends to the component's address. */
export interface MachineTimeout {
  machine: string
  id: string
  type: string
}

/** The type of that kernel event; the component hands its data to `MachineRows.timeout`. */
export const MACHINE_TIMEOUT = 'machine.timeout'

/** Many instances of one lifecycle, by id. Timers wait in the kernel's queue. */
export class MachineRows {
  private rows = new Map<string, Row>()
  private readonly byEvent: Map<string, Branch[]>[]

  constructor(
    private readonly kernel: Kernel,
    private readonly address: string,
    readonly table: MachineTable,
    private readonly meaning: MachineMeaning,
  ) {
    this.byEvent = table.leaves.map((leaf) => leaf.branches)
    checkMeaning(table, meaning)
  }

  /** Starts an instance in its initial state. Throws when the id is in use. */
  start(id: string, event: MachineEvent = { type: 'xstate.init' }): void {
    if (this.rows.has(id)) throw new Error(`machine ${this.table.name}: ${id} is started already`)
    const row: Row = { leaf: this.table.initial.target ?? 0, timers: {} }
    this.rows.set(id, row)
    this.run(id, row, this.table.initial, event)
  }

  /** Sends an event to an instance. Returns whether a transition was taken. */
  send(id: string, event: MachineEvent): boolean {
    const row = this.rows.get(id)
    if (row === undefined) return false
    const branch = this.choose(id, row, event)
    if (branch === undefined) return false
    for (const type of branch.cancels) this.stopTimer(row, type)
    if (branch.target !== undefined) row.leaf = branch.target
    this.run(id, row, branch, event)
    return true
  }

  /** Takes the event of a timer, as it arrived at the component. Returns whether it was this machine's. */
  timeout(data: MachineTimeout): boolean {
    if (data.machine !== this.table.name) return false
    const row = this.rows.get(data.id)
    if (row === undefined) return true
    delete row.timers[data.type]
    this.send(data.id, { type: data.type })
    return true
  }

  /** The dotted path of the leaf the instance is in; undefined when there is no such instance. */
  state(id: string): string | undefined {
    const row = this.rows.get(id)
    return row && this.table.leaves[row.leaf]?.path
  }

  /** Whether the instance is in the state or in a child of it. */
  matches(id: string, path: string): boolean {
    const state = this.state(id)
    return state !== undefined && (state === path || state.startsWith(`${path}.`))
  }

  has(id: string): boolean {
    return this.rows.has(id)
  }

  ids(): string[] {
    return [...this.rows.keys()]
  }

  /** Forgets an instance and its timers. */
  remove(id: string): void {
    const row = this.rows.get(id)
    if (row === undefined) return
    for (const type of Object.keys(row.timers)) this.stopTimer(row, type)
    this.rows.delete(id)
  }

  dump(): Record<string, { state: string; timers: Record<string, EventId> }> {
    const dumped: ReturnType<MachineRows['dump']> = {}
    for (const [id, row] of this.rows) dumped[id] = { state: this.state(id) ?? '', timers: { ...row.timers } }
    return dumped
  }

  load(state: ReturnType<MachineRows['dump']>): void {
    const numbers = new Map(this.table.leaves.map((leaf, index) => [leaf.path, index]))
    this.rows = new Map(
      Object.entries(state).map(([id, row]) => [id, { leaf: numbers.get(row.state) ?? 0, timers: { ...row.timers } }]),
    )
  }

  private choose(id: string, row: Row, event: MachineEvent): Branch | undefined {
    const branches = this.byEvent[row.leaf]?.get(event.type) ?? this.byEvent[row.leaf]?.get('*')
    return branches?.find(({ guard }) => guard === undefined || this.meaning.guards?.[guard]?.(id, event) === true)
  }

  private run(id: string, row: Row, branch: Branch, event: MachineEvent): void {
    for (const timer of branch.starts) this.startTimer(id, row, timer, event)
    for (const action of branch.actions) this.meaning.actions?.[action]?.(id, event)
  }

  private startTimer(id: string, row: Row, timer: Timer, event: MachineEvent): void {
    const delay =
      typeof timer.delay === 'number'
        ? timer.delay
        : (this.meaning.delays?.[timer.delay]?.(id, event) ?? Number(timer.delay))
    const data: MachineTimeout = { machine: this.table.name, id, type: timer.type }
    row.timers[timer.type] = this.kernel.send({ to: this.address, type: MACHINE_TIMEOUT, data }, delay)
  }

  private stopTimer(row: Row, type: string): void {
    this.kernel.cancel(row.timers[type])
    delete row.timers[type]
  }
}

/** Throws when the table uses a name that the component gives no meaning to. */
function checkMeaning(table: MachineTable, meaning: MachineMeaning): void {
  const branches = [table.initial, ...table.leaves.flatMap((leaf) => [...leaf.branches.values()].flat())]
  const missing = new Set<string>()
  for (const { guard, actions, starts } of branches) {
    if (guard !== undefined && meaning.guards?.[guard] === undefined) missing.add(`guard ${guard}`)
    for (const action of actions) if (meaning.actions?.[action] === undefined) missing.add(`action ${action}`)
    for (const { delay } of starts)
      if (isNamed(delay) && meaning.delays?.[delay] === undefined) missing.add(`delay ${delay}`)
  }
  if (missing.size > 0) throw new Error(`machine ${table.name}: no meaning for ${[...missing].join(', ')}`)
}

function isNamed(delay: number | string): delay is string {
  return typeof delay === 'string' && Number.isNaN(Number(delay))
}

/** The next leaf of an instance whose owner keeps its state itself, and the actions on the way. */
export interface TableStep {
  state: string
  actions: string[]
}

/**
 * One step of a table without rows and without timers: for lifecycles that a controller keeps in its
 * own memory. An event that the state does not know changes nothing. Throws on timed transitions.
 */
export function stepTable(
  table: MachineTable,
  state: string,
  event: string,
  guards: Record<string, () => boolean> = {},
): TableStep {
  const leaf = table.leaves.find(({ path }) => path === state)
  const branch = leaf?.branches.get(event)?.find(({ guard }) => guard === undefined || guards[guard]?.() === true)
  if (branch === undefined) return { state, actions: [] }
  if (branch.starts.length > 0)
    throw new Error(`machine ${table.name}: ${event} in ${state} starts a timer, which a step cannot`)
  return {
    state: branch.target === undefined ? state : (table.leaves[branch.target]?.path ?? state),
    actions: branch.actions,
  }
}

/** The leaf in which an instance starts. */
export function initialState(table: MachineTable): string {
  return table.leaves[table.initial.target ?? 0]?.path ?? ''
}
