/**
 * `kubelet` as somebody types it: its version, its help, and what it says of flags and files that it cannot use
 * (O4). Not modelled: one that runs so, without its unit.
 */
import type { Program, Run, Proc } from '../host/process.ts'
import { klogLine, structured } from './klog.ts'
import { readSettings } from './settings/settings.ts'
import type { Machine, Reading, Said } from './settings/settings.ts'

const PORT = 10250

export const kubelet: Program = function* (argv, p) {
  const reading = yield* readByHand(argv, p)
  if ('printed' in reading) {
    yield* p.out(reading.printed)
    return reading.code
  }
  const clockMs = yield* p.now()
  const tell = (said: Said): string => {
    if (typeof said === 'string') return `${said}\n`
    const text = said.bare === true ? said.message : structured(said.message, said.facts)
    return `${klogLine({ level: said.level, clockMs, pid: p.pid, where: said.where }, text)}\n`
  }
  yield* p.err(reading.said.map(tell).join(''))
  if ('refused' in reading) {
    yield* p.err(tell({ level: 'E', where: 'run.go:72', message: 'command failed', facts: { err: reading.refused } }))
    return reading.code
  }
  if ((yield* p.connect('127.0.0.1', PORT)) !== 'open') {
    yield* p.err('not simulated: a kubelet that runs without its unit\n')
    return 1
  }
  const err = `listen tcp 0.0.0.0:${PORT}: bind: address already in use`
  yield* p.err(tell({ level: 'E', where: 'server.go:202', message: 'Failed to listen and serve', facts: { err } }))
  return 1
}

/** Files are read when they are asked for: the reading begins anew until it has all that it wants. */
function* readByHand(argv: string[], p: Proc): Run<Reading> {
  const files = new Map<string, string | undefined>()
  const clockMs = yield* p.now()
  const hostName = yield* p.readFile('/etc/hostname')
  for (;;) {
    let missing: string | undefined
    const machine: Machine = {
      read: (path) => {
        if (!files.has(path)) missing ??= path
        return files.get(path)
      },
      list: () => undefined,
      clockMs,
      hostName: 'text' in hostName ? hostName.text.trim() : p.host,
      version: p.release,
      minor: Number(p.release.split('.')[1]),
      isDirectory: () => false,
      runtimeProblem: () => undefined,
      swaps: '',
      knowsGate: () => true,
    }
    const reading = readSettings(argv, machine)
    if (missing === undefined) return reading
    const read = yield* p.readFile(missing)
    files.set(missing, 'text' in read ? read.text : undefined)
  }
}
