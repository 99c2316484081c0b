/**
 * From what is wished for to what will be done. Models apt-pkg's depcache and problem resolver as far as a
 * repository without conflicts needs them. Not modelled: Conflicts, Breaks, Provides, Recommends, pins.
 */
import type { Stanza } from './control.ts'
import type { Installed } from './status.ts'
import { isThere } from './status.ts'
import { candidateOf, installedVersion, isHeld } from './system.ts'
import type { AptState, Available } from './system.ts'
import { compareDebVersions, makeRelation, parseRelations, satisfies } from './versions.ts'
import type { Relation } from './versions.ts'

/** What can be installed: from an index, or a .deb file at hand. */
export type Offer = Available | { name: string; version: string; control: Stanza; file: string }

export interface Change {
  name: string
  from?: string
  to: Offer
  /** Only because another needs it. */
  auto: boolean
  /** The same version again. */
  again?: true
}

export interface Plan {
  changes: Change[]
  removals: { name: string; version: string; purge: boolean }[]
  keptBack: string[]
  /** Lines of unmet dependencies; nothing may be done then. */
  unmet: string[]
}

export interface Wishes {
  /** `auto`: only because another needs it. */
  install: { offer: Offer; again?: true; auto?: true }[]
  remove: string[]
  purge?: boolean
}

export function emptyPlan(): Plan {
  return { changes: [], removals: [], keptBack: [], unmet: [] }
}

/** Carries out wishes in thought. */
export function planWishes(state: AptState, wishes: Wishes): Plan {
  const plan = emptyPlan()
  for (const name of wishes.remove) remove(state, plan, name, wishes.purge === true)
  for (const { offer, again, auto } of wishes.install) add(state, plan, offer, auto === true, again)
  for (let i = 0; i < plan.changes.length; i++) addNeeds(state, plan, plan.changes[i] as Change)
  for (const row of state.installed.values()) checkInstalled(state, plan, row)
  return plan
}

function add(state: AptState, plan: Plan, to: Offer, auto: boolean, again?: true): void {
  const from = installedVersion(state, to.name)
  if (plan.changes.some(({ name }) => name === to.name) || (from === to.version && again !== true)) return
  const fresh = from === undefined ? {} : { from }
  plan.changes.push({ name: to.name, ...fresh, to, auto, ...(again && { again }) })
}

/** The version of a package once the plan is carried out. */
function planned(state: AptState, plan: Plan, name: string): string | undefined {
  const change = plan.changes.find((one) => one.name === name)
  if (change !== undefined) return change.to.version
  return plan.removals.some((one) => one.name === name) ? undefined : installedVersion(state, name)
}

function isMet(state: AptState, plan: Plan, relation: Relation): boolean {
  const version = planned(state, plan, relation.name)
  return version !== undefined && satisfies(relation, version)
}

function needsOf(control: Stanza): Relation[][] {
  return [...parseRelations(control['Pre-Depends']), ...parseRelations(control.Depends)]
}

function addNeeds(state: AptState, plan: Plan, { name, to }: Change): void {
  for (const alternatives of needsOf(to.control)) {
    if (alternatives.some((relation) => isMet(state, plan, relation))) continue
    const chosen = alternatives.map((relation) => offerFor(state, plan, relation)).find((one) => one !== undefined)
    if (chosen !== undefined) add(state, plan, chosen, installedVersion(state, chosen.name) === undefined)
    else plan.unmet.push(unmet(state, plan, name, alternatives[0] as Relation))
  }
}

function offerFor(state: AptState, plan: Plan, relation: Relation): Available | undefined {
  if (plan.changes.some(({ name }) => name === relation.name)) return undefined
  if (isHeld(state, relation.name)) return undefined
  return state.available.get(relation.name)?.find(({ version }) => satisfies(relation, version))
}

function unmet(state: AptState, plan: Plan, name: string, relation: Relation): string {
  const version = planned(state, plan, relation.name)
  const why =
    version !== undefined
      ? `${version} is to be installed`
      : state.available.has(relation.name)
        ? 'it is not going to be installed'
        : 'it is not installable'
  return ` ${name} : Depends: ${makeRelation(relation)} but ${why}`
}

/** What is installed must still work: it is upgraded along, or the plan fails. */
function checkInstalled(state: AptState, plan: Plan, row: Installed): void {
  if (!isThere(row) || planned(state, plan, row.name) !== row.version) return
  const broken = needsOf(row.control).find(
    (alternatives) =>
      alternatives.some(({ name }) => plan.changes.some((one) => one.name === name)) &&
      !alternatives.some((relation) => isMet(state, plan, relation)),
  )
  if (broken !== undefined) plan.unmet.push(unmet(state, plan, row.name, broken[0] as Relation))
}

