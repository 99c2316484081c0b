/** Jobs: what the shell started, and what became of it. */
import type { Run } from '../host/process.ts'
import type { Signal } from '../host/signals.ts'
import type { PipelineNode } from './ast.ts'
import { ExitJump, Interrupted } from './errors.ts'
import type { Shell } from './shell.ts'
import type { Job, ShellState } from './state.ts'
import { takeSignals } from './traps.ts'

interface Status {
  code: number
  signal?: Signal
  stopped?: boolean
}

export function addJob(state: ShellState, text: string, background: boolean): Job {
  const number = Math.max(0, ...state.jobs.map((job) => job.number)) + 1
  const job: Job = { number, group: 0, pids: [], text, state: 'Running', codes: {}, code: 0, background }
  state.jobs.push(job)
  return job
}

/** The text of a pipeline, as jobs shows it. */
export function commandText(pipeline: PipelineNode): string {
  const words = (node: unknown): string => {
    if (Array.isArray(node))
      return node
        .map(words)
        .filter((text) => text !== '')
        .join(' ')
    if (typeof node !== 'object' || node === null) return ''
    const { type, name, args, parts, value } = node as {
      type?: string
      name?: unknown
      args?: unknown
      parts?: unknown[]
      value?: unknown
      parameter?: string
    }
    if (type === 'SimpleCommand') return words([name, ...(args as unknown[])])
    if (type === 'Word') return (parts ?? []).map(words).join('')
    if (type === 'DoubleQuoted') return `"${(parts ?? []).map(words).join('')}"`
    if (type === 'SingleQuoted') return `'${String(value)}'`
    if (type === 'ParameterExpansion') return `$${(node as { parameter: string }).parameter}`
    if (type === 'Glob') return (node as { pattern: string }).pattern
    return typeof value === 'string' ? value : '…'
  }
  return pipeline.commands.map(words).join(' | ')
}

/** Waits for a foreground job; a stopped one is kept. The result is the status of its last process. */
export function* awaitJob(sh: Shell, job: Job): Run<number> {
  if (sh.jobControl) yield* sh.p.ask('ttyForeground', { group: job.group })
  let last: Status = { code: job.code }
  for (const pid of job.pids) {
    if (job.codes[pid] !== undefined) continue
    last = (yield* sh.p.ask('wait', { pid, stops: sh.jobControl })) as Status
    if (last.stopped === true) break
    job.codes[pid] = last.code
  }
  if (sh.jobControl) yield* sh.p.ask('ttyForeground', { group: yield* sh.p.ask('group') })
  if (last.stopped === true) return yield* keepStopped(sh, job)
  sh.state.jobs = sh.state.jobs.filter((other) => other !== job)
  yield* tellSignal(sh, job, last)
  return last.code
}

function* keepStopped(sh: Shell, job: Job): Run<number> {
  job.state = 'Stopped'
  job.background = true
  // The job that was stopped last is the current one.
  sh.state.jobs = [...sh.state.jobs.filter((other) => other !== job), job]
  yield* sh.p.err(`\n${describeJob(sh.state, job)}\n`)
  throw new Interrupted('stopped')
}

function* tellSignal(sh: Shell, job: Job, status: Status): Run<void> {
  if (status.signal === undefined || status.signal === 'PIPE') return
  if (status.signal === 'INT') {
    if (sh.state.interactive) {
      yield* sh.p.err('\n')
      sh.state.status = 130
      throw new Interrupted()
    }
    // The terminal sent the same signal to this shell.
    yield* takeSignals(sh)
    if (sh.state.traps.INT === undefined) throw new ExitJump(130)
    return
  }
  const words: Partial<Record<Signal, string>> = {
    KILL: 'Killed',
    TERM: 'Terminated',
    HUP: 'Hangup',
    QUIT: 'Quit (core dumped)',
  }
  const text = words[status.signal]
  if (text === undefined) return
  if (sh.state.interactive) yield* sh.p.err(`${text}\n`)
  else yield* sh.complain(` ${job.pids.at(-1)} ${text.padEnd(23)} ${job.text}`)
}

/** Looks which background jobs changed, without waiting. */
export function* pollJobs(sh: Shell): Run<void> {
  for (const job of sh.state.jobs) {
    if (!job.background) continue
    for (const pid of job.pids) {
      if (job.codes[pid] !== undefined) continue
      const status = (yield* sh.p.ask('wait', { pid, stops: true, poll: true })) as Status
      if (status.stopped === true) job.state = 'Stopped'
      else if (status.code >= 0) {
        job.codes[pid] = status.code
        if (status.signal !== undefined) job.signal = status.signal
      }
    }
    if (job.pids.every((pid) => job.codes[pid] !== undefined)) {
      job.state = 'Done'
      job.code = job.codes[job.pids.at(-1) ?? 0] ?? 0
    }
  }
}

/** Tells the person at the prompt which background jobs ended, and forgets them. */
export function* reportJobs(sh: Shell): Run<void> {
  if (sh.state.jobs.length === 0) return
  yield* pollJobs(sh)
  for (const job of sh.state.jobs.filter((other) => other.state === 'Done')) {
    if (sh.state.interactive) yield* sh.p.err(`${describeJob(sh.state, job)}\n`)
  }
  sh.state.jobs = sh.state.jobs.filter((job) => job.state !== 'Done')
}

/** A line as `jobs` prints it. */
export function describeJob(state: ShellState, job: Job, pids = false): string {
  const background = state.jobs.filter((other) => other.background)
  const mark = background.at(-1) === job ? '+' : background.at(-2) === job ? '-' : ' '
  const word =
    job.state !== 'Done'
      ? job.state
      : job.signal !== undefined
        ? ({ TERM: 'Terminated', KILL: 'Killed', INT: 'Interrupt', HUP: 'Hangup' }[job.signal] ?? job.signal)
        : job.code === 0
          ? 'Done'
          : `Exit ${job.code}`
  return `[${job.number}]${mark}  ${pids ? `${job.group} ` : ''}${word.padEnd(pids ? 22 : 23)} ${job.text}${job.state === 'Running' ? ' &' : ''}`
}

/** The job that `%1`, `%%`, `%-`, `%name` or nothing names. */
export function findJob(state: ShellState, spec: string | undefined): Job | undefined {
  const jobs = state.jobs.filter((job) => job.background)
  if (spec === undefined || spec === '%%' || spec === '%+' || spec === '%') return jobs.at(-1)
  if (spec === '%-') return jobs.at(-2) ?? jobs.at(-1)
  const name = spec.replace(/^%/, '')
  if (/^\d+$/.test(name))
    return spec.startsWith('%')
      ? jobs.find((job) => job.number === Number(name))
      : jobs.find((job) => job.pids.includes(Number(name)))
  return name.startsWith('?')
    ? jobs.find((job) => job.text.includes(name.slice(1)))
    : jobs.find((job) => job.text.startsWith(name))
}
