/** Text tools lent by just-bash, run through the `tool` system call. */
import type { Program } from '../../host/process.ts'

/** Names that the edge (engine/host/edge.ts) runs for us. */
const LENT = [
  'awk',
  'yq',
  'paste',
  'rev',
  'fold',
  'expand',
  'unexpand',
  'column',
  'join',
  'comm',
  'strings',
  'expr',
  'md5sum',
  'sha1sum',
  'sha256sum',
  'tree',
  'gzip',
  'gunzip',
  'zcat',
  'tar',
  'nl',
] as const

/** Tools whose operands, beyond the first word, are files; without one they read stdin. */
const SCRIPT_FIRST = new Set(['awk', 'yq'])

interface Result {
  stdout: string
  stderr: string
  code: number
}

function wantsInput(name: string, argv: readonly string[]): boolean {
  if (['expr', 'tree', 'comm', 'tar'].includes(name)) return argv.includes('-')
  const operands = argv.slice(1).filter((word) => !word.startsWith('-') || word === '-')
  const scripted = SCRIPT_FIRST.has(name) && !argv.some((word) => /^-(e|f|-expression|-from-file)/.test(word)) ? 1 : 0
  return operands.length <= scripted || operands.includes('-') || ['yq', 'awk'].includes(name)
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
    const args = name === 'yq' ? yqWords(argv.slice(1)) : argv.slice(1)
    if (name === 'yq' && args.some((word) => word === '--version' || word === '-V')) {
      yield* p.out('yq (https://github.com/mikefarah/yq/) version v4.44.3\n')
      return 0
    }
    const { stdout, stderr, code } = (yield* p.ask('tool', { argv: [name, ...args], stdin, files })) as Result
    yield* p.out(stdout)
    yield* p.err(stderr)
    return code
  }
}

/** mikefarah's words in those of the lent yq: `eval`, `-o=json`. */
function yqWords(args: readonly string[]): string[] {
  const words = ['eval', 'e', 'eval-all', 'ea'].includes(args[0] ?? '') ? args.slice(1) : args
  return words.flatMap((word) => {
    const match = /^(-o|--output-format|-p|--input-format)=?(\w+)$/.exec(word)
    return match === null
      ? [word]
      : [match[1]?.replace('--output-format', '-o').replace('--input-format', '-p') ?? '', match[2] ?? '']
  })
}

/** Whether stdin is to be read: not when a file operand stands there. */
function* isReadable(
  argv: readonly string[],
  p: Parameters<Program>[1],
  name: string,
): Generator<{ call: string }, boolean, unknown> {
  const last = argv.at(-1) ?? ''
  if (!['yq', 'awk'].includes(name) || argv.length < 3 || last.startsWith('-')) return true
  return 'error' in (yield* p.stat(last)) && !last.startsWith('/dev/fd/')
}

export const lentPrograms: Record<string, Program> = Object.fromEntries(LENT.map((name) => [name, lent(name)]))
