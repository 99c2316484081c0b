/** JSON, YAML and templates of crictl (util.go). Not modelled: templates beyond paths. */
import type { Proc, Run } from '../../process.ts'
import { fatal } from './common.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Prints a message of the CRI as json or yaml. */
export function* printMessage(p: Proc, message: Json, format: string): Run<number> {
  if (format !== 'json' && format !== 'yaml') return yield* fatal(p, `unsupported output format "${format}"`)
  yield* p.out(format === 'yaml' ? `${yaml(message, '')}\n` : `${JSON.stringify(message, null, 2)}\n`)
  return 0
}

/** One status is printed by itself, several as a list. */
export function* printStatuses(
  p: Proc,
  statuses: readonly Json[],
  format: string,
  template: string | undefined,
): Run<number> {
  const what = statuses.length === 1 ? (statuses[0] as Json) : [...statuses]
  if (format === 'go-template' || template !== undefined) return yield* templated(p, what, template ?? '')
  if (format !== 'json' && format !== 'yaml') return yield* fatal(p, `unsupported format: "${format}"`)
  return yield* printMessage(p, what, format)
}

/** Paths of a template: `{{.status.state}}`, `{{.info.pid}}`. */
function* templated(p: Proc, what: Json, template: string): Run<number> {
  const odd = [...template.matchAll(/\{\{([^}]*)\}\}/g)].find(([, path]) => !/^-?\s*(\.[\w]+)+\s*-?$/.test(path ?? ''))
  if (odd !== undefined) {
    yield* p.err(`not simulated: crictl --template '${odd[0]}'\n`)
    return 1
  }
  const text = template.replace(/\{\{-?\s*([^}\s]*)\s*-?\}\}/g, (_, path: string) => {
    const found = path.split('.').slice(1).reduce<Json | undefined>(step, what)
    return found === undefined ? '<no value>' : typeof found === 'object' ? goValue(found) : String(found)
  })
  yield* p.out(`${text}\n`)
  return 0
}

/** As Go prints maps and slices. */
function goValue(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (value === null) return '<nil>'
  if (typeof value !== 'object') return String(value)
  return `map[${Object.keys(value).sort().map((key) => `${key}:${goValue(value[key] as Json)}`).join(' ')}]` // prettier-ignore
}

function step(value: Json | undefined, key: string): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[key] : undefined
}

function yaml(value: Json, indent: string): string {
  if (Array.isArray(value)) return value.map((one) => `${indent}- ${yaml(one, `${indent}  `).trimStart()}`).join('')
  if (value === null || typeof value !== 'object') return `${scalar(value)}\n`
  return Object.keys(value)
    .sort()
    .map((key) => {
      const one = value[key] as Json
      const isEmpty = one !== null && typeof one === 'object' && Object.keys(one).length === 0
      if (isEmpty) return `${indent}${key}: ${Array.isArray(one) ? '[]' : '{}'}\n`
      if (one === null || typeof one !== 'object') return `${indent}${key}: ${scalar(one)}\n`
      return `${indent}${key}:\n${yaml(one, Array.isArray(one) ? indent : `${indent}  `)}`
    })
    .join('')
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value)
  return value === '' || /^[\d.]+$|^(true|false|null|yes|no|y|n)$|^\d{4}-\d\d-\d\dT|: |^[*&!%@`]/.test(value)
    ? `"${value}"`
    : value
}
