/** etcdctl 3.4, 3.5 and 3.6: the version is that of the binary that is run. Models etcdctl/main.go and ctlv3/ctl.go. */
import { parseBinary } from '../../host/binary.ts'
import type { Proc, Program, Run } from '../../host/process.ts'
import { minorOf, parseCommandLine } from './cobra.ts'
import type { Invocation, Parsed, Tool } from './cobra.ts'
import { ETCDCTL } from './commands.ts'
import { Ended, EXIT, Failed } from './exit.ts'
import { Session } from './session.ts'
import { V2_HELP, v2Refusal } from './v2.ts'
import { VERBS } from './verbs/index.ts'

/** A binary that does not say its version. */
const DEFAULT_VERSION = '3.5.24'

/** Says what the parser found wrong, as cobra and then the tool itself do. */
export function* complain(p: Proc, parsed: Exclude<Parsed, Invocation>): Run<number> {
  if ('help' in parsed) {
    yield* p.out(parsed.help)
    return 0
  }
  const below = parsed.usage === undefined ? `${parsed.hint}\n` : `${parsed.usage}\n`
  yield* p.err(`Error: ${parsed.error}\n${below}Error: ${parsed.error}\n`)
  return EXIT.error
}

/** The version of the binary that a name on the command line leads to. */
export function* versionOf(p: Proc, name: string): Run<string> {
  const paths = name.includes('/')
    ? [name]
    : (p.env['PATH'] ?? '/usr/local/bin:/usr/bin').split(':').map((one) => `${one}/${name}`)
  for (const path of paths) {
    const read = yield* p.readFile(path)
    const version = 'text' in read ? parseBinary(read.text)?.version : undefined
    if (version !== undefined) return version
    if ('text' in read) break
  }
  return DEFAULT_VERSION
}

/** Runs a command and turns what it throws into its last words and its exit code. */
export function* finish(p: Proc, run: Run<void>): Run<number> {
  try {
    yield* run
    return 0
  } catch (error) {
    if (error instanceof Ended) return error.code
    if (!(error instanceof Failed)) throw error
    yield* p.err(`Error: ${error.message}\n`)
    return error.code
  }
}

export const etcdctl: Program = function* (argv, p) {
  const version = yield* versionOf(p, argv[0] ?? 'etcdctl')
  const api = p.env['ETCDCTL_API'] ?? ''
  if (api !== '' && api !== '3') return yield* otherApi(p, api, version, argv.slice(1))
  return yield* run(p, ETCDCTL, version, argv.slice(1))
}

function* run(p: Proc, tool: Tool, version: string, words: string[]): Run<number> {
  const parsed = parseCommandLine(tool, words, version)
  if (!('path' in parsed)) return yield* complain(p, parsed)
  const verb = VERBS[parsed.path]
  if (verb === undefined) throw new Error(`etcdctl: no verb ${parsed.path}`)
  return yield* finish(p, verb(new Session(p, tool, version, parsed)))
}

function* otherApi(p: Proc, api: string, version: string, words: string[]): Run<number> {
  if (api !== '2' || minorOf(version) >= 6) {
    yield* p.err(`unsupported API version: ${api}\n`)
    return EXIT.error
  }
  if (words.length === 0 || words.some((word) => word === '-h' || word === '--help' || word === 'help')) {
    yield* p.out(V2_HELP(version))
    return 0
  }
  return yield* v2Refusal(p, words)
}
