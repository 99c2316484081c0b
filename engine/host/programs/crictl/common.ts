/** What crictl's commands share: what they are asked, how they fail, their table and their figures. */
import type { Proc, Run } from '../../process.ts'
import { has } from '../options.ts'
import type { Options } from '../options.ts'
import type { CriContainer, CriImage, CriListAnswer, CriSandbox } from './types.ts'

export interface Asked {
  options: Options
  list: CriListAnswer
  args: string[]
  now: number
}

export type Verb = (p: Proc, asked: Asked) => Run<number>

export function* say(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

export const fatal = (p: Proc, text: string): Run<number> => say(p, `FATA[0000] ${text} \n`)

export const missing = (kind: 'container' | 'sandbox', id: string): string =>
  `rpc error: code = NotFound desc = an error occurred when try to find ${kind} "${id}": not found`

export const byId = <T extends { id: string }>(list: readonly T[], id: string): T | undefined =>
  list.find((one) => one.id.startsWith(id))

/** The beginning of what `crictl VERB --help` prints. */
export function* usage(p: Proc, name: string, what: string, words: string): Run<number> {
  yield* p.out(`NAME:\n   crictl ${name} - ${what}\n\nUSAGE:\n   crictl ${name} [command options] ${words}\n`)
  return 0
}

/** By name with or without tag and registry, or by the beginning of its id. */
export function isImage({ id, tags, digest }: CriImage, name: string): boolean {
  if (id.startsWith(name.replace(/^sha256:/, ''))) return true
  const short = (tag: string): string[] => [tag, tag.replace(/^docker\.io\/(library\/)?/, '')]
  const [repository = '', at] = name.split('@')
  if (at !== undefined) return at === digest && tags.flatMap(short).some((tag) => tag.startsWith(`${repository}:`))
  const full = name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`
  return tags.flatMap(short).some((tag) => tag === full || tag.slice(0, tag.lastIndexOf(':')) === name)
}

export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 13)

/** `86.6MB`, as docker/go-units HumanSizeWithPrecision. */
export function decimalSize(bytes: number, digits = 3): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [size, unit] = [bytes, 0]
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1]
  return `${Number(size.toPrecision(digits))}${units[unit]}`
}

const AGES: readonly [belowSeconds: number, text: (seconds: number) => string][] = [
  [1, () => 'Less than a second'],
  [2, () => '1 second'],
  [60, (seconds) => `${seconds} seconds`],
  [120, () => 'About a minute'],
  [3600, (seconds) => `${Math.floor(seconds / 60)} minutes`],
  [5400, () => 'About an hour'],
  [48 * 3600, (seconds) => `${Math.round(seconds / 3600)} hours`],
  [14 * 86_400, (seconds) => `${Math.floor(seconds / 86_400)} days`],
  [60 * 86_400, (seconds) => `${Math.floor(seconds / 604_800)} weeks`],
  [Infinity, (seconds) => `${Math.floor(seconds / 2_592_000)} months`],
]

/** `12 seconds ago`, as docker/go-units HumanDuration. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${AGES.find(([below]) => seconds < below)?.[1](seconds)} ago`
}

/** Go's tabwriter with cells of at least 20, padding 3. */
export function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(20, ...rows.map((row) => (row[column] ?? '').length + 3)))
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 20))).join('')
  return rows.map((row) => `${line(row)}\n`).join('')
}

/** `--label key=value`, each of which must fit; the text of a label that is none. */
export function labelsOf(options: Options): { wanted: [string, string][] } | { odd: string } {
  const pairs = (options.values.get('label') ?? []).flatMap((one) => one.split(','))
  const odd = pairs.find((pair) => pair.split('=').length !== 2)
  return odd === undefined ? { wanted: pairs.map((pair) => pair.split('=') as [string, string]) } : { odd }
}

export const containerLabels = (one: CriContainer): Record<string, string> => ({
  'io.kubernetes.container.name': one.name,
  'io.kubernetes.pod.name': one.podName,
  'io.kubernetes.pod.namespace': one.podNamespace,
  'io.kubernetes.pod.uid': one.podUid ?? '',
})

export const sandboxLabels = (one: CriSandbox): Record<string, string> => ({
  ...one.labels,
  'io.kubernetes.pod.name': one.name,
  'io.kubernetes.pod.namespace': one.namespace,
  'io.kubernetes.pod.uid': one.uid ?? '',
})

/** The first so many of `--latest` and `--last n`. */
export function newest<T extends { createdMs: number }>(list: readonly T[], options: Options): T[] {
  const sorted = [...list].sort((a, b) => b.createdMs - a.createdMs)
  const last = Number(options.values.get('last')?.at(-1) ?? 0)
  return last > 0 ? sorted.slice(0, last) : has(options, 'latest') ? sorted.slice(0, 1) : sorted
}
