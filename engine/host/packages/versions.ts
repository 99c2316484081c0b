/** Versions of packages and what dependencies ask of them. Models dpkg's lib/dpkg/version.c and deb-version(7). */

interface Parts {
  epoch: number
  upstream: string
  revision: string
}

function partsOf(version: string): Parts {
  const [, epoch, rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? []
  const dash = rest.lastIndexOf('-')
  return {
    epoch: Number(epoch ?? 0),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  }
}

/** Negative when `a` is older: epoch, then upstream version, then revision. */
export function compareDebVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  )
}

/** `~` is before the end, the end before letters, letters before the rest. */
function order(letter: string | undefined): number {
  if (letter === undefined || /\d/.test(letter)) return 0
  if (letter === '~') return -1
  return /[A-Za-z]/.test(letter) ? letter.charCodeAt(0) : letter.charCodeAt(0) + 256
}

function compareParts(a: string, b: string): number {
  let [left, right] = [a, b]
  while (left !== '' || right !== '') {
    while ((left !== '' && !/^\d/.test(left)) || (right !== '' && !/^\d/.test(right))) {
      const difference = order(left[0]) - order(right[0])
      if (difference !== 0) return difference
      left = left.slice(1)
      right = right.slice(1)
    }
    const [mine = '', theirs = ''] = [/^\d*/.exec(left)?.[0], /^\d*/.exec(right)?.[0]]
    const difference = Number(mine) - Number(theirs)
    if (difference !== 0) return difference
    left = left.slice(mine.length)
    right = right.slice(theirs.length)
  }
  return 0
}

/** One alternative of a dependency: `kubelet (>= 1.19.0)`. */
export interface Relation {
  name: string
  operator?: string
  version?: string
}

/** `a (>= 1), b | c`: all of these, each by one of its alternatives. */
export function parseRelations(text: string | undefined): Relation[][] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => part.split('|').map(parseRelation))
}

function parseRelation(text: string): Relation {
  const [, name = '', operator, version] =
    /^\s*([^\s:(]+)(?::\w+)?\s*(?:\(\s*([<>=]+)\s*([^)\s]+)\s*\))?/.exec(text) ?? []
  return operator === undefined ? { name } : { name, operator, version: version ?? '' }
}

export function makeRelation({ name, operator, version }: Relation): string {
  return operator === undefined ? name : `${name} (${operator} ${version})`
}

const HOLDS: Record<string, (order: number) => boolean> = {
  '<<': (n) => n < 0,
  '<=': (n) => n <= 0,
  '=': (n) => n === 0,
  '>=': (n) => n >= 0,
  '>>': (n) => n > 0,
}

export function satisfies(relation: Relation, version: string): boolean {
  const { operator } = relation
  return operator === undefined || HOLDS[operator]?.(compareDebVersions(version, relation.version ?? '')) === true
}
