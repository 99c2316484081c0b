/**
 * jq's `del` of several paths, and of paths through `[]`, written so that the lent jq carries it out:
 * `del(.a,.b[].c)` becomes `(del(.a)|.b[] |= del(.c))`. Other paths stay as they are.
 */

/** The filter with each such `del` taken apart. */
export function chainDeletions(filter: string): string {
  let [result, at] = ['', 0]
  for (const match of filter.matchAll(/(?<![\w.$])del\(/g)) {
    const start = match.index + match[0].length
    const end = closingOf(filter, start)
    if (match.index < at || end < 0) continue
    result += filter.slice(at, match.index) + chain(filter.slice(start, end))
    at = end + 1
  }
  return result + filter.slice(at)
}

function chain(paths: string): string {
  const parts = splitPaths(paths)
  const simple = parts.every((part) => /^\.[\w.[\]"/-]*$/.test(part))
  if (!simple || (parts.length === 1 && !paths.includes('[]'))) return `del(${paths})`
  return `(${parts.map(deletion).join('|')})`
}

function deletion(path: string): string {
  const through = path.indexOf('[]')
  const rest = path.slice(through + 2)
  if (through < 0 || rest === '') return `del(${path})`
  return `${path.slice(0, through + 2)} |= ${deletion(rest.startsWith('.') ? rest : `.${rest}`)}`
}

/** Top-level parts between commas. */
function splitPaths(paths: string): string[] {
  const parts = ['']
  let depth = 0
  for (const letter of paths) {
    if ('([{'.includes(letter)) depth++
    if (')]}'.includes(letter)) depth--
    if (letter === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += letter
  }
  return parts.map((part) => part.trim())
}

/** Where the parenthesis that is open at `start` closes; -1 when it does not. */
function closingOf(text: string, start: number): number {
  let depth = 1
  for (let at = start; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return at
  }
  return -1
}
