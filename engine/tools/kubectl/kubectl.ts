/** The program. Finds the command among the words, reads its flags, runs it, prints what went wrong. Models kubectl/pkg/cmd/cmd.go and spf13/cobra. */
import type { Proc, Program, Run } from '../../host/process.ts'
import type { ListObject } from './client.ts'
import type { Command, Context } from './command.ts'
import { homeOf } from './config/kubeconfig.ts'
import { CommandError, notSimulated, StatusError } from './errors.ts'
import { klogHeader } from './klog.ts'
import { refusalText } from './verbosity.ts'
import { flagMap, FlagValues, parseFlags, takesNoValue, type FlagSpec } from './flags.ts'
import { allFlags, childOf, globalFlags, helpText, optionsText, subcommands, usageText } from './help.ts'
import { pathOf } from './mapper.ts'
import { runPlugin } from './plugins.ts'
import { commandAt } from './registry.ts'
import { Session } from './session.ts'
import { editDistance } from '../../host/edit-distance.ts'

/** `kubectl`, as a program of a host. */
export const kubectl: Program = function* (argv, p) {
  try {
    return yield* execute(argv.slice(1), p)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const text = error.text()
    if (text !== '') yield* p.err(`${text}\n`)
    return error.code
  }
}

function* execute(words: string[], p: Proc): Run<number> {
  if (words[0] === '__complete') return yield* printCompletions(words.slice(1), p)
  const { path, rest } = findCommand('', words)
  if (path === '' && rest[firstArgument(rest, flagMap(globalFlags()))] === 'alpha') return yield* alpha(rest, p)
  if (path === '' || path === 'options' || path === 'help') return yield* atRoot(path, rest, p)
  const command = commandAt(path)
  if (path === 'create' && rest[0] !== undefined && !rest[0].startsWith('-')) {
    const code = yield* runPlugin(['create', ...rest], p, 2)
    if (code !== undefined) return code
  }
  const specs = allFlags(path, command?.flags)
  const parsed = parsing(path, () => parseFlags(rest, specs))
  for (const notice of parsed.notices) yield* p.err(`${notice}\n`)
  if (parsed.help) return yield* print(p, helpText(path), 0)
  if (!command) return yield* withoutBody(path, parsed.args, p)
  checkRequired(command, parsed.values.given)
  const session = new Session(p, parsed.values)
  const ctx: Context = { p, path, args: parsed.args, dash: parsed.dash, flags: parsed.values, session }
  const code = (yield* explained(ctx, command.run(ctx))) ?? 0
  return yield* afterWarnings(ctx, code)
}

function* print(p: Proc, text: string, code: number): Run<number> {
  yield* p.out(text)
  return code
}

/** A hidden command without subcommands. Models kubectl/pkg/cmd/alpha.go. */
function* alpha(words: string[], p: Proc): Run<number> {
  parsing('alpha', () => parseFlags(words, flagMap(globalFlags())))
  yield* p.err('No alpha commands are available in this version of kubectl\n')
  return 0
}

/** Flag errors point at the command's help. */
function parsing<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(`${error.message}\nSee '${['kubectl', path].join(' ').trim()} --help' for usage.`)
  }
}

function checkRequired(command: Command, given: ReadonlyMap<string, string[]>): void {
  const missing = (command.required ?? []).filter((name) => !given.has(name))
  if (missing.length > 0)
    throw new CommandError(`required flag(s) ${missing.map((name) => `"${name}"`).join(', ')} not set`)
}

/** From -v=3 on a refusal is shown whole before it is told. */
function* explained(ctx: Context, run: Run<number | void>): Run<number | void> {
  try {
    return yield* run
  } catch (error) {
    if (error instanceof StatusError && ctx.flags.int('v') >= 3)
      yield* ctx.p.err(
        `${yield* klogHeader(ctx.p, 'I', 'helpers.go:246')} ${refusalText(ctx.session.minor, error.status)}\n`,
      )
    throw error
  }
}

/** `--warnings-as-errors`. */
function* afterWarnings(ctx: Context, code: number): Run<number> {
  const { warnings } = ctx.session
  if (warnings === 0 || !ctx.flags.bool('warnings-as-errors')) return code
  yield* ctx.p.err(`error: ${warnings} warning${warnings === 1 ? '' : 's'} received\n`)
  return 1
}

interface Found {
  path: string
  rest: string[]
}

/** cobra's Find: the first word that is no flag names the command; flags may stand before it. */
function findCommand(path: string, words: string[]): Found {
  const index = firstArgument(words, flagMap(path === '' ? globalFlags() : [...allFlags(path).values()]))
  const child = index < 0 ? undefined : childOf(path, words[index]!)
  if (child === undefined) return { path, rest: words }
  return findCommand(child, [...words.slice(0, index), ...words.slice(index + 1)])
}

function firstArgument(words: string[], specs: ReadonlyMap<string, FlagSpec>): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word === '--') return -1
    if (word.startsWith('--')) {
      if (!word.includes('=') && !takesNoValue(specs, word.slice(2))) i++
    } else if (/^-[^-]/.test(word)) {
      if (word.length === 2 && !takesNoValue(specs, word[1]!)) i++
    } else if (word !== '') return i
  }
  return -1
}

