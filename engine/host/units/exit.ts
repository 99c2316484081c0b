/** How a main process ended, in systemd's words. Models src/shared/exit-status.c. */
import { signalNumber } from '../signals.ts'

export interface UnitExit {
  pid: number
  how: 'exited' | 'killed'
  /** The exit code; with `killed`, 0. */
  code: number
  /** Without SIG: `KILL`. */
  signal?: string
  /** A `-` before the command, or SuccessExitStatus=, makes it a success. */
  forgiven?: boolean
  /** It was a command beside the main one: ExecStartPre and its kin. */
  control?: boolean
  /** A notify service ended before it was ready. */
  protocol?: boolean
}

/** What a program's component or the process table says of an end. */
export function exitOf({ pid, code = 0, signal }: { pid: number; code?: number; signal?: string }): UnitExit {
  return signal === undefined ? { pid, how: 'exited', code } : { pid, how: 'killed', code: 0, signal }
}

const STATUS_NAMES: Record<number, string> = {
  0: 'SUCCESS',
  1: 'FAILURE',
  2: 'INVALIDARGUMENT',
  3: 'NOTIMPLEMENTED',
  4: 'NOPERMISSION',
  5: 'NOTINSTALLED',
  6: 'NOTCONFIGURED',
  7: 'NOTRUNNING',
  200: 'CHDIR',
  201: 'NICE',
  202: 'FDS',
  203: 'EXEC',
  204: 'MEMORY',
  205: 'LIMITS',
  209: 'STDOUT',
  217: 'USER',
  255: 'EXCEPTION',
}

/** As the journal says it: `code=exited, status=1/FAILURE`, `code=killed, status=9/KILL`. */
export function journalStatus(exit: UnitExit): string {
  if (exit.how === 'killed') return `code=killed, status=${signalNumber(exit.signal ?? '') ?? 0}/${exit.signal ?? ''}`
  return `code=exited, status=${exit.code}/${STATUS_NAMES[exit.code] ?? 'n/a'}`
}

/** As `systemctl status` says it: `code=exited, status=1/FAILURE`, `code=killed, signal=KILL`. */
export function statusWords(exit: UnitExit): string {
  return exit.how === 'killed' ? `code=killed, signal=${exit.signal ?? ''}` : journalStatus(exit)
}

/** Whether a list such as `143 SIGTERM 1-3` names how it ended. */
export function isListed(exit: UnitExit, lists: readonly string[]): boolean {
  const words = lists.flatMap((list) => list.split(/\s+/))
  if (exit.how === 'killed') return words.some((word) => word.replace(/^SIG/, '') === exit.signal)
  return words.some((word) => {
    const [from = NaN, to = from] = (/^\d+(-\d+)?$/.test(word) ? word : 'x').split('-').map(Number)
    return exit.code >= from && exit.code <= to
  })
}

const CLEAN_SIGNALS = ['HUP', 'INT', 'TERM', 'PIPE']

export function isClean(exit: UnitExit): boolean {
  if (exit.protocol === true) return false
  if (exit.forgiven === true) return true
  return exit.how === 'killed' ? CLEAN_SIGNALS.includes(exit.signal ?? '') : exit.code === 0
}

/** The result a unit takes from it: `success`, `exit-code`, `signal`. */
export function resultOf(exit: UnitExit): string {
  if (isClean(exit)) return 'success'
  return exit.how === 'killed' ? 'signal' : 'exit-code'
}

/** Whether Restart= asks for another start after that. */
export function wantsRestart(policy: string, exit: UnitExit): boolean {
  const clean = isClean(exit)
  if (policy === 'always') return true
  if (policy === 'on-success') return clean
  if (policy === 'on-failure') return !clean
  if (policy === 'on-abnormal') return exit.how === 'killed' && !clean
  return policy === 'on-abort' && exit.how === 'killed' && ['ABRT', 'SEGV', 'QUIT'].includes(exit.signal ?? '')
}
