/** The kernel's packet filter as data: tables of chains of rules. Each match says how iptables-save and -L print it. */

export const TABLES = ['mangle', 'filter', 'nat'] as const
export type TableName = (typeof TABLES)[number]

/** The chains that the kernel itself has. */
export const BUILT_IN: Readonly<Record<TableName, readonly string[]>> = {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
}

/** One `-m …`, or the options of a target. */
export interface Clause {
  save: string
  list: string
}

export interface Rule {
  /** `10.244.0.0/16`, a single address without a mask; `!` before it negates. */
  source?: string
  destination?: string
  in?: string
  out?: string
  protocol?: string
  matches: Clause[]
  /** Absent: the rule only counts. */
  target?: string
  /** `--reject-with icmp-port-unreachable`. */
  options?: Clause
  /** What a person's rule asks of a packet; rules of others decide nothing here. */
  asks?: Asks
}

/** The part of a rule that decides about packets. */
export interface Asks {
  /** First and last port. */
  ports?: [number, number][]
  states?: string[]
  notStates?: boolean
}

export interface Chain {
  name: string
  /** Of the kernel's own chains. */
  policy?: 'ACCEPT' | 'DROP'
  rules: Rule[]
}

export type Ruleset = Record<TableName, Chain[]>

/** Chains of a table by name: the kernel's own first, then the others in order. */
export function ordered(table: TableName, chains: readonly Chain[]): Chain[] {
  const own = BUILT_IN[table].map((name) => chains.find((chain) => chain.name === name) ?? emptyChain(name))
  const others = chains.filter(({ name }) => !BUILT_IN[table].includes(name))
  return [...own, ...others.sort((a, b) => (a.name < b.name ? -1 : 1))]
}

function emptyChain(name: string): Chain {
  return { name, policy: 'ACCEPT', rules: [] }
}

// Clauses.

const quoted = (text: string): string => (/^[\w-]+$/.test(text) ? text : `"${text}"`)

export const comment = (text: string): Clause => ({
  save: `-m comment --comment ${quoted(text)}`,
  list: `/* ${text} */`,
})

export function ports(protocol: string, port?: string): Clause {
  if (port === undefined) return { save: `-m ${protocol}`, list: protocol }
  return {
    save: `-m ${protocol} --dport ${port}`,
    list: `${protocol} ${port.includes(':') ? 'dpts' : 'dpt'}:${port}`,
  }
}

export const multiport = (list: string): Clause => ({
  save: `-m multiport --dports ${list}`,
  list: `multiport dports ${list}`,
})

export const icmpType = (name: string): Clause => ({
  save: `-m icmp --icmp-type ${name === 'echo-request' ? 8 : name}`,
  list: `icmptype ${name === 'echo-request' ? 8 : name}`,
})

export function ctstate(states: string, not = false): Clause {
  return { save: `-m conntrack ${not ? '! ' : ''}--ctstate ${states}`, list: `${not ? '! ' : ''}ctstate ${states}` }
}

export const state = (states: string): Clause => ({ save: `-m state --state ${states}`, list: `state ${states}` })

export function mark(text: string, not = false): Clause {
  return { save: `-m mark ${not ? '! ' : ''}--mark ${text}`, list: `mark match ${not ? '! ' : ''}${text}` }
}

export const addrtype = (side: 'src' | 'dst'): Clause => ({
  save: `-m addrtype --${side}-type LOCAL`,
  list: `ADDRTYPE match ${side}-type LOCAL`,
})

export const nfacct = (name: string): Clause => ({
  save: `-m nfacct --nfacct-name  ${name}`,
  list: `nfacct-name  ${name}`,
})

/** The kernel keeps a probability in 31 bits, which is what shows. */
export function statistic(probability: number): Clause {
  const shown = (Math.round(Number(probability.toFixed(10)) * 2 ** 31) / 2 ** 31).toFixed(11)
  return {
    save: `-m statistic --mode random --probability ${shown}`,
    list: `statistic mode random probability ${shown}`,
  }
}

export const recentCheck = (name: string, seconds: number): Clause => ({
  save: `-m recent --rcheck --seconds ${seconds} --reap --name ${name} --mask 255.255.255.255 --rsource`,
  list: `recent: CHECK seconds: ${seconds} reap name: ${name} side: source mask: 255.255.255.255`,
})

export const recentSet = (name: string): Clause => ({
  save: `-m recent --set --name ${name} --mask 255.255.255.255 --rsource`,
  list: `recent: SET name: ${name} side: source mask: 255.255.255.255`,
})

// Options of targets.

export const rejectWith = (kind: string): Clause => ({ save: `--reject-with ${kind}`, list: `reject-with ${kind}` })
export const markOr = (text: string): Clause => ({ save: `--set-xmark ${text}/${text}`, list: `MARK or ${text}` })
export const markXor = (text: string): Clause => ({ save: `--set-xmark ${text}/0x0`, list: `MARK xor ${text}` })
export const toDestination = (where: string): Clause => ({ save: `--to-destination ${where}`, list: `to:${where}` })
export const randomFully: Clause = { save: '--random-fully', list: 'random-fully' }
