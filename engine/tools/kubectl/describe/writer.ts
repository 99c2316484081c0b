/** Lines of a description: two spaces a level, tabs between cells. Models kubectl/pkg/describe's prefixWriter. */
import { alignTabs, DESCRIBE_TABS } from '../printers/tabwriter.ts'

export class Writer {
  private text = ''

  /** One line at a level. */
  line(level: number, text: string): void {
    this.text += `${'  '.repeat(level)}${text}\n`
  }

  /** `Title:<tab>value`. */
  field(title: string, value: unknown, level = 0): void {
    this.line(level, `${title}:\t${value === undefined || value === null ? '' : String(value)}`)
  }

  /** The same when there is a value. */
  optional(title: string, value: unknown, level = 0): void {
    if (value !== undefined && value !== null && value !== '') this.field(title, value, level)
  }

  /** The whole, tabs as they are. */
  unaligned(): string {
    return this.text
  }

  /** The whole, aligned. */
  aligned(): string {
    return alignTabs(this.text, DESCRIBE_TABS)
  }
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 1123 with a numeric zone: `Sat, 21 Nov 2026 01:40:23 +0000`. Empty for none. */
export function timeText(text: string | null | undefined): string {
  if (!text) return ''
  const date = new Date(Date.parse(text))
  const two = (n: number): string => String(n).padStart(2, '0')
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()} ${clock} +0000`
}

/** `Labels:` and one `a=b` a line, aligned under the first. */
export function labelLines(w: Writer, title: string, labels: Record<string, string> | undefined, indent = ''): void {
  const keys = Object.keys(labels ?? {}).sort()
  if (keys.length === 0) return w.line(0, `${indent}${title}:\t<none>`)
  keys.forEach((key, i) => w.line(0, `${indent}${i === 0 ? `${title}:` : ''}\t${key}=${labels![key]}`))
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const MAX_ANNOTATION = 140

/** `Annotations:`, long ones under their key. */
export function annotationLines(w: Writer, annotations: Record<string, string> | undefined, indent = ''): void {
  const keys = Object.keys(annotations ?? {})
    .filter((key) => key !== LAST_APPLIED)
    .sort()
  if (keys.length === 0) return w.line(0, `${indent}Annotations:\t<none>`)
  keys.forEach((key, i) => {
    const head = `${indent}${i === 0 ? 'Annotations:' : ''}\t`
    const value = annotations![key]!.replace(/\n$/, '')
    if (value.length + key.length + 2 <= MAX_ANNOTATION && !value.includes('\n'))
      return w.line(0, `${head}${key}: ${value}`)
    w.line(0, `${head}${key}:`)
    for (const part of value.split('\n')) w.line(0, `${indent}\t  ${shorten(part, MAX_ANNOTATION - 2)}`)
  })
}

const shorten = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max)}...` : text)

/** `a,b,c` or `<none>`. */
export const joinedOrNone = (items: readonly string[] | undefined, separator = ', '): string =>
  (items ?? []).length === 0 ? '<none>' : items!.join(separator)

export const orNone = (text: string | undefined): string => (text ? text : '<none>')
