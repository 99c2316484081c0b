/** Builtins that steer: exit, return, break, eval, source, trap, test, let, getopts … */
import type { Run } from '../../host/process.ts'
import { signalName, signalTable } from '../../host/signals.ts'
import { evaluateArithmetic } from '../arithmetic.ts'
import { parseArithmetic } from '../ast.ts'
import { testWords } from '../conditional.ts'
import { ExitJump, LoopJump, ReturnJump, ShellError } from '../errors.ts'
import { arithmeticScope } from '../expand.ts'
import { quoteWord } from '../quote.ts'
import { errnoText } from '../redirect.ts'
import type { Shell } from '../shell.ts'
import { watchSignals } from '../traps.ts'
import { getValue, setValue, unsetVariable } from '../variables.ts'
import type { Builtin } from './builtin.ts'

function* numeric(sh: Shell, words: string[]): Run<number> {
  const text = words[1]
  if (text === undefined) return sh.state.status
  if (/^[+-]?\d+$/.test(text)) return Number(text) & 255
  yield* sh.complain(`${words[0]}: ${text}: numeric argument required`)
  return 2
}

const exit: Builtin = function* (sh, words) {
  throw new ExitJump(yield* numeric(sh, words))
}

const leave: Builtin = function* (sh, words) {
  if (sh.state.functionNames.length === 0 && sh.state.sourceDepth === 0) {
    yield* sh.complain("return: can only `return' from a function or sourced script")
    return 2
  }
  throw new ReturnJump(yield* numeric(sh, words))
}

const jump = (kind: 'break' | 'continue'): Builtin =>
  function* (sh, words) {
    if (sh.loops === 0) {
      yield* sh.complain(`${kind}: only meaningful in a \`for', \`while', or \`until' loop`)
      return 0
    }
    const levels = Number(words[1] ?? 1)
    if (!(levels >= 1)) {
      yield* sh.complain(`${kind}: ${words[1]}: loop count out of range`)
      return 1
    }
    throw new LoopJump(kind, levels)
  }

const evaluate: Builtin = function* (sh, words) {
  const text = words.slice(1).join(' ')
  return text.trim() === '' ? 0 : yield* sh.runSource(text)
}

const source: Builtin = function* (sh, words) {
  const [, name, ...args] = words
  if (name === undefined) {
    yield* sh.complain(`${words[0]}: filename argument required`)
    return 2
  }
  const path = name.startsWith('/') ? name : `${sh.state.cwd}/${name}`
  const got = yield* sh.p.readFile(path)
  if ('error' in got) {
    yield* sh.complain(`${name}: ${errnoText(got.error)}`)
    return 1
  }
  return yield* runSourced(sh, got.text, args)
}

function* runSourced(sh: Shell, text: string, args: string[]): Run<number> {
  const before = sh.state.positional
  if (args.length > 0) sh.state.positional = args
  sh.state.sourceDepth++
  try {
    return yield* sh.runSource(text)
  } catch (error) {
    if (error instanceof ReturnJump) return error.code
    throw error
  } finally {
    sh.state.sourceDepth--
    sh.state.positional = before
  }
}

const shift: Builtin = function* (sh, words) {
  const count = Number(words[1] ?? 1)
  if (count > sh.state.positional.length) return 1
  sh.state.positional = sh.state.positional.slice(count)
  return 0
}

const test: Builtin = function* (sh, words) {
  const isBracket = words[0] === '['
  if (isBracket && words.at(-1) !== ']') {
    yield* sh.complain("[: missing `]'")
    return 2
  }
  try {
    return (yield* testWords(sh.p, words.slice(1, isBracket ? -1 : undefined), sh.state.cwd, sh)) ? 0 : 1
  } catch (error) {
    if (!(error instanceof ShellError)) throw error
    yield* sh.complain(`${words[0]}: ${error.message}`)
    return error.code
  }
}

