/** Values in errors as API servers before 1.34 print them: Go syntax (`%#v`); later ones print JSON. */
import { asObject } from '../defaults/table.ts'
import { minorOf } from '../kinds.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { goJson } from './go-json.ts'
import { fieldValue, goParts, goPartsType, goType, type GoType, internalShape } from './go-structs.ts'
import { goString } from './go-text.ts'

const JSON_SINCE = 34
const NEWEST = 99
/** Where the first pointer points to; the next ones follow. Upstream's differ in each run. */
const FIRST_ADDRESS = 0xc000010000
const ADDRESS_STEP = 0x10

const isNil = (value: unknown): boolean => value === undefined || value === null

/** Counts the pointers of one text. */
interface Heap {
  next: number
}

function pointer({ name }: GoType, value: unknown, heap: Heap): string {
  if (name === '*v1.Time') return isNil(value) ? '<nil>' : goTime(value)
  if (isNil(value)) return `(${name})(nil)`
  heap.next += ADDRESS_STEP
  return `(${name})(0x${heap.next.toString(16)})`
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

function goTime(value: unknown): string {
  if (isNil(value)) return 'time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)'
  const [year, month, day, hour, minute, second] = String(value)
    .split(/[-T:Z.]/)
    .map(Number)
  return `time.Date(${year}, time.${MONTHS[month! - 1]}, ${day}, ${hour}, ${minute}, ${second}, 0, time.Local)`
}

function inBraces({ kind, name, elem, fields }: GoType, value: unknown, heap: Heap): string {
  if (kind === 'struct')
    return `${name}{${fields!.map((field) => `${field.name}:${syntax(field.type, fieldValue(value, field), heap)}`).join(', ')}}`
  if (isNil(value)) return `${name}(nil)`
  if (kind === 'slice') return `${name}{${(value as unknown[]).map((one) => syntax(elem!, one, heap)).join(', ')}}`
  const entries = Object.entries(asObject(value)).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${name}{${entries.map(([key, one]) => `${goString(key)}:${syntax(elem!, one, heap)}`).join(', ')}}`
}

function syntax(type: GoType, value: unknown, heap: Heap): string {
  if (type.kind === 'string') return goString(String(value ?? ''))
  if (type.kind === 'int') return String(value ?? 0)
  if (type.kind === 'bool') return String(value ?? false)
  if (type.kind === 'time') return goTime(value)
  if (type.kind === 'pointer') return pointer(type, value, heap)
  if (type.kind === 'quantity' || type.kind === 'intOrString')
    return inBraces(goPartsType(type), goParts(type, value), heap)
  return inBraces(type, value, heap)
}

/** `fmt.Sprintf("%#v", value)`. */
export const goSyntax = (type: GoType, value: unknown): string => syntax(type, value, { next: FIRST_ADDRESS })

/** The Go type of a value, by the end of its field's path; what is not here is a list of strings, or keeps its JSON. */
const TYPES: [RegExp, string][] = [
  [/(^|\.)(labelSelector|spec\.selector|podSelector|namespaceSelector|objectSelector)$/, 'v1.LabelSelector'],
  [/(^|\.)(labels|matchLabels|nodeSelector|selector)$/, 'map[string]string'],
  [/^spec\.capacity$/, 'ResourceList'],
  [/(^|\.)roleRef$/, 'rbac.RoleRef'],
  [/^spec\.(template|jobTemplate\.spec\.template)$/, 'PodTemplateSpec'],
  [/(^|\.)(maxUnavailable|maxSurge|minAvailable)$/, 'intstr.IntOrString'],
  [/(^|\.)podFailurePolicy$/, 'batch.PodFailurePolicy'],
  [/(^|\.)successPolicy$/, 'batch.SuccessPolicy'],
  [/(^|\.)tolerations\[\d+\]\.operator$/, 'Toleration'],
  [/(^|\.)claimRef$/, 'ObjectReference'],
  [/(^|\.)securityContext$/, 'SecurityContext'],
  [/(^|\.)envFrom\[\d+\]$/, 'EnvFromSource'],
  [/(^|\.)nodeAffinity$/, 'VolumeNodeAffinity'],
]

function typeOf({ field, badValue }: FieldError, minor: number): GoType | undefined {
  if (Array.isArray(badValue))
    return badValue.every((one) => typeof one === 'string') ? goType('[]string', minor) : undefined
  const name = TYPES.find(([path]) => path.test(field))?.[1]
  const isText = typeof badValue === 'string' || typeof badValue === 'number'
  if (name === undefined || typeof badValue === 'boolean') return undefined
  if (isText && (name !== 'intstr.IntOrString' || Number(badValue) < 0)) return undefined
  return goType(name, minor)
}

/** Structures that upstream has no tags for keep Go's names in JSON too. */
const isInternal = ({ kind, name }: GoType): boolean => kind === 'struct' && !name.startsWith('v1.')

function shownValue(error: FieldError, minor: number): string | undefined {
  const type = typeOf(error, minor)
  if (type === undefined || (isNil(error.badValue) && type.kind !== 'map')) return undefined
  const value = internalShape(type.name.replace(/^core\./, ''), error.badValue)
  if (minor < JSON_SINCE) return goSyntax(type, value)
  return isInternal(type) || isNil(value) ? goJson(type, value) : undefined
}

/** The minor release, the newest where none is told. */
export const minorIn = ({ release }: ValidationContext): number => (release === undefined ? NEWEST : minorOf(release))

/** The errors as the release prints them. */
export function inReleaseSyntax(errors: FieldError[], ctx: ValidationContext): FieldError[] {
  const minor = minorIn(ctx)
  return errors.map((error) => {
    const shown = error.shown === undefined ? shownValue(error, minor) : undefined
    return shown === undefined ? error : { ...error, shown }
  })
}
