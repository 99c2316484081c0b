/** echo and printf. */
import type { Run } from '../../host/process.ts'
import { formatText, unescapeEcho } from '../format.ts'
import type { Shell } from '../shell.ts'
import { setItem, setValue } from '../variables.ts'
import type { Builtin } from './builtin.ts'

/** The text that echo writes; `null` after a `\c`. */
export function echoText(words: readonly string[], posix: boolean): string {
  let at = 1
  let newline = true
  let escapes = posix
  for (; at < words.length && /^-[neE]+$/.test(words[at] ?? ''); at++) {
    const flags = words[at] ?? ''
    if (flags.includes('n')) newline = false
    if (flags.includes('e')) escapes = true
    if (flags.includes('E')) escapes = false
  }
  const text = words.slice(at).join(' ')
  if (!escapes) return text + (newline ? '\n' : '')
  const unescaped = unescapeEcho(text)
  return unescaped.text + (newline && !unescaped.stopped ? '\n' : '')
}

const echo: Builtin = function* (sh, words) {
  return yield* written(sh, 'echo', echoText(words, false))
}

function* written(sh: Shell, name: string, text: string): Run<number> {
  const failed = (yield* sh.p.ask('write', { fd: 1, text })) as { error?: string } | undefined | null
  if (failed?.error === undefined) return 0
  if (failed.error === 'ENOSPC') yield* sh.complain(`${name}: write error: No space left on device`)
  else if (failed.error === 'EPIPE') yield* sh.complain(`${name}: write error: Broken pipe`)
  else if (failed.error === 'EBADF') yield* sh.complain(`${name}: write error: Bad file descriptor`)
  return 1
}

const printf: Builtin = function* (sh, words) {
  const args = words.slice(1)
  let variable: string | undefined
  if (args[0] === '-v') {
    variable = args[1]
    args.splice(0, 2)
  }
  if (args[0] === '--') args.shift()
  const [format, ...values] = args
  if (format === undefined) {
    yield* sh.complain('printf: usage: printf [-v var] format [arguments]')
    return 2
  }
  const made = formatText(format, values, { nowMs: yield* sh.p.now() })
  for (const error of made.errors) yield* sh.complain(`printf: ${error}`)
  const subscript = /^(\w+)\[(.*)\]$/.exec(variable ?? '')
  if (subscript !== null) setItem(sh.state, subscript[1] ?? '', subscript[2] ?? '', made.text)
  else if (variable !== undefined) setValue(sh.state, variable, made.text)
  else yield* written(sh, 'printf', made.text)
  return made.errors.length > 0 ? 1 : 0
}

export const outputBuiltins: Record<string, Builtin> = { echo, printf }
