/** What the commands of the docker client share: what they are asked, how they fail, how they are described. */
import type { Proc, Run } from '../../host/process.ts'
import type { Options } from '../../host/programs/options.ts'
import type { DockerRelease } from '../../versions/index.ts'
import type { Daemon } from './daemon.ts'

export interface Asked {
  options: Options
  args: string[]
  daemon: Daemon
  /** Of the client's binary. */
  release: DockerRelease
  now: number
}

export type Verb = (p: Proc, asked: Asked) => Run<number>

/** A row of the help: short name, long name with the kind of its value, description. */
export type FlagRow = readonly [short: string, long: string, text: string]

export interface Command {
  /** The words after the name: `[OPTIONS] CONTAINER`. */
  use: string
  short: string
  /** How many arguments it takes. */
  args: { min?: number; max?: number }
  flags: readonly FlagRow[]
  run: Verb
  /** What the daemon is asked first, as a refused connection tells it; absent: it does without a daemon. */
  request?: readonly [method: 'Get' | 'Post' | 'Delete', path: string]
  stopEarly?: boolean
}

export function* fail(p: Proc, text: string, code = 1): Run<number> {
  yield* p.err(`${text}\n`)
  return code
}

export const fromDaemon = (p: Proc, text: string): Run<number> => fail(p, `Error response from daemon: ${text}`)

export const notSimulated = (p: Proc, what: string): Run<number> => fail(p, `not simulated: docker ${what}`)

/** Does one thing for each argument; prints the argument, or what went wrong, and goes on. */
export function* each(
  p: Proc,
  args: readonly string[],
  act: (name: string) => Run<string | undefined>,
  prefix = 'Error response from daemon: ',
): Run<number> {
  const problems: string[] = []
  for (const name of args) {
    const problem = yield* act(name)
    if (problem === undefined) yield* p.out(`${name}\n`)
    else problems.push(`${prefix}${problem}`)
  }
  return problems.length === 0 ? 0 : yield* fail(p, problems.join('\n'))
}

const takesValue = (long: string): boolean => long.includes(' ')
export const nameOf = (long: string): string => long.split(' ')[0] as string

/** Rows as options of the parser. */
export function specOf({ flags, stopEarly }: Command): {
  flags: string[]
  withValue: string[]
  alias: Record<string, string>
  stopEarly: boolean
} {
  const names = (rows: readonly FlagRow[]): string[] =>
    rows.flatMap(([short, long]) => (short === '' ? [nameOf(long)] : [short, nameOf(long)]))
  return {
    flags: [...names(flags.filter(([, long]) => !takesValue(long))), 'help'],
    withValue: names(flags.filter(([, long]) => takesValue(long))),
    alias: Object.fromEntries(flags.filter(([short]) => short !== '').map(([short, long]) => [short, nameOf(long)])),
    stopEarly: stopEarly === true,
  }
}

/** `docker ps --help`. */
export function helpOf(path: string, { use, short, flags }: Command): string {
  const left = flags.map(([one, long]) => `  ${one === '' ? '    ' : `-${one}, `}--${long}`)
  const width = Math.max(...left.map((text) => text.length))
  const rows = flags.map(([, , text], i) => `${(left[i] as string).padEnd(width)}   ${text}\n`)
  const options = flags.length === 0 ? '' : `\nOptions:\n${rows.join('')}`
  return `\nUsage:  docker ${path} ${use}\n\n${short}\n${options}`
}

/** Why so many arguments are wrong, as cli/required.go says it; undefined: they are right. */
export function argsProblem(path: string, command: Command, count: number): string | undefined {
  const { min = 0, max } = command.args
  if (count >= min && (max === undefined || count <= max)) return undefined
  const plural = (n: number): string => (n === 1 ? 'argument' : 'arguments')
  const what =
    max === 0
      ? 'accepts no arguments'
      : min === max
        ? `requires exactly ${min} ${plural(min)}`
        : count < min
          ? `requires at least ${min} ${plural(min)}`
          : `requires at most ${max} ${plural(max ?? 0)}`
  return `"docker ${path}" ${what}.\nSee 'docker ${path} --help'.\n\nUsage:  docker ${path} ${command.use}\n\n${command.short}`
}
