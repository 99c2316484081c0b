/**
 * Reads a text as KubeletConfiguration, strictly and then leniently. Models
 * pkg/kubelet/kubeletconfig/util/codec (O4).
 */
import { DurationError, parseGoDuration } from '../../objects/duration.ts'
import { YamlError, parseYaml } from '../../objects/yaml.ts'
import { fieldsOf, goType, isStruct, isText } from './config-schema.ts'
import type { ConfigTree, Field } from './config-schema.ts'

/** What was read, with what the strict decoder says of it; or why it cannot be read at all. */
export type Decoded = { config: ConfigTree; strict?: string } | { error: string }

const GROUP_VERSION = 'kubelet.config.k8s.io/v1beta1'
const KIND = 'KubeletConfiguration'

export function decodeConfig(text: string, minor: number): Decoded {
  const parsed = parse(text)
  if ('error' in parsed) return parsed
  const wrong = typeProblem(parsed.tree, minor)
  if (wrong !== undefined) return { error: wrong }
  const scan: Scan = { minor, unknown: [] }
  const config = structOf(scan, KIND, parsed.tree as ConfigTree, '', true)
  if (scan.mismatch !== undefined) return { error: scan.mismatch }
  return { config, ...strictness(text, scan.unknown) }
}

function parse(text: string): { tree: unknown } | { error: string } {
  try {
    return { tree: parseYaml(text) ?? null }
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message.replace(/^error converting YAML to JSON: /, '') }
    throw error
  }
}

function typeProblem(tree: unknown, minor: number): string | undefined {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    if (tree === null) return `Object 'Kind' is missing in 'null'`
    const value = Array.isArray(tree) ? 'array' : typeof tree
    const what =
      'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
    return `couldn't get version/kind; json parse error: json: cannot unmarshal ${value} into Go value of type ${what}`
  }
  const { apiVersion, kind } = tree as { apiVersion?: unknown; kind?: unknown }
  if (typeof kind !== 'string' || kind === '') return `Object 'Kind' is missing in '${JSON.stringify(tree)}'`
  if (typeof apiVersion !== 'string' || apiVersion === '')
    return `Object 'apiVersion' is missing in '${JSON.stringify(tree)}'`
  if (kind === KIND && apiVersion === GROUP_VERSION) return undefined
  const scheme = `in scheme "pkg/kubelet/apis/config/scheme/scheme.go:${minor >= 29 ? 33 : 34}"`
  return /^[^/]*\/?[^/]*$/.test(apiVersion)
    ? `no kind "${kind}" is registered for version "${apiVersion}" ${scheme}`
    : `unexpected GroupVersion string: ${apiVersion}`
}

interface Scan {
  minor: number
  unknown: string[]
  /** The first value of a wrong type. */
  mismatch?: string
}

function structOf(scan: Scan, struct: string, tree: ConfigTree, path: string, top = false): ConfigTree {
  const fields = new Map(fieldsOf(struct).map((field) => [field.name, field]))
  const out: ConfigTree = {}
  for (const name of Object.keys(tree).sort()) {
    const at = path === '' ? name : `${path}.${name}`
    const field = fields.get(name) ?? caseless(fields, name)
    if (top && (name === 'apiVersion' || name === 'kind')) continue
    if (field === undefined || scan.minor < field.since || field.name !== name) scan.unknown.push(at)
    if (field === undefined || scan.minor < field.since || tree[name] === null) continue
    const value = valueOf(scan, field.type, tree[name], at, struct)
    if (value !== undefined) out[field.name] = value
  }
  return out
}

/** The lenient decoder takes a name whatever its capitals are. */
function caseless(fields: ReadonlyMap<string, Field>, name: string): Field | undefined {
  return [...fields.values()].find((field) => field.name.toLowerCase() === name.toLowerCase())
}

function valueOf(scan: Scan, type: string, value: unknown, path: string, struct: string): unknown {
  const mismatch = (what: string): undefined => {
    scan.mismatch ??= `json: cannot unmarshal ${what} into Go struct field ${struct}.${path} of type ${goType(type)}`
  }
  if (type === 'any') return value
  if (type === 'duration') return durationOf(scan, value)
  if (isText(type)) return typeof value === 'string' ? value : mismatch(jsonKind(value))
  if (type === 'bool') return typeof value === 'boolean' ? value : mismatch(jsonKind(value))
  if (type.startsWith('map[]')) return mapOf(scan, type.slice(5), value, path, struct, mismatch)
  if (type.startsWith('[]')) return listOf(scan, type.slice(2), value, path, struct, mismatch)
  if (isStruct(type)) {
    if (jsonKind(value) !== 'object') return mismatch(jsonKind(value))
    return structOf(scan, type, value as ConfigTree, path)
  }
  return numberOf(type, value, mismatch)
}

