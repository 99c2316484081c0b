/** Builtins about names: export, declare, local, readonly, unset, set, shopt, alias, type, command, hash. */
import type { Run } from '../../host/process.ts'
import { assign } from '../assignment.ts'
import { parseScript } from '../ast.ts'
import { ShellError } from '../errors.ts'
import { quoteDouble, quoteWord } from '../quote.ts'
import type { Shell } from '../shell.ts'
import type { ShellOptions, Variable } from '../state.ts'
import {
  environment,
  findVariable,
  makeLocal,
  makeVariable,
  setValue,
  unsetVariable,
  variableNames,
} from '../variables.ts'
import type { Builtin } from './builtin.ts'

type Attributes = Partial<
  Pick<Variable, 'exported' | 'readonly' | 'integer' | 'associative' | 'lower' | 'upper' | 'reference'>
> & { array?: boolean }

const LETTERS: Record<string, keyof Attributes> = {
  x: 'exported',
  r: 'readonly',
  i: 'integer',
  A: 'associative',
  a: 'array',
  l: 'lower',
  u: 'upper',
  n: 'reference',
}

/** Text of a variable as `declare -p` prints it. */
function describe(name: string, variable: Variable): string {
  const flags = `${variable.items === undefined ? '' : variable.associative === true ? 'A' : 'a'}${variable.integer === true ? 'i' : ''}${variable.readonly === true ? 'r' : ''}${variable.exported === true ? 'x' : ''}`
  const items =
    variable.items === undefined
      ? undefined
      : Object.entries(variable.items)
          .map(([key, value]) => `[${key}]=${quoteDouble(value)}`)
          .join(' ')
  const value =
    items === undefined
      ? variable.value === undefined
        ? ''
        : `=${quoteDouble(variable.value)}`
      : `=(${items}${variable.associative === true ? ' ' : ''})`
  return `declare -${flags === '' ? '-' : flags} ${name}${value}`
}

function* declareName(sh: Shell, word: string, attributes: Attributes, local: boolean): Run<void> {
  const match = /^([A-Za-z_]\w*)(\[[^\]]*\])?(\+?=)?/.exec(word)
  if (match === null || (match[0] !== word && match[3] === undefined))
    throw new ShellError(`${local ? 'local' : 'declare'}: \`${word}': not a valid identifier`)
  const name = match[1] ?? ''
  const variable = local ? makeLocal(sh.state, name) : makeVariable(sh.state, name)
  const { readonly: fix, array, ...others } = attributes
  Object.assign(variable, others)
  if ((array === true || others.associative === true) && variable.items === undefined) {
    variable.items = variable.value === undefined ? {} : { 0: variable.value }
    delete variable.value
  }
  if (match[3] !== undefined) yield* giveValue(sh, word, match[0].length, name)
  if (fix === true) variable.readonly = true
}

function* giveValue(sh: Shell, word: string, at: number, name: string): Run<void> {
  const value = word.slice(at)
  const isArray = /^\([\s\S]*\)$/.test(value)
  const command = parseScript(isArray ? word : `${word.slice(0, at)}${quoteWord(value)}`).statements[0]?.pipelines[0]
    ?.commands[0]
  const assignment = command?.type === 'SimpleCommand' ? command.assignments[0] : undefined
  if (assignment === undefined) setValue(sh.state, name, value)
  else yield* assign(sh, assignment)
}

function attributesOf(words: string[]): { attributes: Attributes; flags: string; names: string[] } {
  const attributes: Attributes = {}
  let flags = ''
  let at = 1
  for (; at < words.length && /^[-+][A-Za-z]+$/.test(words[at] ?? ''); at++) {
    const word = words[at] ?? ''
    for (const letter of word.slice(1)) {
      const key = LETTERS[letter]
      if (key !== undefined) attributes[key] = word.startsWith('-')
      else flags += letter
    }
  }
  return { attributes, flags, names: words.slice(at).filter((word) => word !== '--') }
}

const declare: Builtin = function* (sh, words) {
  const { attributes, flags, names } = attributesOf(words)
  if (flags.includes('f') || flags.includes('F')) return yield* showFunctions(sh, names)
  if (flags.includes('p') || names.length === 0) return yield* showVariables(sh, names, attributes)
  const local = sh.state.functionNames.length > 0 && !flags.includes('g')
  for (const word of names) yield* declareName(sh, word, attributes, local)
  return 0
}

function* showVariables(sh: Shell, names: string[], attributes: Attributes): Run<number> {
  let status = 0
  for (const name of names.length > 0 ? names : variableNames(sh.state)) {
    const variable = findVariable(sh.state, name)
    if (variable === undefined) {
      yield* sh.complain(`declare: ${name}: not found`)
      status = 1
    } else if (attributes.exported !== true || variable.exported === true)
      yield* sh.p.out(`${describe(name, variable)}\n`)
  }
  return status
}

