/** cd, pwd, pushd, popd, dirs. */
import type { Run } from '../../host/process.ts'
import { errnoText } from '../redirect.ts'
import type { Shell } from '../shell.ts'
import { getValue, setValue } from '../variables.ts'
import type { Builtin } from './builtin.ts'

/** A path without `.` and `..`. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function* changeTo(sh: Shell, name: string, shown: string): Run<number> {
  const path = cleanPath(name.startsWith('/') ? name : `${sh.state.cwd}/${name}`)
  const done = (yield* sh.p.ask('chdir', { path })) as { error?: string }
  if (done.error !== undefined) {
    yield* sh.complain(`cd: ${shown}: ${errnoText(done.error)}`)
    return 1
  }
  setValue(sh.state, 'OLDPWD', sh.state.cwd)
  sh.state.cwd = path
  setValue(sh.state, 'PWD', path)
  return 0
}

const cd: Builtin = function* (sh, words) {
  const names = words.slice(1).filter((word) => !/^-[LPe]$/.test(word) && word !== '--')
  if (names.length > 1) {
    yield* sh.complain('cd: too many arguments')
    return 1
  }
  const [name] = names
  if (name === undefined) {
    const home = getValue(sh.state, 'HOME')
    if (home !== undefined) return yield* changeTo(sh, home, home)
    yield* sh.complain('cd: HOME not set')
    return 1
  }
  if (name !== '-') return name === '' ? 0 : yield* changeTo(sh, name, name)
  const old = getValue(sh.state, 'OLDPWD')
  if (old === undefined) {
    yield* sh.complain('cd: OLDPWD not set')
    return 1
  }
  const status = yield* changeTo(sh, old, old)
  yield* sh.p.out(`${sh.state.cwd}\n`)
  return status
}

const pwd: Builtin = function* (sh) {
  yield* sh.p.out(`${sh.state.cwd}\n`)
  return 0
}

function* showStack(sh: Shell): Run<number> {
  const home = getValue(sh.state, 'HOME') ?? ''
  const short = (path: string): string =>
    home !== '' && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path
  yield* sh.p.out(`${[sh.state.cwd, ...sh.state.directories].map(short).join(' ')}\n`)
  return 0
}

const pushd: Builtin = function* (sh, words) {
  const target = words[1] ?? sh.state.directories[0]
  if (target === undefined) {
    yield* sh.complain('pushd: no other directory')
    return 1
  }
  const from = sh.state.cwd
  if ((yield* changeTo(sh, target, target)) !== 0) return 1
  sh.state.directories = [from, ...(words[1] === undefined ? sh.state.directories.slice(1) : sh.state.directories)]
  return yield* showStack(sh)
}

const popd: Builtin = function* (sh) {
  const [target, ...rest] = sh.state.directories
  if (target === undefined) {
    yield* sh.complain('popd: directory stack empty')
    return 1
  }
  sh.state.directories = rest
  if ((yield* changeTo(sh, target, target)) !== 0) return 1
  return yield* showStack(sh)
}

export const directoryBuiltins: Record<string, Builtin> = { cd, pwd, pushd, popd, dirs: (sh) => showStack(sh) }
