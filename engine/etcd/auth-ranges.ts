/** Which keys the roles of a user cover. Models server/auth/range_perm_cache.go. */
import type { Permission } from './auth-messages.ts'

export interface Range {
  key: string
  rangeEnd?: string
}

/** From `begin` on and before `end`; without an end, to the last key there can be. */
interface Interval {
  begin: string
  end?: string
}

function intervalOf({ key, rangeEnd }: Range): Interval {
  if (rangeEnd === undefined || rangeEnd === '') return { begin: key, end: `${key}\0` }
  return rangeEnd === '\0' ? { begin: key } : { begin: key, end: rangeEnd }
}

const isEmpty = ({ begin, end }: Interval): boolean => end !== undefined && end <= begin

/** Whether several permissions together cover all of a range. */
export function covers(permissions: readonly Permission[], access: 'READ' | 'WRITE', range: Range): boolean {
  const wanted = intervalOf(range)
  const granted = permissions
    .filter(({ type }) => type === access || type === 'READWRITE')
    .map(intervalOf)
    .filter((one) => !isEmpty(one))
    .sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0))
  let reached = wanted.begin
  for (const { begin, end } of granted) {
    if (begin > reached) break
    if (end === undefined || (wanted.end !== undefined && end >= wanted.end)) return true
    if (end > reached) reached = end
  }
  return false
}
