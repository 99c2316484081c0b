/** Traps, and the signals that come to a shell. */
import type { Run } from '../host/process.ts'
import { signalNumber } from '../host/signals.ts'
import type { Signal } from '../host/signals.ts'
import { ExitJump, Interrupted } from './errors.ts'
import type { Shell } from './shell.ts'

/** Runs a trap's text; the status before it stands after it. */
export function* runTrap(sh: Shell, text: string): Run<void> {
  const { status } = sh.state
  yield* sh.runSource(text)
  sh.state.status = status
}

/** Acts on signals that came: runs their traps; Ctrl-C leaves the command at a prompt. */
export function* takeSignals(sh: Shell): Run<void> {
  if (!sh.catches) return
  for (;;) {
    const signal = yield* sh.p.takeSignal()
    if (signal === null) return
    yield* actOn(sh, signal)
  }
}

/** What ends a script that has no trap for it. */
const ENDING: readonly Signal[] = ['HUP', 'INT', 'QUIT', 'TERM']

function* actOn(sh: Shell, signal: Signal): Run<void> {
  const trap = Object.hasOwn(sh.state.traps, signal) ? sh.state.traps[signal] : undefined
  if (trap !== undefined) {
    if (trap !== '') yield* runTrap(sh, trap)
  } else if (signal === 'INT' && sh.state.interactive) {
    sh.state.status = 130
    yield* sh.p.err('\n')
    throw new Interrupted()
  } else if (!sh.state.interactive && ENDING.includes(signal)) throw new ExitJump(128 + (signalNumber(signal) ?? 0))
  else if (signal === 'HUP') throw new ExitJump(129)
}

/** Asks the system for the signals that this shell has a use for. */
export function* watchSignals(sh: Shell): Run<void> {
  const named = Object.entries(sh.state.traps).filter(([name]) => !['EXIT', 'ERR', 'DEBUG', 'RETURN'].includes(name))
  const caught = named.filter(([, text]) => text !== '').map(([name]) => name as Signal)
  const ignored = named.filter(([, text]) => text === '').map(([name]) => name as Signal)
  const own: Signal[] = sh.state.interactive ? ['INT', 'TERM', 'QUIT', 'TSTP', 'HUP', 'WINCH'] : []
  const all = [...new Set([...own, ...caught])]
  sh.catches = all.length > 0
  yield* sh.p.catchSignals(all)
  yield* sh.p.ask('ignoreSignals', { signals: ignored })
}