function numberOf(type: string, value: unknown, mismatch: (what: string) => undefined): unknown {
  if (typeof value !== 'number') return mismatch(jsonKind(value))
  if (type === 'float64') return value
  const limit = type === 'int64' ? 2 ** 63 : 2 ** 31
  const fits = Number.isInteger(value) && value < limit && value >= (type === 'uint32' ? 0 : -limit)
  return fits ? value : mismatch(`number ${value}`)
}

/** Reads a value that holds many of one type. */
type OfMany = (
  scan: Scan,
  of: string,
  value: unknown,
  path: string,
  struct: string,
  mismatch: (what: string) => undefined,
) => unknown

const mapOf: OfMany = (scan, of, value, path, struct, mismatch) => {
  if (jsonKind(value) !== 'object') return mismatch(jsonKind(value))
  const entries = Object.entries(value as ConfigTree).map(([key, one]) => [key, valueOf(scan, of, one, path, struct)])
  return Object.fromEntries(entries) as ConfigTree
}

const listOf: OfMany = (scan, of, value, path, struct, mismatch) => {
  if (!Array.isArray(value)) return mismatch(jsonKind(value))
  return value.map((one: unknown, index) => valueOf(scan, of, one, isStruct(of) ? `${path}[${index}]` : path, struct))
}

function durationOf(scan: Scan, value: unknown): unknown {
  if (typeof value !== 'string') {
    scan.mismatch ??= `json: cannot unmarshal ${jsonKind(value)} into Go value of type string`
    return undefined
  }
  try {
    parseGoDuration(value)
    return value
  } catch (error) {
    if (!(error instanceof DurationError)) throw error
    scan.mismatch ??= error.message
    return undefined
  }
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

/** A repeated key is told before all else, in go-yaml's words. */
function strictness(text: string, unknown: string[]): { strict?: string } {
  const repeated = repeatedKeys(text)
  if (repeated.length > 0)
    return {
      strict: `strict decoding error: yaml: unmarshal errors:\n${repeated.map((line) => `  ${line}`).join('\n')}`,
    }
  if (unknown.length === 0) return {}
  return {
    strict: `strict decoding error: ${unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(', ')}`,
  }
}

/** Keys of block maps that stand twice in one map. */
function repeatedKeys(text: string): string[] {
  const found: string[] = []
  const open: { indent: number; keys: Set<string> }[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^(\s*)([A-Za-z0-9_.\-/"']+):(\s|$)/.exec(line)
    if (match === null) {
      if (/^\s*- /.test(line)) close(open, line.search(/\S/) + 1)
      continue
    }
    const [, space = '', key = ''] = match
    close(open, space.length + 1)
    const top = open[open.length - 1]
    if (top === undefined || top.indent < space.length) open.push({ indent: space.length, keys: new Set([key]) })
    else if (top.keys.has(key)) found.push(`line ${index + 1}: key ${JSON.stringify(key)} already set in map`)
    else top.keys.add(key)
  }
  return found
}

function close(open: { indent: number }[], indent: number): void {
  while (open.length > 0 && (open[open.length - 1]?.indent ?? 0) >= indent) open.pop()
}

/** One configuration over another: maps add up, all else is replaced. Models the merge of drop-ins and of flags. */
export function mergeConfig(base: ConfigTree, over: ConfigTree): ConfigTree {
  const out = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const before = out[name]
    out[name] =
      jsonKind(value) === 'object' && before !== undefined && jsonKind(before) === 'object'
        ? mergeConfig(before as ConfigTree, value as ConfigTree)
        : value
  }
  return out
}

/** The value at `authentication.anonymous.enabled`. */
export function fieldAt(config: ConfigTree, path: string): unknown {
  return path.split('.').reduce<unknown>((tree, name) => (tree as ConfigTree | undefined)?.[name], config)
}

/** A configuration with that one field. */
export function configWith(path: string, value: unknown): ConfigTree {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as ConfigTree
}
