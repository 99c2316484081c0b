/**
 * Models iptables 1.8.10 (nf_tables) (Q6): everything is shown; rules of the filter table's INPUT, FORWARD and OUTPUT
 * are set. Not modelled: changes of other tables and chains, iptables-restore, counters; ipvs, nft, ebtables.
 */
import type { Proc, Program, Run } from '../process.ts'
import type { FilterChange, RulesetAnswer } from '../netfilter/calls.ts'
import type { ChangeResult, FilterChain } from '../netfilter/netfilter.ts'
import { FILTER_CHAINS } from '../netfilter/netfilter.ts'
import { TABLES } from '../netfilter/model.ts'
import type { Ruleset, TableName } from '../netfilter/model.ts'
import { parseRule } from '../netfilter/parse.ts'
import { hasChain, makeListing, makeRule, makeSave, makeSpecs } from '../netfilter/texts.ts'
import { DAYS, MONTHS, two } from './text.ts'

const VERSION = 'v1.8.10 (nf_tables)'

function* fail(p: Proc, code: number, text: string): Run<number> {
  yield* p.err(text.startsWith('not simulated') ? `${text}\n` : `iptables: ${text}\n`)
  return code
}

function* misused(p: Proc, text: string): Run<number> {
  yield* p.err(`iptables ${VERSION}: ${text}\n`)
  return 2
}

/** `Sat Nov 21 01:34:45 2026`, as ctime has it. */
function ctime(ms: number): string {
  const date = new Date(ms)
  const day = String(date.getUTCDate()).padStart(2)
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()}`
}

const EMPTY: Ruleset = { mangle: [], filter: [], nat: [] }

/** IPv6 has tables, and nothing in them. */
function* rulesetOf(p: Proc, six: boolean): Run<Ruleset | undefined> {
  const answer = (yield* p.ask('netfilter.ruleset')) as RulesetAnswer
  if ('error' in answer) return undefined
  return six ? EMPTY : answer.ruleset
}

interface Command {
  table: TableName
  verb: string
  words: string[]
  verbose: boolean
  numeric: boolean
  lineNumbers: boolean
}

const VERBS: Record<string, string> = {
  '--list': '-L',
  '--list-rules': '-S',
  '--append': '-A',
  '--insert': '-I',
  '--delete': '-D',
  '--flush': '-F',
  '--policy': '-P',
  '--check': '-C',
  '--new-chain': '-N',
  '--new': '-N',
  '--delete-chain': '-X',
  '--zero': '-Z',
  '--replace': '-R',
  '--rename-chain': '-E',
}
const KNOWN_VERBS = new Set(Object.values(VERBS))
const SWITCHES: Record<string, keyof Pick<Command, 'verbose' | 'numeric' | 'lineNumbers'>> = {
  '-v': 'verbose',
  '--verbose': 'verbose',
  '-n': 'numeric',
  '--numeric': 'numeric',
  '--line-numbers': 'lineNumbers',
  '--line-number': 'lineNumbers',
  '--line': 'lineNumbers',
}

/** Letters that may stand together: `-nvL`, `-tnat`. */
function separated(argv: readonly string[]): string[] {
  return argv.flatMap((word) => {
    if (/^-t\w+$/.test(word)) return ['-t', word.slice(2)]
    return /^-[nvxLSFw]{2,}$/.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word]
  })
}

function readCommand(argv: readonly string[]): Command | { problem: string } {
  const command: Command = { table: 'filter', verb: '', words: [], verbose: false, numeric: false, lineNumbers: false }
  const words = separated(argv.slice(1))
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const verb = VERBS[word] ?? word
    if (word === '-t' || word === '--table') {
      const name = words[++at] ?? ''
      if (name === 'raw' || name === 'security') return { problem: `not simulated: the ${name} table` }
      if (!TABLES.includes(name as TableName))
        return { problem: `can't initialize iptables table \`${name}': Table does not exist (do you need to insmod?)` }
      command.table = name as TableName
    } else if (SWITCHES[word] !== undefined) command[SWITCHES[word]] = true
    else if (word === '-w' || word === '--wait' || word === '-x' || word === '--exact') continue
    else if (KNOWN_VERBS.has(verb) && command.verb === '') command.verb = verb
    else command.words.push(word)
  }
  return command
}

function iptablesOf(six: boolean): Program {
  return function* (argv, p) {
    if (argv.includes('-V') || argv.includes('--version')) {
      yield* p.out(`${six ? 'ip6tables' : 'iptables'} ${VERSION}\n`)
      return 0
    }
    const command = readCommand(argv)
    if ('problem' in command)
      return command.problem.startsWith('not simulated')
        ? yield* fail(p, 1, command.problem)
        : yield* misused(p, command.problem)
    if (command.verb === '')
      return yield* misused(p, "no command specified\nTry `iptables -h' or 'iptables --help' for more information.")
    const ruleset = yield* rulesetOf(p, six)
    if (ruleset === undefined) {
      yield* p.err(
        `iptables ${VERSION}: Could not fetch rule set generation id: Permission denied (you must be root)\n`,
      )
      return 4
    }
    if (command.verb === '-L' || command.verb === '-S') return yield* show(p, command, ruleset)
    if (six) return yield* fail(p, 1, 'not simulated: rules of ip6tables')
    return yield* change(p, command, ruleset)
  }
}

function* show(p: Proc, command: Command, ruleset: Ruleset): Run<number> {
  const { table, verb, words } = command
  const [chain] = words
  const chains = ruleset[table]
  if (chain !== undefined && !hasChain(table, chains, chain))
    return yield* fail(p, 1, 'No chain/target/match by that name.')
  const only = chain === undefined ? {} : { chain }
  yield* p.out(verb === '-S' ? makeSpecs(table, chains, chain) : makeListing(table, chains, { ...command, ...only }))
  return 0
}

