/** `vars` (deprecated): `$(NAME)` becomes a field of another object. Models api/filters/refvar and the accumulator. */
import { KustomizeError } from './errors.ts'
import { placesAt } from './field-path.ts'
import { setField } from './fieldspec.ts'
import type { FieldSpec } from './fieldspec.ts'
import { gvkText, isSelected, parseGvk } from './ids.ts'
import type { Gvk } from './ids.ts'
import type { Var } from './kustomization.ts'
import type { ResMap } from './resmap.ts'
import type { Resource } from './resource.ts'
import { byText, isFields, isScalar, scalarText } from './tree.ts'
import type { Tree } from './tree.ts'

/** A variable and the object it reads. */
export interface BoundVar {
  variable: Var
  resource?: Resource
}

function gvkOf({ objref = {} }: Var): Gvk {
  const parsed = parseGvk(objref.apiVersion ?? '', objref.kind ?? '')
  return objref.apiVersion
    ? parsed
    : { group: objref.group ?? '', version: objref.version ?? '', kind: objref.kind ?? '' }
}

const fieldOf = ({ fieldref }: Var): string => fieldref?.fieldPath || 'metadata.name'

const varText = (variable: Var): string => `{${variable.name ?? ''} ${gvkText(gvkOf(variable))} {${fieldOf(variable)}}}`

/** Finds the object of each variable, by any of its names. */
export function bindVars(map: ResMap, variables: Var[], known: BoundVar[]): BoundVar[] {
  return variables.map((variable) => {
    if (known.some((one) => one.variable.name === variable.name))
      throw new KustomizeError(`var '${variable.name ?? ''}' already encountered`)
    const { name = '', namespace } = variable.objref ?? {}
    const found = map.resources.filter((resource) =>
      [...resource.previousIds, resource.id].some(
        (id) => isSelected(id, gvkOf(variable)) && id.name === name && (!namespace || id.namespace === namespace),
      ),
    )
    if (found.length > 1)
      throw new KustomizeError(
        `found ${found.length} resId matches for var ${varText(variable)} (unable to disambiguate)`,
      )
    return { variable, resource: found[0] }
  })
}

const REFERENCE = /\$(\$)?\(([^)]*)\)/g

/** Replaces all references; gives the names of the variables that nothing refers to. */
export function resolveVars(map: ResMap, bound: BoundVar[], specs: FieldSpec[]): string[] {
  if (bound.length === 0) return []
  const inOrder = bound.toSorted((a, b) => byText(a.variable.name ?? '', b.variable.name ?? ''))
  const values = new Map(inOrder.map((one) => [one.variable.name ?? '', valueOf(one)]))
  const used = new Set<string>()
  const expand = (value: Tree): Tree | undefined => expanded(value, values, used)
  for (const resource of map.resources) for (const spec of specs) setField(resource, { ...spec, create: false }, expand)
  return [...values.keys()].filter((name) => !used.has(name))
}

function valueOf({ variable, resource }: BoundVar): Tree {
  if (resource === undefined)
    throw new KustomizeError(`var '${varText(variable)}' cannot be mapped to a field in the set of known resources`)
  const value = placesAt(resource.body, fieldOf(variable).replace(/\[(\d+)\]/g, '.$1'), false)[0]?.get()
  if (value !== undefined) return value
  throw new KustomizeError(`field specified in var '${varText(variable)}' not found in corresponding resource`)
}

function expanded(value: Tree, values: Map<string, Tree>, used: Set<string>): Tree | undefined {
  if (Array.isArray(value)) return value.map((item) => expanded(item, values, used) ?? item)
  if (isFields(value)) {
    for (const [key, item] of Object.entries(value))
      if (isScalar(item)) value[key] = expanded(item, values, used) ?? item
    return undefined
  }
  if (typeof value !== 'string') return undefined
  const whole = /^\$\(([^)]*)\)$/.exec(value)?.[1]
  const typed = whole === undefined ? undefined : values.get(whole)
  if (typed !== undefined) {
    used.add(whole!)
    return typed
  }
  return value.replace(REFERENCE, (text, escaped: string | undefined, name: string) => {
    if (escaped) return text.slice(1)
    if (!values.has(name)) return text
    used.add(name)
    return scalarText(values.get(name))
  })
}
