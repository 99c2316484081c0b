/** The memory of one shell as plain data: variables, functions, aliases, options, jobs, history. */
import type { CommandNode } from './ast.ts'

export interface Variable {
  value?: string
  /** Elements by subscript, for an indexed or associative array. */
  items?: Record<string, string>
  associative?: boolean
  exported?: boolean
  readonly?: boolean
  integer?: boolean
  lower?: boolean
  upper?: boolean
  /** The name it stands for (`declare -n`). */
  reference?: boolean
}

export interface ShellFunction {
  body: CommandNode
  source: string
}

export interface Job {
  number: number
  /** The process group. */
  group: number
  pids: number[]
  text: string
  state: 'Running' | 'Stopped' | 'Done'
  /** Exit codes so far, by pid. */
  codes: Record<string, number>
  code: number
  signal?: string
  background: boolean
}

export interface ShellOptions {
  errexit: boolean
  nounset: boolean
  xtrace: boolean
  pipefail: boolean
  noglob: boolean
  noclobber: boolean
  allexport: boolean
  noexec: boolean
  verbose: boolean
  nullglob: boolean
  dotglob: boolean
  nocaseglob: boolean
  extglob: boolean
  globstar: boolean
  expand_aliases: boolean
  nocasematch: boolean
  lastpipe: boolean
  inherit_errexit: boolean
}

export interface ShellState {
  variables: Record<string, Variable>
  /** One scope for each running function, the innermost last. */
  locals: Record<string, Variable>[]
  positional: string[]
  /** `$0`, and the name in messages. */
  name: string
  functions: Record<string, ShellFunction>
  aliases: Record<string, string>
  cwd: string
  options: ShellOptions
  traps: Record<string, string>
  status: number
  pipeStatus: number[]
  lastBackground?: number
  jobs: Job[]
  history: string[]
  interactive: boolean
  login: boolean
  /** Where getopts stands inside an argument. */
  optionOffset: number
  /** `$$`. */
  pid: number
  startedAtMs: number
  line: number
  /** Descriptors above 2 that commands inherit. */
  openFds: number[]
  directories: string[]
  /** Inside a subshell. */
  depth: number
  functionNames: string[]
  sourceDepth: number
  umask: number
}

export const DEFAULT_OPTIONS: ShellOptions = {
  errexit: false,
  nounset: false,
  xtrace: false,
  pipefail: false,
  noglob: false,
  noclobber: false,
  allexport: false,
  noexec: false,
  verbose: false,
  nullglob: false,
  dotglob: false,
  nocaseglob: false,
  extglob: true,
  globstar: false,
  expand_aliases: false,
  nocasematch: false,
  lastpipe: false,
  inherit_errexit: false,
}

export function makeState(of: {
  name: string
  positional: string[]
  env: Readonly<Record<string, string>>
  cwd: string
  pid: number
  nowMs: number
}): ShellState {
  const variables: Record<string, Variable> = {}
  for (const [name, value] of Object.entries(of.env)) variables[name] = { value, exported: true }
  variables.IFS = { value: ' \t\n' }
  variables.PWD = { value: of.cwd, exported: true }
  variables.OPTIND = { value: '1' }
  variables.SHLVL = { value: String(Number(of.env.SHLVL ?? 0) + 1), exported: true }
  return {
    variables,
    locals: [],
    positional: of.positional,
    name: of.name,
    functions: {},
    aliases: {},
    cwd: of.cwd,
    options: { ...DEFAULT_OPTIONS },
    traps: {},
    status: 0,
    pipeStatus: [0],
    jobs: [],
    history: [],
    interactive: false,
    login: false,
    optionOffset: 0,
    pid: of.pid,
    startedAtMs: of.nowMs,
    line: 1,
    openFds: [],
    directories: [],
    depth: 0,
    functionNames: [],
    sourceDepth: 0,
    umask: 0o022,
  }
}

/** A copy for a subshell: what the copy changes does not change the original. Trees and texts are shared. */
export function forkState(state: ShellState): ShellState {
  const copyScope = (scope: Record<string, Variable>): Record<string, Variable> =>
    Object.fromEntries(
      Object.entries(scope).map(([name, variable]) => [
        name,
        variable.items === undefined ? { ...variable } : { ...variable, items: { ...variable.items } },
      ]),
    )
  return {
    ...state,
    variables: copyScope(state.variables),
    locals: state.locals.map(copyScope),
    positional: [...state.positional],
    functions: { ...state.functions },
    aliases: { ...state.aliases },
    options: { ...state.options },
    traps: { ...state.traps },
    pipeStatus: [...state.pipeStatus],
    jobs: [],
    history: [...state.history],
    openFds: [...state.openFds],
    directories: [...state.directories],
    functionNames: [...state.functionNames],
    interactive: false,
    depth: state.depth + 1,
  }
}
