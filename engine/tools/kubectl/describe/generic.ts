/** Any kind, field by field. Models kubectl/pkg/describe genericDescriber. */
import { goText } from '../jsonpath/gotext.ts'
import type { Describer } from './describer.ts'
import { annotationLines, labelLines, type Writer } from './writer.ts'

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields shown above the rest. */
const SHOWN = [
  'metadata.name',
  'metadata.namespace',
  'metadata.labels',
  'metadata.annotations',
  'metadata.managedFields',
]

export const genericDescriber: Describer = {
  kinds: [],
  *lines(w, object) {
    w.field('Name', object.metadata?.name)
    w.field('Namespace', object.metadata?.namespace ?? '')
    labelLines(w, 'Labels', object.metadata?.labels)
    annotationLines(w, object.metadata?.annotations)
    fieldLines(w, 0, object as Fields, '')
  },
}

function fieldLines(w: Writer, level: number, fields: Fields, path: string): void {
  for (const key of Object.keys(fields).sort()) {
    const at = path ? `${path}.${key}` : key
    const value = fields[key]
    if (SHOWN.includes(at)) continue
    if (isFields(value)) {
      w.line(level, `${smart(key)}:`)
      fieldLines(w, level + 1, value, at)
    } else if (Array.isArray(value)) {
      w.line(level, `${smart(key)}:`)
      listLines(w, level + 1, value, at)
    } else w.line(level, `${smart(key)}:\t${value === null ? '<nil>' : goText(value)}`)
  }
}

function listLines(w: Writer, level: number, items: unknown[], path: string): void {
  for (const item of items) {
    if (isFields(item)) fieldLines(w, level, item, path)
    else w.line(level, goText(item))
  }
}

/** `creationTimestamp` → `Creation Timestamp`, `podIP` → `Pod IP`, `apiVersion` → `API Version`. */
function smart(key: string): string {
  if (/[./]/.test(key)) return key
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(' ')
  return words.map(title).join(' ')
}

const ACRONYMS = new Set(['API', 'URL', 'UID', 'OSB', 'GUID'])

const title = (word: string): string => {
  const upper = word.toUpperCase()
  return ACRONYMS.has(upper) ? upper : word.charAt(0).toUpperCase() + word.slice(1)
}
