/** Files below one root. Models api/internal/loader and kyaml/filesys. Not modelled: cloning repositories (a host has no git). */
import type { FileStat, Proc, Run } from '../../host/process.ts'
import { KustomizeError } from './errors.ts'

/** What a path leads to once all symlinks are followed. */
interface Place {
  directory: string
  /** Empty: the path is a directory. */
  file: string
}

export interface LoadOptions {
  /** Files may lie outside of the kustomization's directory. */
  unrestricted: boolean
}

const NO_GIT = `no 'git' program on path: exec: "git": executable file not found in $PATH`

const isWithin = (path: string, root: string): boolean => path === root || root === '/' || path.startsWith(`${root}/`)

export const isRemote = (path: string): boolean => /^https?:\/\//.test(path)

/** What git would be asked for. */
const isRepository = (path: string): boolean =>
  isRemote(path) ||
  /^(git@|ssh:\/\/|git::|file:\/\/)/.test(path) ||
  /^(github\.com|gh:|bitbucket\.org|gitlab\.com)[/:]/.test(path) ||
  /\.git(\/|\?|$)|\?ref=/.test(path)

/** Cleans `.` and `..` out of an absolute path. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

const REASONS: Record<string, string> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EACCES: 'permission denied',
  ELOOP: 'too many links',
}

/** Follows all symlinks, a part at a time, as filepath.EvalSymlinks. */
function* follow(p: Proc, path: string): Run<{ path: string; stat: FileStat } | { problem: string }> {
  let at = ''
  let stat: FileStat | undefined
  const todo = path.split('/').filter(Boolean)
  for (let links = 0; todo.length > 0;) {
    const next = `${at}/${todo.shift()!}`
    const found = yield* p.stat(next, { followLinks: false })
    if ('error' in found) {
      const why = stat !== undefined && stat.kind !== 'directory' ? 'ENOTDIR' : found.error
      return { problem: `lstat ${next}: ${REASONS[why] ?? why}` }
    }
    if (found.kind !== 'symlink') {
      at = next
      stat = found
      continue
    }
    if (++links > 255) return { problem: 'EvalSymlinks: too many links' }
    const target = found.target ?? ''
    todo.unshift(...target.split('/').filter(Boolean))
    if (target.startsWith('/')) at = ''
    const cleaned = cleanPath(`${at}/${todo.join('/')}`)
      .split('/')
      .filter(Boolean)
    at = ''
    todo.splice(0, todo.length, ...cleaned)
  }
  return { path: at || '/', stat: stat ?? ({ kind: 'directory' } as FileStat) }
}

function* placeOf(p: Proc, path: string): Run<Place> {
  const absolute = cleanPath(path.startsWith('/') ? path : `${p.cwd}/${path}`)
  const found = yield* follow(p, absolute)
  if ('problem' in found) throw new KustomizeError(`evalsymlink failure on '${path}' : ${found.problem}`)
  if (found.stat.kind === 'directory') return { directory: found.path, file: '' }
  const slash = found.path.lastIndexOf('/')
  return { directory: found.path.slice(0, slash) || '/', file: found.path.slice(slash + 1) }
}

/** The directory of a path. */
function* directoryOf(p: Proc, path: string): Run<string> {
  if (path === '') throw new KustomizeError('directory path cannot be empty string')
  let place: Place
  try {
    place = yield* placeOf(p, path)
  } catch (error) {
    throw error instanceof KustomizeError ? error.wrapped('not a valid directory') : error
  }
  if (place.file !== '') throw new KustomizeError(`'${path}': file is not directory`)
  return place.directory
}

export class Loader {
  private constructor(
    private readonly p: Proc,
    readonly root: string,
    private readonly options: LoadOptions,
    private readonly referrer?: Loader,
  ) {}

  /** A loader at a path as a person gives it. */
  static *at(p: Proc, path: string, options: LoadOptions): Run<Loader> {
    if (isRepository(path)) throw new KustomizeError(NO_GIT)
    try {
      return new Loader(p, yield* directoryOf(p, path), options)
    } catch (error) {
      throw error instanceof KustomizeError ? error.wrapped('must build at directory') : error
    }
  }

  /** A loader at another directory, named relative to this one. */
  *below(path: string): Run<Loader> {
    if (path === '') throw new KustomizeError('new root cannot be empty')
    if (isRepository(path)) throw new KustomizeError(NO_GIT)
    if (path.startsWith('/')) throw new KustomizeError(`new root '${path}' cannot be absolute`)
    let root: string
    try {
      root = yield* directoryOf(this.p, cleanPath(`${this.root}/${path}`))
    } catch (error) {
      throw error instanceof KustomizeError ? error.wrapped('must build at directory') : error
    }
    this.checkCycle(root)
    return new Loader(this.p, root, this.options, this)
  }

  private checkCycle(root: string): void {
    if (isWithin(this.root, root))
      throw new KustomizeError(`cycle detected: candidate root '${root}' contains visited root '${this.root}'`)
    this.referrer?.checkCycle(root)
  }

  /** The text of a file. */
  *load(path: string): Run<string> {
    if (isRemote(path)) return yield* this.fetch(path)
    const full = path.startsWith('/') ? cleanPath(path) : cleanPath(`${this.root}/${path}`)
    const place = yield* placeOf(this.p, full)
    if (place.file === '') throw new KustomizeError(`'${full}' must resolve to a file`)
    if (!this.options.unrestricted && !isWithin(place.directory, this.root))
      throw new KustomizeError(`security; file '${full}' is not in or below '${this.root}'`)
    const read = yield* this.p.readFile(full)
    if ('text' in read) return read.text
    throw new KustomizeError(`open ${full}: ${REASONS[read.error] ?? read.error}`)
  }

  private *fetch(url: string): Run<string> {
    const [bare = '', search = ''] = url.split('?')
    const query = Object.fromEntries(
      search
        .split('&')
        .filter(Boolean)
        .map((pair) => pair.split('=') as [string, string]),
    )
    const answer = yield* this.p.http({ url: bare, request: { method: 'GET', query, headers: {} } })
    if ('failure' in answer) throw new KustomizeError(`Get "${url}": ${answer.message}`)
    if (answer.code < 200 || answer.code > 299)
      throw new KustomizeError(isRepository(url) ? 'URL is a git repository' : `HTTP Error: status code ${answer.code}`)
    return typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  }
}