function* showFunctions(sh: Shell, names: string[]): Run<number> {
  for (const name of names.length > 0 ? names : Object.keys(sh.state.functions)) {
    if (!Object.hasOwn(sh.state.functions, name)) return 1
    yield* sh.p.out(`${name}\n`)
  }
  return 0
}

const local: Builtin = function* (sh, words) {
  if (sh.state.functionNames.length === 0) {
    yield* sh.complain('local: can only be used in a function')
    return 1
  }
  const { attributes, names } = attributesOf(words)
  for (const word of names) yield* declareName(sh, word, attributes, true)
  return sh.substituted ?? 0
}

const exportIt: Builtin = function* (sh, words) {
  const { flags, names, attributes } = attributesOf(words)
  if (flags.includes('n')) {
    for (const name of names) makeVariable(sh.state, name).exported = false
    return 0
  }
  if (names.length === 0) return yield* showVariables(sh, [], { exported: true })
  if (attributes.reference === true) {
    for (const name of names) makeVariable(sh.state, name).exported = false
    return 0
  }
  if (flags.includes('f')) return 0
  let status = 0
  for (const word of names) {
    if (/^[A-Za-z_]\w*(\+?=|$)/.test(word)) {
      yield* declareName(sh, word, { exported: true }, false)
      continue
    }
    yield* sh.complain(`export: \`${word}': not a valid identifier`)
    status = 1
  }
  return status
}

const readonly: Builtin = function* (sh, words) {
  const { attributes, names } = attributesOf(words)
  for (const word of names) yield* declareName(sh, word, { ...attributes, readonly: true }, false)
  return 0
}

