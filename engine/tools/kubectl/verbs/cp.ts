/** `kubectl cp`. Models kubectl/pkg/cmd/cp: a tar on each side of an exec. Not modelled: wildcards in local names. */
import type { FileStat, Run } from '../../../host/process.ts'
import { makeTar, parseTar, type TarEntry } from '../../../host/tar.ts'
import type { OpenStream } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, isNotFound } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { finished, openIn, type RemoteChunk } from './exec.ts'
import { containerOf, type PodLike } from './pods-of.ts'

export const cpCommand: Command = { path: 'cp', run: runCp }

interface FileSpec {
  namespace: string
  /** Empty for a local file. */
  pod: string
  file: string
}

const BAD_SPEC = 'filespec must match the canonical format: [[namespace/]pod:]file/path'

const withoutSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

/** `[[namespace/]pod:]path`. Throws for what is neither. */
function fileSpec(word: string): FileSpec {
  const colon = word.indexOf(':')
  if (colon === 0) throw new CommandError(BAD_SPEC)
  if (colon < 0) return { namespace: '', pod: '', file: withoutSlash(word) }
  const pieces = word.slice(0, colon).split('/')
  const file = withoutSlash(word.slice(colon + 1)).replaceAll('\\', '/')
  if (pieces.length === 1) return { namespace: '', pod: pieces[0]!, file }
  if (pieces.length === 2) return { namespace: pieces[0]!, pod: pieces[1]!, file }
  throw new CommandError(BAD_SPEC)
}

function* runCp(ctx: Context): Run<void> {
  const { args } = ctx
  if (args.length !== 2) throw new CommandError('source and destination are required')
  const [from, to] = [fileSpec(args[0]!), fileSpec(args[1]!)]
  if (from.pod !== '' && to.pod !== '') throw new CommandError('one of src or dest must be a local file specification')
  if (from.file === '' || to.file === '') throw new CommandError('filepath can not be empty')
  if (from.pod !== '') return yield* copyFromPod(ctx, from, to.file)
  if (to.pod !== '') return yield* copyToPod(ctx, from.file, to)
  throw new CommandError('one of src or dest must be a remote file specification')
}

interface Result {
  stdout: string
  stderr: string
}

/** Hears a stream; true: it has heard enough. */
type Tell = (channel: 'stdout' | 'stderr', text: string) => Run<boolean | void>

function* podOf(ctx: Context, { namespace, pod }: FileSpec): Run<PodLike> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const where = namespace || (yield* ctx.session.namespace()).namespace
  return yield* (yield* ctx.session.client()).get<PodLike>(pathOf(type, where, pod))
}

/** A command in the pod's container; the streams go to `tell`. Throws as `kubectl exec` does. */
function* execute(
  ctx: Context,
  spec: FileSpec,
  command: string[],
  tell: Tell,
  input?: string,
  quiet = false,
): Run<void> {
  const pod = yield* podOf(ctx, spec)
  const phase = pod.status?.phase ?? ''
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phase}`)
  const container = yield* containerOf(ctx, pod, ctx.flags.text('container'), quiet)
  const stream = yield* openIn(ctx, pod, 'exec', { container, command, stdin: input !== undefined, tty: false })
  if (input !== undefined) {
    yield* stream.send({ channel: 'stdin', data: input })
    yield* stream.send(null)
  }
  yield* received(ctx, stream, tell)
}

function* received(ctx: Context, stream: OpenStream, tell: Tell): Run<void> {
  for (;;) {
    const item = yield* stream.next()
    if (item.kind === 'timeout') continue
    if (item.kind === 'end') {
      if (item.error) throw new CommandError(item.error)
      return
    }
    const { channel, data } = item.chunk as RemoteChunk
    if (typeof data !== 'string') return void (yield* finished(ctx, data))
    if (yield* tell(channel as 'stdout' | 'stderr', data)) return yield* stream.close()
  }
}

const baseOf = (path: string): string => withoutSlash(path).split('/').at(-1) || '/'

function dirOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash) || '/'
}

function* copyToPod(ctx: Context, source: string, to: FileSpec): Run<void> {
  if ('error' in (yield* ctx.p.stat(source, { followLinks: true })))
    throw new CommandError(`${source} doesn't exist in local filesystem`)
  const target = (yield* isDirectoryThere(ctx, to)) ? cleaned(`${to.file}/${baseOf(cleaned(source))}`) : to.file
  const entries: TarEntry[] = []
  yield* collect(ctx, source, baseOf(target), entries)
  const preserving = ctx.flags.bool('no-preserve') ? ['--no-same-permissions', '--no-same-owner'] : []
  const command = ['tar', ...preserving, '-xmf', '-', '-C', dirOf(target)]
  yield* execute(
    ctx,
    to,
    command,
    (channel, text) => (channel === 'stdout' ? ctx.p.out(text) : ctx.p.err(text)),
    makeTar(entries),
  )
}