function* atRoot(path: string, words: string[], p: Proc): Run<number> {
  if (path === 'options') return yield* print(p, optionsText(homeOf(p)), 0)
  if (path === 'help') return yield* helpTopic(words, p)
  const globals = flagMap(globalFlags())
  const stranger = words[firstArgument(words, globals)]
  if (stranger !== undefined) {
    const code = yield* runPlugin(words, p)
    if (code !== undefined) return code
    throw new CommandError(unknownCommand(stranger))
  }
  parsing('', () => parseFlags(words, globals))
  return yield* print(p, helpText(''), 0)
}

function* helpTopic(words: string[], p: Proc): Run<number> {
  const topics = words.filter((word) => !word.startsWith('-'))
  let path: string | undefined = ''
  for (const topic of topics) {
    const next: string | undefined = childOf(path, topic)
    if (next === undefined) break
    path = next
  }
  if (topics.length > 0 && path === '') {
    yield* p.err(`Unknown help topic [${topics.map((topic) => `\`${topic}\``).join(' ')}]\n${rootUsage()}`)
    return 0
  }
  return yield* print(p, path === 'options' ? optionsText(homeOf(p)) : helpText(path), 0)
}

const rootUsage = (): string => `\n\n${usageText('')}`

/** A command that only has subcommands, or one that is not simulated. */
function* withoutBody(path: string, args: string[], p: Proc): Run<number> {
  const children = subcommands(path)
  if (children.length === 0) throw notSimulated(`kubectl ${path}`)
  if (args.length > 0)
    throw new CommandError(`unknown command "${args.join(' ')}"\nSee 'kubectl ${path} -h' for help and examples`)
  if (path === 'certificate') return yield* print(p, helpText(path), 0)
  if (path === 'rollout') return yield* print(p, helpText(path), 1)
  yield* p.err(helpText(path))
  return 1
}

function unknownCommand(word: string): string {
  const near = subcommands('')
    .filter((name) => name !== 'options' && name !== 'help')
    .filter((name) => editDistance(word.toLowerCase(), name) <= 2 || name.startsWith(word.toLowerCase()))
  const hint = near.length > 0 ? `\n\nDid you mean this?\n${near.map((name) => `\t${name}`).join('\n')}` : ''
  return `unknown command "${word}" for "kubectl"${hint}`
}

/** `kubectl __complete WORDS…`: what the last word may become, one a line; for the shell's completion. */
function* printCompletions(words: string[], p: Proc): Run<number> {
  for (const word of yield* complete(words, p)) yield* p.out(`${word}\n`)
  return 0
}

/** What the last of the words (after `kubectl`) may become: commands, flags, types, names. Asks the server where it must. */
export function* complete(words: string[], p: Proc): Run<string[]> {
  const last = words.at(-1) ?? ''
  const { path, rest } = findCommand('', words.slice(0, -1))
  const command = commandAt(path)
  const specs = allFlags(path, command?.flags)
  const starting = (names: string[]): string[] => names.filter((name) => name.startsWith(last)).sort()
  if (last.startsWith('-'))
    return starting([...specs.values()].filter((flag) => !flag.hidden).map((flag) => `--${flag.name}`))
  const session = new Session(p, lenientFlags(rest, specs))
  const flag = rest.at(-1) ?? ''
  if (flag === '-n' || flag === '--namespace') return starting(yield* namesFor(session, 'namespaces'))
  if (subcommands(path).length > 0 && rest.every((word) => word.startsWith('-')))
    return starting(subcommands(path).filter((name) => name !== 'help'))
  return starting(yield* argumentsFor(session, command, lenientArgs(rest, specs), last))
}

function lenientFlags(words: string[], specs: ReadonlyMap<string, FlagSpec>): FlagValues {
  try {
    return parseFlags(words, specs).values
  } catch (error) {
    if (error instanceof CommandError) return new FlagValues(specs)
    throw error
  }
}

function lenientArgs(words: string[], specs: ReadonlyMap<string, FlagSpec>): string[] {
  try {
    return parseFlags(words, specs).args
  } catch (error) {
    if (error instanceof CommandError) return []
    throw error
  }
}

/** Types for the first argument, then names; some commands take names of one type, or kubeconfig entries. */
function* argumentsFor(session: Session, command: Command | undefined, args: string[], last: string): Run<string[]> {
  const kind = command?.complete ?? 'types'
  if (kind === 'none') return []
  if (kind === 'contexts' || kind === 'clusters' || kind === 'users')
    return [...(yield* session.context()).config[kind].keys()]
  if (kind === 'pods' || kind === 'nodes') return args.length === 0 ? yield* namesFor(session, kind) : []
  const slash = last.indexOf('/')
  if (slash > 0)
    return (yield* namesFor(session, last.slice(0, slash))).map((name) => `${last.slice(0, slash)}/${name}`)
  if (args.length > 0) return yield* namesFor(session, args[0]!)
  const types = (yield* session.mapper(1)).preferred()
  return types.filter((type) => type.verbs.includes('get')).map((type) => type.resource)
}

/** Names of the objects of a type; none when the server does not say. */
function* namesFor(session: Session, word: string): Run<string[]> {
  try {
    const type = (yield* session.mapper(1)).find(word)
    if (!type) return []
    const { namespace } = yield* session.namespace()
    const list = yield* (yield* session.client()).get<ListObject>(pathOf(type, namespace))
    return (list.items ?? []).map((item) => item.metadata?.name ?? '')
  } catch (error) {
    if (error instanceof CommandError) return []
    throw error
  }
}
