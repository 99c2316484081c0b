/** Text tools lent by just-bash, run through the `tool` system call. */
import type { Program } from '../../host/process.ts'
import { chainDeletions } from './jq-deletions.ts'

/** Names that the edge (engine/host/edge.ts) runs for us. */
export const LENT = [
  'sed',
  'awk',
  'jq',
  'yq',
  'paste',
  'rev',
  'fold',
  'expand',
  'unexpand',
  'column',
  'join',
  'comm',
  'find',
  'split',
  'strings',
  'expr',
  'md5sum',
  'sha1sum',
  'sha256sum',
  'base64',
  'tree',
  'gzip',
  'gunzip',
  'zcat',
  'tar',
  'nl',
] as const

/** Tools whose operands, beyond the first word, are files; without one they read stdin. */
const SCRIPT_FIRST = new Set(['sed', 'awk', 'jq', 'yq'])

interface Result {
  stdout: string
  stderr: string
  code: number
}

function wantsInput(name: string, argv: readonly string[]): boolean {
  if (['expr', 'tree', 'comm', 'find', 'tar'].includes(name)) return argv.includes('-')
  const operands = argv.slice(1).filter((word) => !word.startsWith('-') || word === '-')
  const scripted = SCRIPT_FIRST.has(name) && !argv.some((word) => /^-(e|f|-expression|-from-file)/.test(word)) ? 1 : 0
  if (name === 'jq' && argv.some((word) => /^-n|^--null-input|^-[a-zA-Z]*n/.test(word))) return false
  return operands.length <= scripted || operands.includes('-') || ['jq', 'yq', 'awk'].includes(name)
}

function lent(name: string): Program {
  return function* (argv, p) {
    const files: Record<string, string> = {}
    for (const word of argv.slice(1)) {
      const fd = /^\/dev\/(?:fd\/(\d+)|stdin)$/.exec(word)
      if (fd !== null) files[word] = yield* p.readAll(Number(fd[1] ?? 0))
    }
    const operandFiles = wantsInput(name, argv) && (yield* isReadable(argv, p, name))
    const stdin = operandFiles ? yield* p.readAll() : ''
    const args = name === 'jq' ? withClock(argv.map(chainDeletions), yield* p.now()) : argv
    const { stdout, stderr, code } = (yield* p.ask('tool', { argv: [name, ...args.slice(1)], stdin, files })) as Result
    yield* p.out(stdout)
    yield* p.err(stderr)
    return code
  }
}

/** Whether stdin is to be read: not when a file operand stands there. */
function* isReadable(
  argv: readonly string[],
  p: Parameters<Program>[1],
  name: string,
): Generator<{ call: string }, boolean, unknown> {
  const last = argv.at(-1) ?? ''
  if (!['jq', 'yq', 'awk', 'sed'].includes(name) || argv.length < 3 || last.startsWith('-')) return true
  return 'error' in (yield* p.stat(last)) && !last.startsWith('/dev/fd/')
}

/** jq's `now` as a number of the host's clock; texts in quotes stay. */
function withClock(argv: readonly string[], nowMs: number): string[] {
  const clocked = (filter: string): string =>
    filter.replace(/"(?:\\.|[^"\\])*"|(?<![.\w$])now\b(?!\s*:)/g, (found) =>
      found === 'now' ? `(${nowMs / 1000})` : found,
    )
  return argv.map((word, index) => (index > 0 && !word.startsWith('-') && /\bnow\b/.test(word) ? clocked(word) : word))
}

export const lentPrograms: Record<string, Program> = Object.fromEntries(LENT.map((name) => [name, lent(name)]))
