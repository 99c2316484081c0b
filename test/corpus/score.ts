/** How an answer is compared with the real one: the rules of the corpus' own score.py. */

export interface Answer {
  rc: number
  stdout: string
  stderr: string
}

/** What kind of answer it is, read off its texts. */
export function classOf({ rc, stdout, stderr }: Answer): string {
  if (rc === 0) return 'ok'
  const text = stderr + stdout
  return CLASSES.find(([pattern]) => pattern.test(text))?.[1] ?? 'error'
}

const CLASSES: [RegExp, string][] = [
  [/unknown command/, 'unknown-command'],
  [/unknown (shorthand )?flag/, 'unknown-flag'],
  [
    /doesn't have a resource type|no matches for kind|resource mapping not found|could not find the requested resource/,
    'no-such-kind',
  ],
  [/NotFound|not found/, 'not-found'],
  [/does not exist|no such file/, 'needs-file'],
]

const GROUPED = new Set(['usage-error', 'other-error', 'no-metrics-api'])
/** The corpus tells more kinds of errors apart than an answer shows. */
export const comparableClass = (name: string): string => (GROUPED.has(name) ? 'error' : name)

/** Without what varies: creation times, log lines of the discovery, blanks at the ends of lines. */
export function mask(text: string): string {
  return text
    .replaceAll('\r', '')
    .replace(/(creationTimestamp:).*/g, '$1 T')
    .replace(/^\s*creationTimestamp: T\n/gm, '')
    .replace(/E\d{4} [\d:.]+ +\d+ memcache.*\n/g, '')
    .replace(/[ \t]+$/gm, '')
    .trim()
}

/** The first line that is an error. */
export function firstError(text: string): string {
  const found = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !/^(Flag --|Warning:|E\d{4}|--profile|W\d{4})/.test(line))
  return (found ?? '').replace(/^(error|Error): /, 'error: ')
}

/** Whether both printed the same: all of a result, the first line of an error. */
export const isExact = (cls: string, real: Answer, ours: Answer): boolean =>
  cls === 'ok' ? mask(real.stdout) === mask(ours.stdout) : firstError(real.stderr) === firstError(ours.stderr)

const REFUSAL =
  /command not found|not (yet )?(supported|implemented|available in)|unsupported|unknown (command|flag|shorthand flag|option)|unrecognized|no such command|not simulated/i

/** Whether the line was carried out, rather than refused for want of something (a negative code: it was not run at all). */
export const isAccepted = ({ rc, stdout, stderr }: Answer): boolean => rc >= 0 && !REFUSAL.test(`${stdout}\n${stderr}`)

/** The header of a table. */
function headerOf(text: string): string | undefined {
  const line = text
    .split('\n')
    .find((one) => /^[A-Z][A-Z0-9()/ _-]+$/.test(one.trim()) && one.trim().split(/\s+/).length > 1)
  return line
    ?.trim()
    .split(/\s{2,}/)
    .join('|')
}

const messages = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().replace(/-[0-9a-f]{8,10}-[a-z0-9]{5}\b|-[a-z0-9]{5}\b/g, '-X'))

const keysBy = (pattern: RegExp, text: string): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, key]) => key as string))

const holdsKeys = (pattern: RegExp, expected: string, text: string): boolean =>
  [...keysBy(pattern, expected)].every((key) => keysBy(pattern, text).has(key))

const SHAPES: Record<string, (expected: string, text: string) => boolean> = {
  table: (expected, text) => headerOf(expected) === headerOf(text),
  message: (expected, text) => messages(expected).some((line) => messages(text).includes(line)),
  error: (expected, text) => firstError(expected) === firstError(text),
  describe: (expected, text) => holdsKeys(/^([A-Z][A-Za-z -]+):/gm, expected, text),
  yaml: (expected, text) => holdsKeys(/^\s*-?\s*"?([A-Za-z]\w*)"?:/gm, expected, text),
  json: (expected, text) => holdsKeys(/^\s*-?\s*"?([A-Za-z]\w*)"?:/gm, expected, text),
}

/** Whether the output has the shape that its author pasted; undefined when there is nothing to compare. */
export function hasShape(kind: string | undefined, expected: string | undefined, answer: Answer): boolean | undefined {
  const shape = kind === undefined ? undefined : SHAPES[kind]
  if (shape === undefined || expected === undefined || expected === '') return undefined
  return shape(expected, `${answer.stdout}\n${answer.stderr}`)
}
