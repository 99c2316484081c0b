/**
 * Pasted terminal sessions as tests. A transcript is:
 *
 *     # What it shows (C1).
 *     cluster workers=2 seed=7 release=1.35
 *
 *     $ a command, run by the learner on the base host; standard output and error as a terminal shows them
 *     > its next lines, as of a here-document
 *     output
 *     [exit 1]                  when the exit code is not 0
 *     ~ 30s                     time passes; `~ settle`: until nothing moves
 *     ! cut worker-1 worker-2   also mend, crash, boot, reboot
 *     ! measure api https://172.30.1.2:6443/api/v1/nodes    a client asks once a second from now on, with the admin's
 *                               certificate; `! measured api` shows what it saw
 *
 * Options: workers, controlPlanes, seed, release, storage, metricsServer, bare=green-1,green-2 (not joined).
 *
 * `***` in expected output stands for any run of characters other than blanks.
 */
import { Flight, reportLines } from '../../engine/index.ts'
import type { FlightOptions, HandsAction } from '../../engine/flight.ts'

export interface Step {
  /** The lines as they stand in the file. */
  head: string[]
  kind: '$' | '~' | '!'
  text: string
  expected: string[]
}

export interface Transcript {
  title: string[]
  cluster: string
  options: FlightOptions
  steps: Step[]
}

const EPOCH_MS = Date.UTC(2026, 10, 20, 9)

function optionsOf(line: string): FlightOptions {
  const words = Object.fromEntries(
    line
      .split(/\s+/)
      .slice(1)
      .map((word) => word.split('=') as [string, string]),
  )
  const {
    workers = '2',
    seed = '7',
    release = '1.35',
    controlPlanes = '1',
    storage,
    metricsServer,
    bare,
    ...unknown
  } = words
  if (Object.keys(unknown).length > 0) throw new Error(`unknown words in '${line}': ${Object.keys(unknown).join(', ')}`)
  if (storage !== undefined && storage !== 'local-path') throw new Error(`storage=${storage}: local-path`)
  const sizes = { controlPlanes: Number(controlPlanes), workers: Number(workers) }
  const metrics = metricsServer === 'true' ? { metricsServer: true } : {}
  const machines = bare?.split(',').map((name) => ({ name }))
  const more = {
    ...metrics,
    ...(machines && { bare: machines }),
    ...(storage !== undefined && { storage: storage as 'local-path' }),
  }
  return { seed, epochMs: EPOCH_MS, release, ...sizes, ...more }
}

const trimmed = (lines: string[]): string[] => {
  const last = lines.findLastIndex((line) => line !== '')
  return lines.slice(0, last + 1)
}

export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('cluster'))
  if (start < 0) throw new Error('a transcript needs a line that starts with cluster')
  const steps: Step[] = []
  for (const line of lines.slice(start + 1)) {
    const kind = /^([$~!]) /.exec(line)?.[1] as Step['kind'] | undefined
    const step = steps.at(-1)
    if (kind !== undefined) steps.push({ head: [line], kind, text: line.slice(2), expected: [] })
    else if (step?.kind === '$' && step.expected.length === 0 && /^>( |$)/.test(line)) {
      step.head.push(line)
      step.text += `\n${line.slice(2)}`
    } else if (step !== undefined) step.expected.push(line)
    else if (line !== '') throw new Error(`what is '${line}'?`)
  }
  for (const step of steps) step.expected = trimmed(step.expected)
  const cluster = lines[start] as string
  return { title: trimmed(lines.slice(0, start)), cluster, options: optionsOf(cluster), steps }
}

export function makeText({ title, cluster, steps }: Transcript, outputs: string[][]): string {
  const body = steps.map((step, index) => [...step.head, ...(outputs[index] ?? [])].join('\n'))
  return `${title.join('\n')}\n${cluster}\n\n${body.join('\n')}\n`
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

async function pass(flight: Flight, text: string): Promise<void> {
  if (text === 'settle') return flight.settle()
  const found = /^(\d+)(ms|s|m|h)$/.exec(text)
  if (found === null) throw new Error(`~ ${text}: settle, or a duration such as 30s`)
  await flight.advance(Number(found[1]) * (UNITS[found[2] as string] as number))
}

async function type(flight: Flight, command: string): Promise<string[]> {
  const { code, stdout, stderr } = await flight.script(`exec 2>&1; ${command}\n`)
  const lines = trimmed((stdout + stderr).replace(/\n$/, '').split('\n'))
  return code === 0 ? lines : [...lines, `[exit ${code}]`]
}

/** Carries out one step; the lines that a person sees. */
export async function runStep(flight: Flight, { kind, text }: Step): Promise<string[]> {
  if (kind === '$') return type(flight, text)
  if (kind === '~') await pass(flight, text)
  else if (/^measured? /.test(text)) return measure(flight, text.split(/\s+/))
  else {
    const [action, ...args] = text.split(/\s+/)
    flight.input({ kind: 'hands', action: action as HandsAction, args })
    await flight.advance(0)
  }
  return []
}

/** Lets a client ask, or tells what it saw. */
function measure(flight: Flight, [verb, name = '', url = '']: string[]): string[] {
  if (verb === 'measure') {
    flight.measure({ name, url })
    return []
  }
  return reportLines(flight.measured(name) ?? never(`nobody measures ${name}`))
}

function never(text: string): never {
  throw new Error(text)
}

/** Expected lines, with those of the output where a mask covers them. */
export function shownAs(expected: string[], output: string[]): string[] {
  return output.map((line, index) => {
    const wanted = expected[index] ?? ''
    if (!wanted.includes('***')) return line
    const pattern = wanted
      .split('***')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\S+')
    return new RegExp(`^${pattern}$`).test(line) ? wanted : line
  })
}
