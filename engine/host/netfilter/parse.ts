/** A rule as a person types it. Models iptables' own matches tcp, udp, icmp, comment, conntrack, state, multiport. */
import type { Asks, Rule } from './model.ts'
import { comment, ctstate, icmpType, multiport, ports, rejectWith, state } from './model.ts'

export type ParsedRule = { rule: Rule } | { error: string; code: number }

const PORTS: Record<string, number> = { ssh: 22, domain: 53, http: 80, https: 443 }
const MODULES = new Set(['tcp', 'udp', 'icmp', 'comment', 'conntrack', 'state', 'multiport'])
const VERDICTS = new Set(['ACCEPT', 'DROP', 'REJECT'])

/** Reads what follows the chain's name: `-p tcp --dport 6443 -j DROP`. */
export function parseRule(words: readonly string[]): ParsedRule {
  const rule: Rule = { matches: [] }
  const asks: Asks = {}
  let not = false
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === '!') {
      not = true
      continue
    }
    const problem = option(word, words[++at], { rule, asks, not })
    if (problem !== undefined) return problem
    not = false
  }
  if (asks.ports !== undefined && rule.protocol !== 'tcp' && rule.protocol !== 'udp')
    return { error: `unknown option "--dport"\nTry \`iptables -h' or 'iptables --help' for more information.`, code: 2 }
  if (rule.target === 'REJECT') rule.options ??= rejectWith('icmp-port-unreachable')
  return { rule: { ...rule, asks } }
}

interface Reading {
  rule: Rule
  asks: Asks
  not: boolean
}

function option(
  word: string,
  value: string | undefined,
  { rule, asks, not }: Reading,
): { error: string; code: number } | undefined {
  if (value === undefined) return { error: `option "${word}" requires an argument`, code: 2 }
  const sign = not ? '!' : ''
  switch (word) {
    case '-p':
    case '--protocol':
      if (not) return refused(`! ${word}`)
      if (!['tcp', 'udp', 'icmp', 'all'].includes(value))
        return { error: `unknown protocol "${value}" specified`, code: 2 }
      if (value !== 'all') rule.protocol = value
      return undefined
    case '-s':
    case '--source':
    case '-d':
    case '--destination': {
      const address = addressOf(value)
      if (address === undefined) return { error: `host/network \`${value}' not found`, code: 2 }
      rule[word === '-s' || word === '--source' ? 'source' : 'destination'] = `${sign}${address}`
      return undefined
    }
    case '-i':
    case '--in-interface':
      rule.in = value
      return not ? refused('! -i') : undefined
    case '-o':
    case '--out-interface':
      rule.out = value
      return not ? refused('! -o') : undefined
    case '-j':
    case '--jump':
      rule.target = value
      return VERDICTS.has(value) ? undefined : refused(`-j ${value}`)
    case '-m':
    case '--match':
      return MODULES.has(value) ? undefined : refused(`-m ${value}`)
    default:
      return matching(word, value, { rule, asks, not })
  }
}

function matching(
  word: string,
  value: string,
  { rule, asks, not }: Reading,
): { error: string; code: number } | undefined {
  if (word === '--comment') return void rule.matches.push(comment(value))
  if (word === '--reject-with') return void (rule.options = rejectWith(value))
  if (word === '--ctstate' || word === '--state') {
    rule.matches.push(word === '--state' ? state(value) : ctstate(value, not))
    asks.states = value.split(',')
    if (not) asks.notStates = true
    return undefined
  }
  if (not) return refused(`! ${word}`)
  if (word === '--dport' || word === '--destination-port') {
    const range = rangeOf(value)
    if (range === undefined) return { error: `invalid port/service \`${value}' specified`, code: 2 }
    asks.ports = [range]
    rule.matches.push(
      ports(rule.protocol ?? 'tcp', range[0] === range[1] ? String(range[0]) : `${range[0]}:${range[1]}`),
    )
    return undefined
  }
  if (word === '--dports' || word === '--destination-ports') {
    const ranges = value.split(',').map(rangeOf)
    if (ranges.includes(undefined)) return { error: `invalid port/service \`${value}' specified`, code: 2 }
    asks.ports = ranges as [number, number][]
    rule.matches.push(multiport(value))
    return undefined
  }
  if (word === '--icmp-type') return void rule.matches.push(icmpType(value))
  return word.startsWith('--sport') || word.startsWith('--source-port') || word === '--mark' || word === '--limit'
    ? refused(word)
    : { error: `unknown option "${word}"\nTry \`iptables -h' or 'iptables --help' for more information.`, code: 2 }
}

function refused(what: string): { error: string; code: number } {
  return { error: `not simulated: ${what}`, code: 1 }
}

function addressOf(text: string): string | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(text)) return undefined
  return text === '0.0.0.0/0' ? '0.0.0.0/0' : text.replace(/\/32$/, '')
}

function rangeOf(text: string): [number, number] | undefined {
  const [low = '', high = low] = text.split(':')
  const range: [number, number] = [numberOf(low), numberOf(high)]
  return range.some((port) => Number.isNaN(port)) ? undefined : range
}

function numberOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : (PORTS[text] ?? NaN)
}
