/** What a verb is. Its texts and flags are data (help.gen.json); a verb's file adds only what it does. */
import type { Proc, Run } from '../../host/process.ts'
import type { FlagSpec, FlagValues } from './flags.ts'
import type { Session } from './session.ts'

/** One invocation of a verb. */
export interface Context {
  p: Proc
  /** `create deployment`: the command's path under kubectl. */
  path: string
  /** Positional arguments, those after `--` included. */
  args: string[]
  /** How many arguments came before `--`; -1 without one. */
  dash: number
  flags: FlagValues
  /** The kubeconfig, the connection and the resource types of this process. */
  session: Session
}

export interface Command {
  /** Path under kubectl, such as `create deployment`: the key of its texts and flags in help.gen.json. */
  path: string
  /** Flags the help does not list, or whose facts the help cannot tell. They replace those of the same name. */
  flags?: FlagSpec[]
  /** Flags without which the command is refused: `required flag(s) "max" not set`. */
  required?: string[]
  /** What the words after the command may be; absent: resource types, then names. */
  complete?: 'types' | 'names' | 'pods' | 'nodes' | 'contexts' | 'clusters' | 'users' | 'none'
  /** Does it. Throws CommandError for what goes wrong; the result is the exit code (absent: 0). */
  run(ctx: Context): Run<number | void>
}
