/** jobs, fg, bg, wait, kill, disown, history, umask, ulimit, help. */
import type { Run } from '../../host/process.ts'
import { signalName, signalNumber, signalOf, signalTable } from '../../host/signals.ts'
import type { Signal } from '../../host/signals.ts'
import { awaitJob, describeJob, findJob, pollJobs } from '../jobs.ts'
import type { Shell } from '../shell.ts'
import type { Job } from '../state.ts'
import { takeSignals } from '../traps.ts'
import type { Builtin } from './builtin.ts'

const jobs: Builtin = function* (sh, words) {
  yield* pollJobs(sh)
  const flags = words
    .slice(1)
    .filter((word) => word.startsWith('-'))
    .join('')
  for (const job of [...sh.state.jobs].filter((other) => other.background).sort((a, b) => a.number - b.number)) {
    if (flags.includes('p')) yield* sh.p.out(`${job.group}\n`)
    else yield* sh.p.out(`${describeJob(sh.state, job, flags.includes('l'))}\n`)
  }
  sh.state.jobs = sh.state.jobs.filter((job) => job.state !== 'Done')
  return 0
}

function* named(sh: Shell, words: string[]): Run<Job | undefined> {
  const spec = words[1]
  const job = findJob(sh.state, spec === undefined || spec.startsWith('%') ? spec : `%${spec}`)
  if (job === undefined) yield* sh.complain(`${words[0]}: ${spec ?? 'current'}: no such job`)
  return job
}

const fg: Builtin = function* (sh, words) {
  if (!sh.jobControl) {
    yield* sh.complain('fg: no job control')
    return 1
  }
  const job = yield* named(sh, words)
  if (job === undefined) return 1
  yield* sh.p.out(`${job.text}\n`)
  job.state = 'Running'
  job.background = false
  yield* sh.p.ask('ttyForeground', { group: job.group })
  yield* sh.p.kill(-job.group, 'CONT')
  return yield* awaitJob(sh, job)
}

const bg: Builtin = function* (sh, words) {
  if (!sh.jobControl) {
    yield* sh.complain('bg: no job control')
    return 1
  }
  const job = yield* named(sh, words)
  if (job === undefined) return 1
  job.state = 'Running'
  yield* sh.p.out(`[${job.number}]+ ${job.text} &\n`)
  yield* sh.p.kill(-job.group, 'CONT')
  return 0
}

function* waitFor(sh: Shell, job: Job, pids = job.pids): Run<number> {
  for (const pid of pids) {
    while (job.codes[pid] === undefined) {
      const { code } = (yield* sh.p.ask('wait', { pid, interruptible: true })) as { code: number }
      if (code !== -2) job.codes[pid] = code
      else yield* takeSignals(sh)
    }
  }
  job.code = job.codes[pids.at(-1) ?? 0] ?? 0
  sh.state.jobs = sh.state.jobs.filter((other) => other !== job)
  return job.code
}

const wait: Builtin = function* (sh, words) {
  const specs = words.slice(1).filter((word) => word !== '-n')
  if (specs.length === 0) {
    for (const job of sh.state.jobs.filter((other) => other.background && other.state !== 'Stopped'))
      yield* waitFor(sh, job)
    return 0
  }
  let status = 0
  for (const spec of specs) {
    const job = findJob(sh.state, spec)
    if (job !== undefined) status = yield* waitFor(sh, job)
    else if (/^\d+$/.test(spec)) {
      yield* sh.complain(`wait: pid ${spec} is not a child of this shell`)
      status = 127
    } else {
      yield* sh.complain(`wait: ${spec}: no such job`)
      status = 127
    }
  }
  return status
}

/** `kill -l`: the table, or numbers as names and names as numbers; 128 and more is the status of who was killed. */
function* listSignals(sh: Shell, specs: string[]): Run<number> {
  if (specs.length === 0) yield* sh.p.out(signalTable())
  let status = 0
  for (const spec of specs) {
    const name = signalName(/^\d+$/.test(spec) && Number(spec) > 128 ? String(Number(spec) - 128) : spec)
    if (name !== undefined) yield* sh.p.out(`${/^\d+$/.test(spec) ? name : signalNumber(name)}\n`)
    else {
      yield* sh.complain(`kill: ${spec}: invalid signal specification`)
      status = 1
    }
  }
  return status
}