/** Whatever goes wrong here means: no. */
function* isDirectoryThere(ctx: Context, to: FileSpec): Run<boolean> {
  const heard: Result = { stdout: '', stderr: '' }
  const keep: Tell = function* (channel, text) {
    heard[channel] += text
  }
  const quiet = muted(ctx)
  try {
    yield* execute(quiet, to, ['test', '-d', to.file], keep, undefined, true)
    return true
  } catch (error) {
    if (error instanceof CommandError) return false
    throw error
  }
}

/** What is asked on the way is not told. */
function muted(ctx: Context): Context {
  const silent = function* (): Run<void> {}
  return { ...ctx, p: { ...ctx.p, out: silent, err: silent } }
}

function* collect(ctx: Context, path: string, name: string, entries: TarEntry[]): Run<void> {
  const stat = yield* ctx.p.stat(path, { followLinks: false })
  if ('error' in stat) throw new CommandError(`lstat ${path}: no such file or directory`)
  if (stat.kind === 'symlink') return void entries.push(entryOf(name, stat, ''))
  if (stat.kind === 'file') {
    const got = yield* ctx.p.readFile(path)
    if ('error' in got) throw new CommandError(`open ${path}: permission denied`)
    return void entries.push(entryOf(name, stat, got.text))
  }
  const listed = yield* ctx.p.list(path)
  const names = 'error' in listed ? [] : listed.names
  if (names.length === 0) entries.push(entryOf(name, stat, ''))
  for (const child of names) yield* collect(ctx, `${withoutSlash(path)}/${child}`, `${name}/${child}`, entries)
}

function entryOf(name: string, { kind, mode, mtimeMs, owner, group, target }: FileStat, text: string): TarEntry {
  return { name, kind, mode, mtimeMs, owner, group, text, ...(target !== undefined && { target }) }
}

/** Models path.Clean. */
function cleaned(path: string): string {
  const rooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !rooted) parts.push(part)
  }
  return (rooted ? '/' : '') + parts.join('/') || '.'
}

/** What the members' names must begin with: the remote path without leading slashes and ways up. */
const prefixOf = (file: string): string =>
  cleaned(file.replace(/^\/+/, ''))
    .replace(/^(\.\.\/)+/, '')
    .replace(/^\.\.?$/, '')

/** What tar says goes to stdout, as upstream. The archive's end is the end, whatever tar says afterwards. */
function* copyFromPod(ctx: Context, from: FileSpec, target: string): Run<void> {
  let archive = ''
  let isOver = false
  const tell: Tell = function* (channel, text) {
    if (channel === 'stdout') archive += text
    else yield* ctx.p.out(text)
    isOver = archive.endsWith('\0'.repeat(1024))
    return isOver
  }
  const saying: Context = { ...ctx, p: { ...ctx.p, err: ctx.p.out } }
  let tries = ctx.flags.int('retries')
  for (;;) {
    const failure = yield* attempt(execute(saying, from, ['tar', 'cf', '-', from.file], tell))
    if (isOver || failure === undefined) break
    if (isNotFound(failure) || tries-- === 0) throw failure
    yield* ctx.p.err('Resuming copy at 0 bytes, retry\n')
  }
  yield* unpack(ctx, from, target, parseTar(archive) ?? [])
}

function* attempt(run: Run<void>): Run<CommandError | undefined> {
  try {
    yield* run
    return undefined
  } catch (error) {
    if (error instanceof CommandError) return error
    throw error
  }
}

function* unpack(ctx: Context, from: FileSpec, target: string, entries: TarEntry[]): Run<void> {
  const prefix = prefixOf(from.file)
  let warned = false
  for (const entry of entries) {
    if (!entry.name.startsWith(prefix)) throw new CommandError('tar contents corrupted')
    const path = cleaned(`${target}/${entry.name.slice(prefix.length)}`)
    if (!isInside(target, path)) {
      yield* ctx.p.err(`warning: file ${JSON.stringify(path)} is outside target destination, skipping\n`)
      continue
    }
    yield* ctx.p.mkdir(entry.kind === 'directory' ? path : dirOf(path), { parents: true, mode: 0o755 })
    if (entry.kind === 'symlink') {
      yield* ctx.p.err(
        `warning: skipping symlink: ${JSON.stringify(path)} -> ${JSON.stringify(entry.target)}${warned ? '' : hint(from)}\n`,
      )
      warned = true
    } else if (entry.kind === 'file') yield* put(ctx, path, entry.text)
  }
}

const hint = ({ namespace, pod, file }: FileSpec): string =>
  ` (consider using "kubectl exec -n ${JSON.stringify(namespace)} ${JSON.stringify(pod)} -- tar cf - ${JSON.stringify(file)} | tar xf -")`

function isInside(target: string, path: string): boolean {
  const base = cleaned(target)
  return base === '.' ? !path.startsWith('..') : path === base || path.startsWith(base === '/' ? '/' : `${base}/`)
}

const WHY: Record<string, string> = {
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
}

function* put(ctx: Context, path: string, text: string): Run<void> {
  const stat = yield* ctx.p.stat(path)
  const written =
    !('error' in stat) && stat.kind === 'directory' ? { error: 'EISDIR' } : yield* ctx.p.writeFile(path, text)
  if ('error' in written) throw new CommandError(`open ${path}: ${WHY[written.error] ?? written.error}`)
}
