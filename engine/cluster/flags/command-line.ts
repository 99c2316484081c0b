/** What all Kubernetes components do with their command line before they look at a flag's meaning (O1). Models component-base/cli and cobra. */
import { gateProblem } from './feature-gates.ts'
import type { FlagHost, Refusal } from './host.ts'
import { parseFlags } from './pflag.ts'
import type { Flags } from './pflag.ts'
import { rowsOf } from './rows.ts'
import type { FlagRow } from './rows.ts'
import { quoted } from './values.ts'

export interface Program {
  name: string
  table: readonly FlagRow[]
  usage: (program: string, rows: readonly FlagRow[], minor: number) => string
  /** Whether the usage stands before the error of a flag. */
  isVerbose: boolean
  /** How long it takes to say that a flag is wrong. */
  afterMs: number
}

/** The flags, or why the process ends at once: an error, or because it was asked for its version or for help. */
function readCommandLine(
  program: Program,
  argv: readonly string[],
  { version, minor }: { version: string; minor: number },
): { flags: Flags } | Refusal {
  const rows = rowsOf(program.table, minor)
  const usage = (): string => program.usage(program.name, [...rows.values()], minor)
  const end = (text: string, before = ''): Refusal => ({
    refused: `${before}Error: ${text}\n`,
    code: 1,
    afterMs: program.afterMs,
  })
  const parsed = parseFlags(rows, argv.slice(1), minor)
  const problem = 'error' in parsed ? parsed.error : gatesProblem(parsed.flags, minor)
  if (problem !== undefined) return end(problem, program.isVerbose ? usage() : '')
  const { flags, args } = parsed as Exclude<typeof parsed, { error: string }>
  if (flags.bool('help')) return { refused: usage(), code: 0, afterMs: program.afterMs }
  if (args.length > 0) return end(strayWords(program.name, args))
  if (!['', 'false'].includes(flags.text('version')))
    return { refused: `Kubernetes v${version}\n`, code: 0, afterMs: program.afterMs }
  return { flags }
}

/** What a component looks at once its flags are read. */
export interface Scene {
  flags: Flags
  version: string
  minor: number
  host: FlagHost
}

/** The settings of a component and the first lines of its log, or why its process ends. */
export type Started<Settings> = { settings: Settings; log: string } | Refusal

/** The reader of a component's command line: `start` is asked once the flags themselves are in order. */
export const readerOf =
  <Settings>(program: Program, start: (scene: Scene) => Started<Settings>) =>
  (argv: readonly string[], version: string, minor: number, host: FlagHost): Started<Settings> => {
    const read = readCommandLine(program, argv, { version, minor })
    return 'refused' in read ? read : start({ flags: read.flags, version, minor, host })
  }

function gatesProblem(flags: Flags, minor: number): string | undefined {
  const gates = flags.map('feature-gates')
  const problem = gateProblem(gates, minor)
  if (problem === undefined) return undefined
  const text = Object.entries(gates).map(([name, value]) => `${name}=${value}`)
  return `invalid argument ${quoted(text.join(','))} for "--feature-gates" flag: ${problem}`
}

/** Words that are no flags get no usage. */
const strayWords = (program: string, args: readonly string[]): string =>
  `${quoted(program)} does not take any arguments, got [${args.map(quoted).join(' ')}]`
