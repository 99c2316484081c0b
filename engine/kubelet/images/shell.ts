/**
 * Commands that need no process: `sleep 3600`, `echo hi`, `sh -c 'echo boot; sleep 1; exit 1'` with nothing
 * but literal words. Their whole future is known, so it is a plan. Everything else is a real process.
 */
import { planBusy } from './busy.ts'
import { IDLE } from './plan.ts'
import type { Plan, PlannedLine } from './plan.ts'

const SHELLS = new Set(['sh', '/bin/sh', 'bash', '/bin/bash', 'ash', '/bin/ash'])

interface Course {
  atMs: number
  logs: PlannedLine[]
  code: number
  over: boolean
  /** It took all memory there is, and was killed for that. */
  outOfMemory?: boolean
}

/** Reads without an end what it has to keep until the end. */
const FILLS_MEMORY = /\bcat \/dev\/zero \| tail\b|\btail(?: -\S+)* \/dev\/zero\b/g
const FILL_MEMORY = 'fill-memory'
/** Until a limit of some megabytes is reached. */
const FILL_MS = 100

/** The plan of a command line, or undefined when only a real process can tell. */
export function planCommand(argv: string[]): Plan | undefined {
  const busy = planBusy(argv)
  if (busy !== undefined) return busy
  const course: Course = { atMs: 0, logs: [], code: 0, over: false }
  const shell = SHELLS.has(argv[0] ?? '') && (argv[1] === '-c' || argv[1] === '-ec') && argv.length === 3
  const plain = (text: string): string => text.replace(FILLS_MEMORY, FILL_MEMORY)
  const ran = shell
    ? runScript(plain(argv[2] ?? ''), course)
    : runWords(plain(argv.join(' ')) === FILL_MEMORY ? [FILL_MEMORY] : argv, course)
  if (!ran) return undefined
  const forever = course.atMs === Infinity
  return {
    ...IDLE,
    behaviour: 'command',
    logs: course.logs,
    ...(!forever && {
      exit: {
        atMs: course.atMs + 5,
        code: course.code,
        ...(course.outOfMemory === true && { reason: 'OOMKilled' }),
      },
    }),
    memoryBytes: 500_000,
  }
}

function runScript(script: string, course: Course): boolean {
  const plain = script.replaceAll('>&2', '').replaceAll('&&', ';')
  if (/[$`|<>&(){}*?[\]\\]|\b(if|for|while|until|case|trap|exec|set|function)\b/.test(plain)) return false
  for (const part of script.split(/[;\n]/)) {
    if (course.over || course.atMs === Infinity) break
    if (!runChain(part.trim(), course)) return false
  }
  return true
}

function runChain(chain: string, course: Course): boolean {
  for (const step of chain.split('&&')) {
    if (step.trim() === '' || step.trim().startsWith('#')) continue
    const toError = />&2\s*$/.test(step)
    const words = literalWords(step.replace(/1?>&2\s*$/, '').trim())
    if (words === undefined || !runWords(words, course, toError)) return false
    if (course.code !== 0 || course.over) return true
  }
  return true
}

/** Words of a line without expansions; undefined when the quoting is not plain. */
function literalWords(line: string): string[] | undefined {
  const words: string[] = []
  let rest = line
  while (rest !== '') {
    const found = /^(?:'([^']*)'|"([^"]*)"|([^\s'"]+))(?:\s+|$)/.exec(rest)
    if (found === null) return undefined
    words.push(found[1] ?? found[2] ?? found[3] ?? '')
    rest = rest.slice(found[0].length)
  }
  return words
}

function runWords(words: string[], course: Course, toError = false): boolean {
  const name = (words[0] ?? '').replace(/^\/(usr\/)?bin\//, '')
  const act = ACTS[name]
  return act === undefined ? false : act(words.slice(1), course, toError)
}

const ACTS: Record<string, (words: string[], course: Course, toError: boolean) => boolean> = {
  echo: (words, course, toError) => {
    if (words[0]?.startsWith('-') === true) return false
    course.logs.push({ atMs: course.atMs, text: words.join(' '), ...(toError && { stream: 'stderr' as const }) })
    course.code = 0
    return true
  },
  sleep: (words, course) => {
    const ms = sleepMs(words)
    if (ms === undefined) return false
    course.atMs += ms
    course.code = 0
    return true
  },
  true: (_words, course) => finish(course, 0),
  false: (_words, course) => finish(course, 1),
  exit: (words, course) => {
    course.over = true
    return finish(course, words[0] === undefined ? course.code : Number(words[0]) & 255)
  },
  ':': (_words, course) => finish(course, 0),
  [FILL_MEMORY]: (_words, course) => {
    course.atMs += FILL_MS
    course.outOfMemory = course.over = true
    return finish(course, 137)
  },
}

function finish(course: Course, code: number): boolean {
  course.code = code
  return true
}

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function sleepMs(words: string[]): number | undefined {
  let total = 0
  if (words.length === 0) return undefined
  for (const word of words) {
    if (word === 'infinity' || word === 'inf') return Infinity
    const found = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(word)
    if (found === null) return undefined
    total += Math.round(Number(found[1]) * (UNITS[found[2] || 's'] ?? 1000))
  }
  return total
}
