import type { PlainObject } from '../decode.ts'
import { deepEqual } from '../equal.ts'
import type { KindEntry } from '../kinds.ts'
import { coreTypeForKind, hasType, typeOf } from '../schema.ts'
import type { CompiledField, CompiledType, Shape } from '../schema.ts'
import { accessDefaults } from './access.ts'
import { clusterDefaults } from './cluster.ts'
import { podDefaults } from './pods.ts'
import { serviceDefaults } from './services.ts'
import type { DefaultsTable, TypeDefaults } from './table.ts'
import { wireDefaults } from './wire.ts'
import { workloadDefaults } from './workloads.ts'

const tables: DefaultsTable[] = [
  wireDefaults,
  podDefaults,
  workloadDefaults,
  serviceDefaults,
  clusterDefaults,
  accessDefaults,
]

/** What to do at one type: its own defaults, then the fields that lead to further ones. */
interface Plan {
  values: [string, unknown][]
  fills: NonNullable<TypeDefaults['fill']>[]
  children: CompiledField[]
}

const plans = new Map<string, Plan | undefined>()

function structOf(shape: Shape): string | undefined {
  if (shape.form === 'struct') return shape.type
  return shape.item === undefined ? undefined : structOf(shape.item)
}

function ownValues(type: CompiledType): PlainObject {
  const facts = [...type.fields.values()].filter((field) => field.default !== undefined)
  const values: PlainObject = Object.fromEntries(facts.map((field) => [field.name, field.default]))
  for (const table of tables) Object.assign(values, table[type.name]?.values)
  return values
}

/** Whether the type, or any type below it, has defaults. `open` guards against types that hold themselves. */
function reaches(name: string, open: Set<string>): boolean {
  if (open.has(name) || !hasType(name)) return false
  const type = typeOf(name)
  if (Object.keys(ownValues(type)).length > 0 || tables.some((table) => table[name]?.fill !== undefined)) return true
  const within = new Set(open).add(name)
  return [...type.fields.values()].some((field) => {
    const below = structOf(field.shape)
    return below !== undefined && reaches(below, within)
  })
}

function makePlan(name: string): Plan | undefined {
  if (!reaches(name, new Set())) return undefined
  const type = typeOf(name)
  const children = [...type.fields.values()].filter((field) => {
    const below = structOf(field.shape)
    return below !== undefined && reaches(below, new Set())
  })
  const fills = tables.flatMap((table) => table[name]?.fill ?? [])
  return { values: Object.entries(ownValues(type)), fills, children }
}

function planOf(name: string): Plan | undefined {
  if (!plans.has(name)) plans.set(name, makePlan(name))
  return plans.get(name)
}

function fillStruct(name: string, object: PlainObject): PlainObject {
  const plan = planOf(name)
  if (plan === undefined) return object
  let next = object
  for (const [field, value] of plan.values) {
    if (next[field] !== undefined) continue
    if (next === object) next = { ...object }
    next[field] = value
  }
  for (const fill of plan.fills) {
    next = withFilled(next, fill(next))
  }
  return fillChildren(plan, next, next !== object)
}

/** Sets the filled fields that differ; the same object when none does. */
function withFilled(object: PlainObject, filled: PlainObject | undefined): PlainObject {
  if (filled === undefined) return object
  const changed = Object.entries(filled).filter(([field, value]) => !deepEqual(object[field], value))
  return changed.length === 0 ? object : { ...object, ...Object.fromEntries(changed) }
}

function fillChildren(plan: Plan, object: PlainObject, owned: boolean): PlainObject {
  let next = object
  for (const { name, shape } of plan.children) {
    const value = next[name]
    if (value === undefined || value === null) continue
    const filled = fillShape(shape, value)
    if (filled === value) continue
    if (!owned && next === object) next = { ...object }
    next[name] = filled
  }
  return next
}

function fillShape(shape: Shape, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (shape.form === 'struct') return fillStruct(shape.type!, value as PlainObject)
  if (shape.form === 'list' && Array.isArray(value)) return fillList(shape.item!, value)
  return shape.form === 'map' ? fillMap(shape.item!, value as PlainObject) : value
}

function fillList(item: Shape, list: unknown[]): unknown[] {
  let next = list
  for (let i = 0; i < list.length; i++) {
    const filled = fillShape(item, list[i])
    if (filled === list[i]) continue
    if (next === list) next = list.slice()
    next[i] = filled
  }
  return next
}

function fillMap(item: Shape, map: PlainObject): PlainObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, fillShape(item, value)]))
}

/**
 * The object with upstream's defaults set, as a new object that shares what did not change (the same object when
 * nothing did). Applying it again changes nothing. Cluster IPs, node ports, `stringData`, generations and other
 * things a registry strategy does are the API server's. Custom resources have the defaults of their schema.
 */
export function applyDefaults<T extends object>(entry: KindEntry, object: T): T {
  if (entry.custom !== undefined) return entry.custom.default(object as PlainObject) as T
  const type = coreTypeForKind(entry)
  return type === undefined ? object : (fillStruct(type.name, object as PlainObject) as T)
}
