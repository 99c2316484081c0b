/** The JSONPath of printer columns and of the scale subresource. Models k8s.io/client-go/util/jsonpath, without ranges. */

type Step =
  | { kind: 'key'; name: string }
  | { kind: 'all' }
  | { kind: 'deep'; name: string }
  | { kind: 'slice'; from?: number; to?: number; step: number }
  | { kind: 'filter'; left: Step[]; op: string; right: Operand }

type Operand = Step[] | string | number | boolean | undefined

export type JsonPath = readonly Step[]

/** Thrown for a path that is none. */
export class JsonPathError extends Error {}

/** `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status` as steps. */
export function parseJsonPath(text: string): JsonPath {
  const source = text.replace(/^\$/, '')
  const steps: Step[] = []
  let at = 0
  while (at < source.length) {
    const rest = source.slice(at)
    const taken = takeName(rest, steps) || takeBracket(rest, steps)
    if (taken === 0)
      throw new JsonPathError(
        `unrecognized character in action: U+${rest.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? ''} '${rest[0] ?? ''}'`,
      )
    at += taken
  }
  return steps
}

function takeName(rest: string, steps: Step[]): number {
  const match = /^(\.\.?)((?:\\.|[^.[\]\s\\])*)/.exec(rest) ?? /^()((?:\\.|[^.[\]\s\\])+)/.exec(rest)
  if (match === null) return 0
  const [whole, dots, escaped = ''] = match
  const name = escaped.replace(/\\(.)/g, '$1')
  if (name === '*') steps.push({ kind: 'all' })
  else if (name !== '') steps.push(dots === '..' ? { kind: 'deep', name } : { kind: 'key', name })
  return whole.length
}

function takeBracket(rest: string, steps: Step[]): number {
  const filter = /^\[\?\((.*?)\)\]/.exec(rest)
  if (filter !== null) {
    steps.push(parseFilter(filter[1] as string))
    return filter[0].length
  }
  const match = /^\[([^\]]*)\]/.exec(rest)
  if (match === null) return 0
  const inner = (match[1] as string).trim()
  const quoted = /^(['"])(.*)\1$/.exec(inner)
  const slice = /^(-?\d+)?(?::(-?\d+)?)?(?::(\d+))?$/.exec(inner)
  if (quoted !== null) steps.push({ kind: 'key', name: quoted[2] as string })
  else if (inner === '*') steps.push({ kind: 'all' })
  else if (slice !== null) steps.push(sliceStep(inner, slice))
  else throw new JsonPathError(`invalid array index ${inner}`)
  return match[0].length
}

function sliceStep(inner: string, [, from, to, step]: RegExpExecArray): Step {
  const first = from === undefined ? undefined : Number(from)
  if (!inner.includes(':')) {
    const end = first === -1 || first === undefined ? undefined : first + 1
    return {
      kind: 'slice',
      step: 1,
      ...(first !== undefined && { from: first }),
      ...(end !== undefined && { to: end }),
    }
  }
  return {
    kind: 'slice',
    step: Number(step ?? 1),
    ...(first !== undefined && { from: first }),
    ...(to !== undefined && { to: Number(to) }),
  }
}

function parseFilter(text: string): Step {
  const match = /^\s*(@[^=!<>\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.*?))?\s*$/.exec(text)
  if (match === null) throw new JsonPathError('unexpected expression in filter')
  const [, left, op = 'exists', right] = match
  return { kind: 'filter', left: [...parseJsonPath((left as string).slice(1))], op, right: operand(right) }
}

function operand(text: string | undefined): Operand {
  if (text === undefined) return undefined
  const quoted = /^(['"])(.*)\1$/s.exec(text)
  if (quoted !== null) return quoted[2] as string
  if (text === 'true' || text === 'false') return text === 'true'
  if (text.startsWith('@')) return [...parseJsonPath(text.slice(1))]
  if (!Number.isNaN(Number(text))) return Number(text)
  throw new JsonPathError(`unrecognized identifier ${text}`)
}

/** All that a path finds in a value, in order. */
export function findAll(path: JsonPath, value: unknown): unknown[] {
  let found: unknown[] = [value]
  for (const step of path) found = found.flatMap((one) => take(step, one))
  return found
}

function take(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'key':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'all':
      return Array.isArray(value)
        ? value
        : isObject(value)
          ? Object.keys(value)
              .sort()
              .map((key) => value[key])
          : []
    case 'deep':
      return below(value).flatMap((one) => take({ kind: 'key', name: step.name }, one))
    case 'slice':
      return Array.isArray(value) ? sliced(value, step) : []
    case 'filter':
      return (Array.isArray(value) ? value : [value]).filter((one) => holds(step, one))
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function below(value: unknown): unknown[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(below)]
  return isObject(value) ? [value, ...Object.values(value).flatMap(below)] : []
}

function sliced(list: unknown[], { from, to, step }: Step & { kind: 'slice' }): unknown[] {
  return list.slice(from ?? 0, to ?? list.length).filter((_, i) => i % step === 0)
}

function holds({ left, op, right }: Step & { kind: 'filter' }, value: unknown): boolean {
  const [a] = findAll(left, value)
  if (op === 'exists') return a !== undefined
  const b = Array.isArray(right) ? findAll(right, value)[0] : right
  if (a === undefined || b === undefined) return false
  if (op === '==') return a === b
  if (op === '!=') return a !== b
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false
  const order = a < (b as typeof a) ? -1 : a > (b as typeof a) ? 1 : 0
  return op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>' ? order > 0 : order >= 0
}