function* change(p: Proc, { table, verb, words }: Command, ruleset: Ruleset): Run<number> {
  const [chain, ...rest] = words
  if (verb === '-F' && table === 'filter' && chain === undefined) {
    for (const each of FILTER_CHAINS) yield* p.ask('netfilter.change', { change: { verb: 'flush', chain: each } })
    return 0
  }
  if (chain === undefined && verb !== '-F' && verb !== '-X' && verb !== '-Z')
    return yield* misused(
      p,
      `option "${verb}" requires an argument\nTry \`iptables -h' or 'iptables --help' for more information.`,
    )
  if (verb === '-Z' || (chain === undefined && isDone(verb, ruleset[table]))) return 0
  if (chain !== undefined && verb !== '-N' && !hasChain(table, ruleset[table], chain))
    return yield* fail(p, 1, 'No chain/target/match by that name.')
  if (verb === '-C') return yield* check(p, ruleset[table], chain ?? '', rest)
  if (table !== 'filter' || !FILTER_CHAINS.includes(chain as FilterChain))
    return yield* fail(p, 1, `not simulated: iptables -t ${table} ${[verb, ...words].join(' ')}`)
  const planned = plan(verb, chain as FilterChain, rest)
  if ('error' in planned)
    return planned.code === 2 ? yield* misused(p, planned.error) : yield* fail(p, planned.code, planned.error)
  const done = (yield* p.ask('netfilter.change', { change: planned })) as ChangeResult
  return 'error' in done ? yield* fail(p, done.code, done.error) : 0
}

/** Flushing a table without rules, and deleting the chains of one that has none of its own. */
function isDone(verb: string, chains: Ruleset[TableName]): boolean {
  if (verb === '-F') return chains.every(({ rules }) => rules.length === 0)
  return verb === '-X' && chains.every(({ policy }) => policy !== undefined)
}

/** Whether a chain has the rule. */
function* check(p: Proc, chains: Ruleset[TableName], chain: string, words: readonly string[]): Run<number> {
  const parsed = parseRule(words)
  if ('error' in parsed)
    return parsed.code === 2 ? yield* misused(p, parsed.error) : yield* fail(p, parsed.code, parsed.error)
  const text = makeRule(chain, parsed.rule)
  const rules = chains.find(({ name }) => name === chain)?.rules ?? []
  if (rules.some((rule) => makeRule(chain, rule) === text)) return 0
  return yield* fail(p, 1, 'Bad rule (does a matching rule exist in that chain?).')
}

function plan(
  verb: string,
  chain: FilterChain,
  rest: readonly string[],
): FilterChange | { error: string; code: number } {
  if (verb === '-F') return { verb: 'flush', chain }
  if (verb === '-P') {
    const [policy] = rest
    if (policy !== 'ACCEPT' && policy !== 'DROP')
      return { error: "Bad policy name. Run `dmesg' for more information.", code: 1 }
    return { verb: 'policy', chain, policy }
  }
  const number = /^\d+$/.test(rest[0] ?? '') ? Number(rest[0]) : undefined
  if (verb === '-D' && number !== undefined) return { verb: 'delete', chain, which: number }
  if (verb !== '-A' && verb !== '-I' && verb !== '-D') return { error: `not simulated: iptables ${verb}`, code: 1 }
  const parsed = parseRule(verb === '-I' && number !== undefined ? rest.slice(1) : rest)
  if ('error' in parsed) return parsed
  if (verb === '-A') return { verb: 'append', chain, rule: parsed.rule }
  if (verb === '-D') return { verb: 'delete', chain, which: parsed.rule }
  return { verb: 'insert', chain, at: number ?? 1, rule: parsed.rule }
}

function saveOf(six: boolean): Program {
  return function* (argv, p) {
    const program = six ? 'ip6tables-save' : 'iptables-save'
    const table = argv[argv.findIndex((word) => word === '-t' || word === '--table') + 1]
    const only = argv.some((word) => word === '-t' || word === '--table') ? (table as TableName) : undefined
    const ruleset = yield* rulesetOf(p, six)
    if (ruleset === undefined) {
      yield* p.err(
        `${program} ${VERSION}: Could not fetch rule set generation id: Permission denied (you must be root)\n`,
      )
      return 4
    }
    yield* p.out(makeSave(ruleset, only, ctime(yield* p.now()), program))
    return 0
  }
}

/** The tool is there, what it speaks of is not. */
function unmodelled(what: string): Program {
  return function* (argv, p) {
    return yield* fail(p, 1, `not simulated: ${[argv[0]?.split('/').at(-1), ...argv.slice(1)].join(' ')}${what}`)
  }
}

/** kube-proxy runs in iptables mode: IPVS has no services. */
const ipvsadm: Program = function* (argv, p) {
  if (p.user !== 'root') {
    yield* p.err("Can't initialize ipvs: Permission denied (you must be root)\n")
    return 1
  }
  const words = separated(
    argv
      .slice(1)
      .flatMap((word) => (/^-[Lnlc]+$/.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word])),
  )
  if (words.some((word) => !['-L', '-l', '-n', '--list', '--numeric'].includes(word)))
    return yield* fail(p, 1, `not simulated: ipvsadm ${argv.slice(1).join(' ')}`)
  yield* p.out(
    'IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n',
  )
  return 0
}

export const iptablesPrograms = {
  iptables: iptablesOf(false),
  ip6tables: iptablesOf(true),
  'iptables-save': saveOf(false),
  'ip6tables-save': saveOf(true),
  'iptables-restore': unmodelled(''),
  ipvsadm,
  nft: unmodelled(' (iptables-save shows the rules)'),
  conntrack: unmodelled(' (connections are not tracked)'),
}
