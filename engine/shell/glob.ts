/** Pathname expansion. */
import type { Proc, Run } from '../host/process.ts'
import { hasMagic, patternSource, unescapePattern } from './pattern.ts'
import type { ShellOptions } from './state.ts'

/** The paths that match, sorted; none when nothing does. */
export function* expandGlob(p: Proc, cwd: string, pattern: string, options: ShellOptions): Run<string[]> {
  const absolute = pattern.startsWith('/')
  let found = [absolute ? '/' : '']
  for (const segment of pattern.split('/').filter((part) => part !== '')) {
    const next: string[] = []
    for (const base of found) next.push(...(yield* matchIn(p, cwd, base, segment, options)))
    found = next
  }
  if (pattern.endsWith('/')) found = found.map((path) => `${path}/`)
  return found.sort((a, b) => collate(a, b))
}

/** The order of a C.UTF-8 shell with a hint of locale: letters before case. */
function collate(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function* matchIn(p: Proc, cwd: string, base: string, segment: string, options: ShellOptions): Run<string[]> {
  const directory = base === '' ? cwd : base.startsWith('/') ? base : `${cwd}/${base}`
  const below = (name: string): string =>
    base === '' ? name : base.endsWith('/') ? `${base}${name}` : `${base}/${name}`
  if (!hasMagic(segment)) {
    const name = unescapePattern(segment)
    return 'error' in (yield* p.stat(`${directory}/${name}`, { followLinks: false })) ? [] : [below(name)]
  }
  if (segment === '**' && options.globstar) return yield* allBelow(p, directory, base)
  const listed = yield* p.list(directory)
  if ('error' in listed) return []
  const regex = new RegExp(`^(?:${patternSource(segment, { path: true })})$`, options.nocaseglob ? 'i' : '')
  const shown = (name: string): boolean =>
    options.dotglob || segment.startsWith('.') || segment.startsWith('\\.') || !name.startsWith('.')
  return listed.names.filter((name) => shown(name) && regex.test(name)).map(below)
}

function* allBelow(p: Proc, directory: string, base: string): Run<string[]> {
  const found = [base]
  const listed = yield* p.list(directory)
  if ('error' in listed) return found
  for (const name of listed.names) {
    if (name.startsWith('.')) continue
    const path = base === '' ? name : `${base}/${name}`
    const stat = yield* p.stat(`${directory}/${name}`, { followLinks: false })
    if ('error' in stat) continue
    if (stat.kind === 'directory') found.push(...(yield* allBelow(p, `${directory}/${name}`, path)))
    else found.push(path)
  }
  return found
}