/** What dpkg left unpacked and still cannot be set up once the plan is carried out: package → its lines. */
export function stillBroken(state: AptState, plan: Plan): Map<string, string[]> {
  const broken = new Map<string, string[]>()
  for (const row of state.installed.values()) {
    if (row.state !== 'unpacked' || planned(state, plan, row.name) !== row.version) continue
    const lines = needsOf(row.control)
      .filter((alternatives) => !alternatives.some((relation) => isMet(state, plan, relation)))
      .map(([first]) => ` ${row.name} : Depends: ${makeRelation(first as Relation)} but it is not installed`)
    if (lines.length > 0) broken.set(row.name, lines)
  }
  return broken
}

/** What would mend them. */
export function mending(state: AptState): Available[] {
  const plan = emptyPlan()
  return [...stillBroken(state, plan).keys()].flatMap((name) =>
    needsOf(state.installed.get(name)?.control ?? {})
      .filter((alternatives) => !alternatives.some((relation) => isMet(state, plan, relation)))
      .flatMap((alternatives) => offerFor(state, plan, alternatives[0] as Relation) ?? []),
  )
}

function remove(state: AptState, plan: Plan, name: string, purge: boolean): void {
  const row = state.installed.get(name)
  if (row === undefined || plan.removals.some((one) => one.name === name)) return
  plan.removals.push({ name, version: row.version, purge })
  for (const other of state.installed.values()) {
    if (!isThere(other) || plan.removals.some((one) => one.name === other.name)) continue
    const breaks = needsOf(other.control).some(
      (alternatives) =>
        alternatives.some((one) => one.name === name) && !alternatives.some((one) => isMet(state, plan, one)),
    )
    if (breaks) remove(state, plan, other.name, purge)
  }
}

/** `upgrade`: nothing is removed, and nothing is new unless `mayAdd`. What is held, or needs more, is kept back. */
export function planUpgrade(state: AptState, options: { mayAdd: boolean }): Plan {
  const plan = emptyPlan()
  for (const name of upgradable(state)) {
    const [offer] = state.available.get(name) ?? []
    if (offer === undefined) continue
    const alone = planWishes(state, { install: [{ offer }], remove: [] })
    const adds = alone.changes.some(({ from }) => from === undefined)
    if (isHeld(state, name) || alone.unmet.length > 0 || (adds && !options.mayAdd)) plan.keptBack.push(name)
    else for (const change of alone.changes) add(state, plan, change.to, change.from === undefined)
  }
  return plan
}

/** Installed packages with a newer version on offer, by name. */
export function upgradable(state: AptState): string[] {
  return [...state.installed.values()]
    .filter((row) => isThere(row) && candidateOf(state, row.name) !== row.version)
    .map(({ name }) => name)
    .sort()
}

/** Automatically installed packages that nothing installed needs. */
export function unneeded(state: AptState, plan: Plan = emptyPlan()): string[] {
  const gone = new Set(plan.removals.map(({ name }) => name))
  const there = [...state.installed.values()].filter((row) => isThere(row) && !gone.has(row.name))
  const controls = new Map(there.map(({ name, control }) => [name, control]))
  for (const { name, to } of plan.changes) controls.set(name, to.control)
  const kept = new Set<string>()
  const keep = (name: string): void => {
    if (kept.has(name) || !controls.has(name)) return
    kept.add(name)
    for (const alternatives of needsOf(controls.get(name) ?? {})) for (const one of alternatives) keep(one.name)
  }
  for (const name of controls.keys()) if (!state.auto.has(name) || isHeld(state, name)) keep(name)
  return there.map(({ name }) => name).filter((name) => state.auto.has(name) && !kept.has(name))
}

/** What must come before what: a change after those that it needs, else by name. */
export function inOrder(changes: readonly Change[]): Change[] {
  const byName = new Map([...changes].sort((a, b) => (a.name < b.name ? -1 : 1)).map((one) => [one.name, one]))
  const done = new Set<string>()
  const ordered: Change[] = []
  const visit = (change: Change): void => {
    if (done.has(change.name)) return
    done.add(change.name)
    for (const alternatives of needsOf(change.to.control))
      for (const { name } of alternatives) {
        const needed = byName.get(name)
        if (needed !== undefined) visit(needed)
      }
    ordered.push(change)
  }
  for (const change of byName.values()) visit(change)
  return ordered
}

export function isDowngrade({ from, to }: Change): boolean {
  return from !== undefined && compareDebVersions(to.version, from) < 0
}