function* isThere(sh: Shell, pid: number): Run<boolean> {
  const running = (yield* sh.p.ask('processes')) as { pid: number }[]
  const modelled = ((yield* sh.p.ask('host.processes')) ?? []) as { pid: number }[]
  return [...running, ...modelled].some((process) => process.pid === pid)
}

const kill: Builtin = function* (sh, words) {
  if (words[1] === '-l' || words[1] === '-L') return yield* listSignals(sh, words.slice(2))
  let signal: Signal = 'TERM'
  const targets: string[] = []
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? ''
    const option = word === '-s' || word === '-n'
    if (option && words[at + 1] === undefined) {
      yield* sh.complain(`kill: ${word}: option requires an argument`)
      return 1
    }
    const asked = option
      ? (words[++at] ?? '')
      : targets.length === 0 && /^-[A-Za-z0-9+-]+$/.test(word)
        ? word.slice(1)
        : undefined
    if (asked === undefined) targets.push(word)
    else if (asked === '0') return (yield* isThere(sh, Number(words[at + 1]))) ? 0 : 1
    else {
      const named = signalOf(asked)
      if (named === undefined) {
        const isReal = signalName(asked) !== undefined
        yield* sh.complain(isReal ? `not simulated: kill -${asked}` : `kill: ${asked}: invalid signal specification`)
        return 1
      }
      signal = named
    }
  }
  if (targets.length === 0) {
    yield* sh.complain('kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]')
    return 2
  }
  let status = 0
  for (const target of targets) if (!(yield* killOne(sh, target, signal))) status = 1
  return status
}

function* killOne(sh: Shell, target: string, signal: Signal): Run<boolean> {
  if (target.startsWith('%')) {
    const job = findJob(sh.state, target)
    if (job === undefined) {
      yield* sh.complain(`kill: ${target}: no such job`)
      return false
    }
    const done = sh.jobControl ? yield* sh.p.kill(-job.group, signal) : yield* sh.p.kill(job.pids[0] ?? 0, signal)
    if (job.state === 'Stopped' && signal !== 'KILL') yield* sh.p.kill(-job.group, 'CONT')
    return done
  }
  if (!/^-?\d+$/.test(target)) {
    yield* sh.complain(`kill: ${target}: arguments must be process or job IDs`)
    return false
  }
  if (yield* sh.p.kill(Number(target), signal)) return true
  // What no program stands behind: a unit's main process, a container's.
  const answer = yield* sh.p.ask('host.signal', { pid: Number(target), signal })
  if (answer === 'sent') return true
  if (answer === 'not simulated') {
    yield* sh.complain(`not simulated: SIG${signal} to ${target}`)
    return false
  }
  yield* sh.complain(`kill: (${target}) - ${answer === 'denied' ? 'Operation not permitted' : 'No such process'}`)
  return false
}

const history: Builtin = function* (sh, words) {
  if (words[1] === '-c') {
    sh.state.history = []
    return 0
  }
  const from = words[1] === undefined ? 0 : Math.max(0, sh.state.history.length - Number(words[1]))
  for (let at = from; at < sh.state.history.length; at++)
    yield* sh.p.out(`${String(at + 1).padStart(5)}  ${sh.state.history[at]}\n`)
  return 0
}

const umask: Builtin = function* (sh, words) {
  if (words[1] === undefined) yield* sh.p.out(`${sh.state.umask.toString(8).padStart(4, '0')}\n`)
  else sh.state.umask = parseInt(words[1], 8)
  return 0
}

const disown: Builtin = function* (sh, words) {
  const job = findJob(sh.state, words[1])
  sh.state.jobs = sh.state.jobs.filter((other) => other !== job)
  return job === undefined ? 1 : 0
}

export const jobBuiltins: Record<string, Builtin> = {
  jobs,
  fg,
  bg,
  wait,
  kill,
  history,
  umask,
  disown,
  ulimit: function* (sh) {
    yield* sh.p.out('unlimited\n')
    return 0
  },
  help: function* (sh) {
    yield* sh.p.out('GNU bash, version 5.2.21(1)-release (x86_64-pc-linux-gnu)\n')
    return 0
  },
}
