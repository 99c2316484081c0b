/** The program. Finds the command among the words, reads its flags, runs it, prints what went wrong. Models cmd/kubeadm/app/kubeadm.go and spf13/cobra. */
import type { Proc, Program, Run } from '../../host/process.ts'
import { CommandError, ConnectionError, StatusError } from '../kubectl/errors.ts'
import { flagMap, parseFlags } from '../kubectl/flags.ts'
import { contextOf } from './command.ts'
import type { Command } from './command.ts'
import { goError, KubeadmError, notSimulated } from './errors.ts'
import { helpText } from './help.ts'
import { GLOBAL } from './options.ts'
import { childrenOf, commandAt } from './registry.ts'
import { featuresOf, minorOf } from './release.ts'

/** `kubeadm`, as a program of a host. */
export const kubeadm: Program = function* (argv, p) {
  try {
    return yield* execute(argv.slice(1), p)
  } catch (error) {
    const text = goError(error)
    if (text === undefined) throw error
    yield* p.err(failureText(text, minorOf(p.release)))
    return 1
  }
}

/** What a person sees of an error, by release. */
export function failureText(text: string, minor: number): string {
  const body = text.endsWith('\n') ? text : `${text}\n`
  if (text.startsWith('not simulated: ')) return body
  if (featuresOf(minor).errorPrefix) return `error: ${body}`
  return `${body}To see the stack trace of this error execute with --v=5 or higher\n`
}

function* execute(words: string[], p: Proc): Run<number> {
  const minor = minorOf(p.release)
  if (words[0] === 'completion') throw notSimulated('kubeadm completion')
  if (words[0] === 'help') return yield* execute([...words.slice(1), '--help'], p)
  const { command, rest } = findCommand(words, minor)
  const parsed = readFlags(rest, command)
  const children = childrenOf(command.path, minor)
  if (parsed.help || (command.run === undefined && parsed.args.length === 0 && command.path === '')) {
    yield* p.out(helpText(command, children))
    return 0
  }
  if (command.run === undefined) {
    const isPhase = /(^| )phase( |$)/.test(command.path)
    if (parsed.args.length > 0 && !command.path.endsWith('phase'))
      throw new KubeadmError(withoutSubcommand(command, parsed.args, isPhase))
    yield* p.out(helpText(command, children))
    return isPhase ? 0 : 1
  }
  const limit = command.maxArgs ?? 0
  if (parsed.args.length > limit) throw new KubeadmError(tooMany(command, parsed.args, limit))
  for (const notice of parsed.notices) yield* p.err(`${notice}\n`)
  return (yield* command.run(contextOf(p, command.path, parsed.args, parsed.values))) ?? 0
}

/** Models cmd/kubeadm/app/cmd/util.SubCmdRun; phases are cobra's own business. */
function withoutSubcommand({ path }: Command, args: readonly string[], isPhase: boolean): string {
  const full = path === '' ? 'kubeadm' : `kubeadm ${path}`
  if (path === '' || isPhase) return `unknown command ${JSON.stringify(args[0])} for ${JSON.stringify(full)}`
  return `invalid subcommand ${JSON.stringify(args.join(' '))}\nSee '${full} -h' for help and examples`
}

function tooMany({ path }: Command, args: readonly string[], limit: number): string {
  if (limit === 0) return `unknown command ${JSON.stringify(args[0])} for ${JSON.stringify(`kubeadm ${path}`)}`
  return `accepts at most ${limit} arg(s), received ${args.length}`
}

/** Walks down the words that name commands; flags before them belong to the last one. */
function findCommand(words: string[], minor: number): { command: Command; rest: string[] } {
  const rest = [...words]
  let path = ''
  for (let at = 0; at < rest.length;) {
    const word = rest[at] as string
    if (word.startsWith('-')) {
      at++
      continue
    }
    const next = commandAt(path === '' ? word : `${path} ${word}`, minor)
    if (next === undefined) break
    path = next.path
    rest.splice(at, 1)
  }
  return { command: commandAt(path, minor) as Command, rest }
}

function readFlags(words: string[], command: Command) {
  try {
    return parseFlags(words, flagMap(GLOBAL, command.flags ?? []))
  } catch (error) {
    if (error instanceof StatusError || error instanceof ConnectionError || !(error instanceof CommandError))
      throw error
    throw new KubeadmError(error.message)
  }
}
