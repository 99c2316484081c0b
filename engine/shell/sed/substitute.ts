/** The s command on one text (GNU sed's do_subst): the nth match or all from it on, with turns of case. */
import type { Case, Piece, Substitution } from './script.ts'

/** The new text; undefined: nothing fitted. */
export function substituted(text: string, regex: RegExp, { pieces, global, nth }: Substitution): string | undefined {
  let [made, from, count, end] = ['', 0, 0, -1]
  let done = false
  regex.lastIndex = 0
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    const [found] = match
    const isBesideLast = found === '' && match.index === end
    end = match.index + found.length
    if (!isBesideLast && ++count >= nth) {
      made += text.slice(from, match.index) + replacement(pieces, match)
      from = end
      done = true
      if (!global) break
    }
    if (found === '') regex.lastIndex++
    if (regex.lastIndex > text.length) break
  }
  return done ? made + text.slice(from) : undefined
}

function replacement(pieces: readonly Piece[], match: RegExpExecArray): string {
  let made = ''
  let [lasting, once]: (Case | undefined)[] = [undefined, undefined]
  for (const piece of pieces) {
    if ('turn' in piece) {
      if (piece.turn === 'u' || piece.turn === 'l') once = piece.turn
      else lasting = piece.turn === 'E' ? undefined : piece.turn
      continue
    }
    const text = 'text' in piece ? piece.text : (match[piece.group] ?? '')
    if (text === '') continue
    const turned = lasting === 'U' ? text.toUpperCase() : lasting === 'L' ? text.toLowerCase() : text
    const first = once === 'u' ? turned.charAt(0).toUpperCase() : once === 'l' ? turned.charAt(0).toLowerCase() : turned.charAt(0) // prettier-ignore
    made += first + turned.slice(1)
    once = undefined
  }
  return made
}
