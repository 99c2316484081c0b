/** Signals by the names and numbers of Linux on x86. Models signal(7); real-time signals have numbers and names only. */

/** By number, from 1. */
export const SIGNALS = [
  ...(['HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE'] as const),
  ...(['ALRM', 'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ'] as const),
  ...(['VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS'] as const),
] as const

export type Signal = (typeof SIGNALS)[number]

const REAL_TIME = { first: 34, last: 64 }

/** Names by number: the 31 of `SIGNALS`, and `RTMIN` to `RTMAX`. */
const NAMES = new Map<number, string>([
  ...SIGNALS.map((name, index): [number, string] => [index + 1, name]),
  ...Array.from({ length: REAL_TIME.last - REAL_TIME.first + 1 }, (_, index): [number, string] => [
    REAL_TIME.first + index,
    realTimeName(index),
  ]),
])
const NUMBERS = new Map([...NAMES].map(([number, name]): [string, number] => [name, number]))

/** The lower half counts from RTMIN, the upper one back from RTMAX. */
function realTimeName(index: number): string {
  const back = REAL_TIME.last - REAL_TIME.first - index
  if (index <= back) return index === 0 ? 'RTMIN' : `RTMIN+${index}`
  return back === 0 ? 'RTMAX' : `RTMAX-${back}`
}

/** The number of a signal by its name without SIG; undefined: there is none. */
export const signalNumber = (name: string): number | undefined => NUMBERS.get(name)

/** The name without SIG of what somebody typed: `9`, `kill`, `SIGKILL`; undefined: there is none. */
export function signalName(text: string): string | undefined {
  if (/^\d+$/.test(text)) return NAMES.get(Number(text))
  const name = text.toUpperCase().replace(/^SIG/, '')
  return NUMBERS.has(name) ? name : undefined
}

/** A signal that processes here understand, by what somebody typed; undefined: none, or a real-time one. */
export function signalOf(text: string): Signal | undefined {
  const name = signalName(text)
  return SIGNALS.find((signal) => signal === name)
}

/** What a process does that has not asked for anything else. */
export function defaultAction(signal: string): 'ignore' | 'stop' | 'end' {
  if (['CHLD', 'URG', 'WINCH', 'CONT'].includes(signal)) return 'ignore'
  return isStop(signal) ? 'stop' : 'end'
}

export const isStop = (signal: string): boolean => ['STOP', 'TSTP', 'TTIN', 'TTOU'].includes(signal)

const GO_CRASHES = ['QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'SEGV', 'STKFLT', 'SYS']

/**
 * How a Go program that catches only INT and TERM takes a signal: a stack dump and exit code 2, the end by the
 * signal, or nothing. Models os/signal.
 */
export function goEnd(signal: string): { code: number } | { signal: string } | undefined {
  if (signal === 'INT' || signal === 'TERM') return { code: 0 }
  if (GO_CRASHES.includes(signal)) return { code: 2 }
  return signal === 'HUP' || signal === 'KILL' ? { signal } : undefined
}

/** Neither caught nor ignored by any process. */
export const isForced = (signal: Signal): boolean => signal === 'KILL' || signal === 'STOP'

/** The table that bash's `kill -l` prints: five in a row. */
export function signalTable(): string {
  const cells = [...NAMES].map(([number, name]) => `${String(number).padStart(2)}) SIG${name}`)
  const rows = Array.from({ length: Math.ceil(cells.length / 5) }, (_, row) => cells.slice(row * 5, row * 5 + 5))
  return rows.map((row) => `${row.join('\t')}${row.length < 5 ? '\t' : ''}\n`).join('')
}