const unset: Builtin = function* (sh, words) {
  for (const word of words.slice(1)) {
    if (word === '-v' || word === '-f') continue
    const subscript = /^(\w+)\[(.*)\]$/.exec(word)
    if (subscript !== null)
      delete findVariable(sh.state, subscript[1] ?? '')?.items?.[(subscript[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')]
    else if (words[1] === '-f' || (findVariable(sh.state, word) === undefined && words[1] !== '-v'))
      delete sh.state.functions[word]
    else unsetVariable(sh.state, word)
  }
  return 0
}

const SET_LETTERS: Record<string, keyof ShellOptions> = {
  e: 'errexit',
  u: 'nounset',
  x: 'xtrace',
  f: 'noglob',
  C: 'noclobber',
  a: 'allexport',
  n: 'noexec',
  v: 'verbose',
}

/** Applies `-euo pipefail` and the like to the options; the rest are positional parameters. */
export function* applySet(sh: Shell, args: string[]): Run<number> {
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--' || !/^[-+]./.test(word)) {
      sh.state.positional = args.slice(word === '--' ? at + 1 : at)
      return 0
    }
    for (const letter of word.slice(1)) {
      const name = letter === 'o' ? args[++at] : SET_LETTERS[letter]
      if (name === undefined || !(name in sh.state.options)) {
        if (
          'hmbBHEPT'.includes(letter) ||
          ['posix', 'monitor', 'emacs', 'vi', 'functrace', 'errtrace', 'histexpand', 'history'].includes(name ?? '')
        )
          continue
        yield* sh.complain(letter === 'o' ? `set: ${name}: invalid option name` : `set: -${letter}: invalid option`)
        return 2
      }
      sh.state.options[name as keyof ShellOptions] = word.startsWith('-')
    }
  }
  return 0
}

const set: Builtin = function* (sh, words) {
  if (words.length > 1 && !(words.length === 2 && /^[-+]o$/.test(words[1] ?? '')))
    return yield* applySet(sh, words.slice(1))
  if (words.length === 2) {
    for (const [name, on] of Object.entries(sh.state.options))
      yield* sh.p.out(`${name.padEnd(15)}\t${on ? 'on' : 'off'}\n`)
    return 0
  }
  for (const name of variableNames(sh.state)) {
    const value = findVariable(sh.state, name)?.value
    if (value !== undefined) yield* sh.p.out(`${name}=${/^[\w./:@%+,-]*$/.test(value) ? value : quoteWord(value)}\n`)
  }
  return 0
}

const shopt: Builtin = function* (sh, words) {
  const [, flag, ...names] = words
  if (flag !== '-s' && flag !== '-u')
    return names.length === 0 && flag === undefined
      ? 0
      : (sh.state.options as unknown as Record<string, boolean>)[names[0] ?? flag ?? ''] === true
        ? 0
        : 1
  for (const name of names) {
    if (name in sh.state.options) sh.state.options[name as keyof ShellOptions] = flag === '-s'
    else if (
      !/^(checkwinsize|histappend|cmdhist|globasciiranges|progcomp|promptvars|sourcepath|autocd|cdspell|failglob)$/.test(
        name,
      )
    ) {
      yield* sh.complain(`shopt: ${name}: invalid shell option name`)
      return 1
    }
  }
  return 0
}

const alias: Builtin = function* (sh, words) {
  const names = words.slice(1).filter((word) => word !== '-p')
  let status = 0
  for (const word of names.length > 0 ? names : Object.keys(sh.state.aliases).sort()) {
    const equals = word.indexOf('=')
    if (equals > 0) sh.state.aliases[word.slice(0, equals)] = word.slice(equals + 1)
    else if (Object.hasOwn(sh.state.aliases, word))
      yield* sh.p.out(`alias ${word}=${quoteWord(sh.state.aliases[word] ?? '')}\n`)
    else {
      yield* sh.complain(`alias: ${word}: not found`)
      status = 1
    }
  }
  return status
}

const unalias: Builtin = function* (sh, words) {
  if (words[1] === '-a') sh.state.aliases = {}
  for (const name of words.slice(1)) delete sh.state.aliases[name]
  return 0
}

export const KEYWORDS = [
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'case',
  'esac',
  'for',
  'select',
  'while',
  'until',
  'do',
  'done',
  'in',
  'function',
  'time',
  '{',
  '}',
  '!',
  '[[',
  ']]',
  'coproc',
]

/** Builtin names; filled by the index, which the two sides of a cycle cannot be. */
const builtinNames = new Set(
  'cd pwd pushd popd dirs : true false exit logout return break continue eval source . shift test [ trap let getopts times builtin export declare typeset local readonly unset set shopt alias unalias type command hash enable exec echo printf read mapfile readarray jobs fg bg wait kill disown history fc umask ulimit help complete compgen bind suspend'.split(
    ' ',
  ),
)

export function isBuiltin(name: string): boolean {
  return builtinNames.has(name)
}

type Kind = { kind: 'alias' | 'keyword' | 'function' | 'builtin' } | { kind: 'file'; path: string } | undefined

export function* kindOf(sh: Shell, name: string): Run<Kind> {
  if (Object.hasOwn(sh.state.aliases, name) && sh.state.options.expand_aliases) return { kind: 'alias' }
  if (KEYWORDS.includes(name)) return { kind: 'keyword' }
  if (Object.hasOwn(sh.state.functions, name)) return { kind: 'function' }
  if (isBuiltin(name)) return { kind: 'builtin' }
  const found = (yield* sh.p.ask('which', { name, path: environment(sh.state).PATH })) as
    { path: string } | { error: string }
  return 'path' in found ? { kind: 'file', path: found.path } : undefined
}

function sentence(sh: Shell, name: string, kind: NonNullable<Kind>): string {
  if (kind.kind === 'alias') return `${name} is aliased to \`${sh.state.aliases[name]}'`
  if (kind.kind === 'keyword') return `${name} is a shell keyword`
  if (kind.kind === 'file') return `${name} is ${kind.path}`
  return kind.kind === 'builtin' ? `${name} is a shell builtin` : `${name} is a function`
}

const type: Builtin = function* (sh, words) {
  const flags = words
    .slice(1)
    .filter((word) => /^-[afptP]+$/.test(word))
    .join('')
  let status = 0
  for (const name of words.slice(1).filter((word) => !/^-[afptP]+$/.test(word))) {
    const kind = yield* kindOf(sh, name)
    if (kind === undefined) {
      if (!/[tpP]/.test(flags)) yield* sh.complain(`type: ${name}: not found`)
      status = 1
    } else if (flags.includes('t')) yield* sh.p.out(`${kind.kind}\n`)
    else if (/[pP]/.test(flags)) yield* sh.p.out(kind.kind === 'file' ? `${kind.path}\n` : '')
    else yield* sh.p.out(`${sentence(sh, name, kind)}\n`)
  }
  return status
}

const command: Builtin = function* (sh, words) {
  const [, flag] = words
  if (flag !== '-v' && flag !== '-V')
    return yield* (sh as unknown as { runCommandWords(words: string[], options: object): Run<number> }).runCommandWords(
      words.slice(flag === '-p' || flag === '--' ? 2 : 1),
      { functions: false },
    )
  let status = 1
  for (const name of words.slice(2)) {
    const kind = yield* kindOf(sh, name)
    if (kind === undefined) {
      if (flag === '-V') yield* sh.complain(`command: ${name}: not found`)
      continue
    }
    status = 0
    const short =
      kind.kind === 'file'
        ? kind.path
        : kind.kind === 'alias'
          ? `alias ${name}=${quoteWord(sh.state.aliases[name] ?? '')}`
          : name
    yield* sh.p.out(`${flag === '-v' ? short : sentence(sh, name, kind)}\n`)
  }
  return status
}

export const nameBuiltins: Record<string, Builtin> = {
  declare,
  typeset: declare,
  local,
  export: exportIt,
  readonly,
  unset,
  set,
  shopt,
  alias,
  unalias,
  type,
  command,
  hash: function* () {
    return 0
  },
  enable: function* () {
    return 0
  },
  complete: function* () {
    return 0
  },
  compgen: function* () {
    return 1
  },
  compopt: function* () {
    return 0
  },
  bind: function* () {
    return 0
  },
}
