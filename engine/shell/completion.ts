/** Tab completion: commands, files, variables, and what programs say about their own words. */
import type { Proc, Run } from '../host/process.ts'
import { isBuiltin, KEYWORDS } from './builtins/names.ts'
import type { Shell } from './shell.ts'
import { environment, variableNames } from './variables.ts'

/**
 * Completes a word of one program's command line. `words` are those before the cursor with aliases
 * put in, `cword` the index of the one being typed. Undefined: file names.
 */
export type Completer = (program: string, words: string[], cword: number, p: Proc) => Run<string[] | undefined>

const completers = new Map<string, Completer>()

/** Registers the completion of a program, at load time. */
export function registerCompleter(program: string, completer: Completer): void {
  completers.set(program, completer)
}

export interface Completion {
  /** Text to put in at the cursor. */
  insertion: string
  /** Candidates to show. */
  shown: string[]
}

/** Splits what is typed into words, without expansion. The last one is being typed. */
export function typedWords(text: string): string[] {
  const command = text.split(/(?:\|\||&&|[|;&(]|\$\()\s*(?=[^'"]*$)/).at(-1) ?? text
  const words = command.trimStart().split(/(?<!\\)\s+/)
  return words.length === 0 ? [''] : words
}

export function* complete(sh: Shell, text: string): Run<Completion> {
  const words = typedWords(text)
  while (
    words.length > 1 &&
    (/^\w+=/.test(words[0] ?? '') || ['sudo', 'time', 'watch', 'xargs', 'do', 'then', '!'].includes(words[0] ?? ''))
  )
    words.shift()
  const word = words.at(-1) ?? ''
  const candidates = yield* candidatesFor(sh, words, word)
  return toCompletion(
    word.replace(/^.*[=](?=[^=]*$)/, (match) =>
      candidates.some((candidate) => candidate.startsWith(match)) ? match : '',
    ),
    candidates,
  )
}

function* candidatesFor(sh: Shell, words: string[], word: string): Run<string[]> {
  if (/^\$\w*$/.test(word))
    return variableNames(sh.state)
      .map((name) => `$${name}`)
      .filter((name) => name.startsWith(word))
  if (words.length === 1 && !word.includes('/')) return yield* commandsFor(sh, word)
  const expanded = aliased(sh, words)
  const program = (expanded[0] ?? '').split('/').pop() ?? ''
  const completer = completers.get(program)
  if (completer !== undefined) {
    const found = yield* completer(program, expanded, expanded.length - 1, sh.p)
    if (found !== undefined) return unique(found.filter((candidate) => candidate.startsWith(word)))
  }
  return yield* filesFor(sh, word, program === 'cd' || program === 'rmdir')
}

function aliased(sh: Shell, words: string[]): string[] {
  const [first = '', ...rest] = words
  return Object.hasOwn(sh.state.aliases, first)
    ? [...(sh.state.aliases[first] ?? '').trim().split(/\s+/), ...rest]
    : words
}

function* commandsFor(sh: Shell, word: string): Run<string[]> {
  const names = [
    ...Object.keys(sh.state.aliases),
    ...Object.keys(sh.state.functions),
    ...KEYWORDS,
    ...BUILTIN_WORDS.filter(isBuiltin),
  ]
  for (const directory of (environment(sh.state).PATH ?? '').split(':')) {
    const listed = yield* sh.p.list(directory)
    if ('names' in listed) names.push(...listed.names)
  }
  return unique(names.filter((name) => name.startsWith(word)))
}

const BUILTIN_WORDS = [
  'alias',
  'cd',
  'echo',
  'eval',
  'exec',
  'exit',
  'export',
  'history',
  'jobs',
  'kill',
  'local',
  'printf',
  'pwd',
  'read',
  'return',
  'set',
  'shift',
  'source',
  'trap',
  'type',
  'unset',
  'unalias',
  'wait',
]

/** Files that begin like the word; directories end with a slash. */
export function* filesFor(sh: Shell, word: string, directoriesOnly: boolean): Run<string[]> {
  const slash = word.lastIndexOf('/')
  const base = word.slice(0, slash + 1)
  const home = sh.state.variables.HOME?.value ?? '/'
  const directory =
    base === ''
      ? sh.state.cwd
      : base.startsWith('~/')
        ? `${home}${base.slice(1)}`
        : base.startsWith('/')
          ? base
          : `${sh.state.cwd}/${base}`
  const listed = yield* sh.p.list(directory)
  if ('error' in listed) return []
  const found: string[] = []
  for (const name of listed.names) {
    const start = word.slice(slash + 1).replace(/\\(.)/g, '$1')
    if (!name.startsWith(start) || (name.startsWith('.') && !start.startsWith('.'))) continue
    const stat = yield* sh.p.stat(`${directory}/${name}`)
    const isDirectory = 'kind' in stat && stat.kind === 'directory'
    if (directoriesOnly && !isDirectory) continue
    found.push(`${base}${name.replace(/[ '"$&();|<>\\*?[\]]/g, '\\$&')}${isDirectory ? '/' : ''}`)
  }
  return unique(found)
}

function unique(names: string[]): string[] {
  return [...new Set(names)].sort()
}

function toCompletion(word: string, candidates: readonly string[]): Completion {
  const [first] = candidates
  if (first === undefined) return { insertion: '', shown: [] }
  let common = first
  for (const candidate of candidates) while (!candidate.startsWith(common)) common = common.slice(0, -1)
  const closes = candidates.length === 1 && !/[/=]$/.test(first)
  const insertion = common.slice(word.length) + (closes ? ' ' : '')
  return {
    insertion: common.startsWith(word) ? insertion : '',
    shown: candidates.map((candidate) => candidate.replace(/^.*\/(?=.)/, '')),
  }
}