/** What a trap can wait for: a signal, or one of bash's own. */
function trapName(text: string): string | undefined {
  const own = text === '0' ? 'EXIT' : text.toUpperCase()
  return ['EXIT', 'ERR', 'DEBUG', 'RETURN'].includes(own) ? own : signalName(text)
}

const trap: Builtin = function* (sh, words) {
  const args = words.slice(1).filter((word) => word !== '--')
  if (args[0] === '-l') {
    yield* sh.p.out(signalTable())
    return 0
  }
  if (args.length === 0 || args[0] === '-p') {
    for (const [name, text] of Object.entries(sh.state.traps))
      yield* sh.p.out(`trap -- ${quoteWord(text)} ${/^(EXIT|ERR|DEBUG|RETURN)$/.test(name) ? name : `SIG${name}`}\n`)
    return 0
  }
  const [text = '', ...names] = args
  const resets = names.length === 0 || text === '-'
  let status = 0
  for (const spec of names.length === 0 ? [text] : names) {
    const name = trapName(spec)
    if (name === undefined) {
      yield* sh.complain(`trap: ${spec}: invalid signal specification`)
      status = 1
    } else if (resets) delete sh.state.traps[name]
    else sh.state.traps[name] = text
  }
  yield* watchSignals(sh)
  return status
}

const letIt: Builtin = function* (sh, words) {
  let value = 0
  for (const text of words.slice(1)) {
    const node = parseArithmetic(text)
    if (node === undefined) throw new ShellError(`let: ${text}: syntax error in expression (error token is "${text}")`)
    value = yield* evaluateArithmetic(node, arithmeticScope(sh))
  }
  return value === 0 ? 1 : 0
}

const getopts: Builtin = function* (sh, words) {
  const [, spec = '', name = '', ...given] = words
  const args = given.length > 0 ? given : sh.state.positional
  const index = Number(getValue(sh.state, 'OPTIND') ?? 1)
  const word = args[index - 1]
  const offset = sh.state.optionOffset || 1
  if (word === undefined || !/^-./.test(word) || word === '--') {
    if (word === '--') setValue(sh.state, 'OPTIND', String(index + 1))
    setValue(sh.state, name, '?')
    return 1
  }
  const letter = word.charAt(offset)
  const isLast = offset + 1 >= word.length
  sh.state.optionOffset = isLast ? 0 : offset + 1
  let next = isLast ? index + 1 : index
  const at = spec.replace(/^:/, '').indexOf(letter)
  unsetVariable(sh.state, 'OPTARG')
  const quiet = spec.startsWith(':')
  let found = letter
  if (at < 0 || letter === ':') {
    found = '?'
    if (quiet) setValue(sh.state, 'OPTARG', letter)
    else yield* sh.p.err(`${sh.state.name}: illegal option -- ${letter}\n`)
  } else if (spec.replace(/^:/, '').charAt(at + 1) === ':') {
    const value = isLast ? args[next - 1] : word.slice(offset + 1)
    sh.state.optionOffset = 0
    if (value !== undefined) setValue(sh.state, 'OPTARG', value)
    else if (quiet) {
      found = ':'
      setValue(sh.state, 'OPTARG', letter)
    } else {
      found = '?'
      yield* sh.p.err(`${sh.state.name}: option requires an argument -- ${letter}\n`)
    }
    next = isLast ? index + 2 : index + 1
  }
  setValue(sh.state, 'OPTIND', String(next))
  setValue(sh.state, name, found)
  return 0
}

const times: Builtin = function* (sh) {
  yield* sh.p.out('0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n')
  return 0
}

export const flowBuiltins: Record<string, Builtin> = {
  ':': function* () {
    return 0
  },
  true: function* () {
    return 0
  },
  false: function* () {
    return 1
  },
  exit,
  logout: exit,
  return: leave,
  break: jump('break'),
  continue: jump('continue'),
  eval: evaluate,
  source,
  '.': source,
  shift,
  test,
  '[': test,
  trap,
  let: letIt,
  getopts,
  times,
  builtin: (sh, words) => sh.runCommandWords(words.slice(1)),
}
