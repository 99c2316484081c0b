/** How apt writes: sizes, lists, progress, which differ with a terminal (Q3). */
import type { Proc, Run } from '../process.ts'

/** `12.7 MB`, `3609 kB`, `1186 B`. Models apt-pkg's SizeToStr. */
export function aptSize(bytes: number): string {
  let size = Math.abs(bytes)
  for (const unit of ['', 'k', 'M', 'G', 'T']) {
    if (size < 100 && unit !== '') return `${size.toFixed(1)} ${unit}`
    if (size < 10_000) return `${size.toFixed(0)} ${unit}`
    size /= 1000
  }
  return `${size.toFixed(0)} P`
}

/** `12s`, `1min 22s`. Models TimeToStr. */
function aptTime(seconds: number): string {
  const whole = Math.floor(seconds)
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}min ${whole % 60}s`
}

/** `Fetched 12.7 MB in 0s (45.6 MB/s)`. */
export function fetchedLine(bytes: number, ms: number): string {
  const rate = bytes / Math.max(0.001, ms / 1000)
  return `Fetched ${aptSize(bytes)}B in ${aptTime(ms / 1000)} (${aptSize(rate)}B/s)\n`
}

const SCREEN_WIDTH = 80 - 3

/** A heading and names below it, two blanks in. Nothing for no names. Models apt-private's ShowList. */
export function showList(heading: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  let text = heading
  let used = 0
  for (const name of [...names].sort()) {
    if (used === 0 || used + name.length >= SCREEN_WIDTH) {
      text += '\n '
      used = 0
    }
    text += ` ${name}`
    used += name.length + 1
  }
  return `${text}\n`
}

/** `Reading package lists... Done`; without a terminal the end is not said. */
export function* progress(p: Proc, text: string): Run<void> {
  yield* p.out((yield* p.isTty(1)) ? `${text}... Done\n` : `${text}...\n`)
}

const STABLE_CLI = '\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n'

/** apt, not apt-get, warns those who do not look at it. */
export function* warnScripts(p: Proc, program: string): Run<void> {
  if (program === 'apt' && !(yield* p.isTty(1))) yield* p.err(STABLE_CLI)
}

/** Bold on a terminal; only apt has colours. */
export function green(text: string, coloured: boolean): string {
  return coloured ? `\u001b[32m${text}\u001b[0m` : text
}

/** The same process, whose output nobody hears; errors still are. */
export function silenced(p: Proc): Proc {
  // eslint-disable-next-line require-yield
  return Object.assign(Object.create(p) as Proc, { *out(): Run<void> {} })
}
