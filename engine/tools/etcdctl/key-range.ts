/** Which keys a command means: one, a range, a prefix, all from one on. */
import { badArgs } from './exit.ts'
import type { Session } from './session.ts'
import { prefixEnd } from './values.ts'

export interface KeyRange {
  key: string
  rangeEnd?: string
}

/** The range of `<key> [range_end]` with --prefix and --from-key. The empty key stands for the first one there is. */
export function keyRangeOf(session: Session): KeyRange {
  const [key = '', end] = session.args
  const [prefix, fromKey] = [session.isSet('prefix'), session.isSet('from-key')]
  if (prefix) return key === '' ? { key: '\0', rangeEnd: '\0' } : { key, rangeEnd: prefixEnd(key) }
  if (fromKey) return { key: key === '' ? '\0' : key, rangeEnd: '\0' }
  return end === undefined ? { key } : { key, rangeEnd: end }
}

/** --prefix and --from-key exclude each other, and a second key. */
export function checkPrefixFlags(session: Session): void {
  if (session.isSet('prefix') && session.isSet('from-key'))
    throw badArgs('`--prefix` and `--from-key` cannot be set at the same time, choose one')
  if ((session.isSet('prefix') || session.isSet('from-key')) && session.args.length > 1)
    throw badArgs('too many arguments, only accept one argument when `--prefix` or `--from-key` is set')
}
