/** The files of a host or container in the shape that just-bash's commands want. */
import { bytesOfText, lettersOfText, textOfBytes, textOfLetters } from './bytes.ts'
import { basename, dirname, join, normalize } from './files.ts'
import type { Actor, FileTree } from './files.ts'
import type { Errno, FileStat } from './process.ts'

/** Where a tool runs. */
export interface ToolPlace {
  tree: FileTree
  actor: Actor
  cwd: string
  env: Readonly<Record<string, string>>
  clockMs: number
  /** Texts that show at these paths: what was read from descriptors. */
  files?: Readonly<Record<string, string>>
}

const WORDS: Record<Errno['error'], string> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'illegal operation on a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file already exists',
  ENOTEMPTY: 'directory not empty',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  EINVAL: 'invalid argument',
  ELOOP: 'too many levels of symbolic links',
}

function must<T extends object>(got: T | Errno, doing: string, path: string): T {
  if (!('error' in got)) return got as T
  throw Object.assign(new Error(`${got.error}: ${WORDS[got.error]}, ${doing} '${path}'`), { code: got.error })
}

interface ToolStat {
  isFile: boolean
  isDirectory: boolean
  isSymbolicLink: boolean
  mode: number
  size: number
  mtime: Date
}

function statOf({ kind, mode, size, mtimeMs }: FileStat): ToolStat {
  return {
    isFile: kind === 'file',
    isDirectory: kind === 'directory',
    isSymbolicLink: kind === 'symlink',
    mode,
    size,
    mtime: new Date(mtimeMs),
  }
}

export class ToolFiles {
  private readonly tree: FileTree
  private readonly actor: Actor

  private readonly extra: Readonly<Record<string, string>>

  constructor(place: ToolPlace) {
    this.extra = place.files ?? {}
    this.tree = place.tree
    this.actor = place.actor
  }

  async readFile(path: string): Promise<string> {
    return this.extra[path] ?? must(this.tree.read(path, this.actor), 'open', path).text
  }

  async readFileBytes(path: string): Promise<string> {
    return lettersOfText(await this.readFile(path))
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return bytesOfText(await this.readFile(path))
  }

  async writeFile(path: string, content: string | Uint8Array, options?: unknown): Promise<void> {
    must(this.tree.write(path, textOf(content, options), this.actor), 'open', path)
  }

  async appendFile(path: string, content: string | Uint8Array, options?: unknown): Promise<void> {
    must(this.tree.write(path, textOf(content, options), this.actor, { append: true }), 'open', path)
  }

  async exists(path: string): Promise<boolean> {
    return path in this.extra || this.tree.node(path, this.actor) !== undefined
  }

  async stat(path: string): Promise<ToolStat> {
    const text = this.extra[path]
    if (text !== undefined)
      return statOf({ kind: 'file', mode: 0o600, owner: 'root', group: 'root', size: text.length, mtimeMs: 0 })
    return statOf(must(this.tree.stat(path, this.actor), 'stat', path))
  }

  async lstat(path: string): Promise<ToolStat> {
    return statOf(must(this.tree.stat(path, this.actor, { followLinks: false }), 'lstat', path))
  }

  async mkdir(path: string, options: { recursive?: boolean } = {}): Promise<void> {
    must(this.tree.mkdir(path, this.actor, { parents: options.recursive === true }), 'mkdir', path)
  }

  async readdir(path: string): Promise<string[]> {
    return must(this.tree.list(path, this.actor), 'scandir', path).names
  }

  async readdirWithFileTypes(
    path: string,
  ): Promise<{ name: string; isFile: boolean; isDirectory: boolean; isSymbolicLink: boolean }[]> {
    const names = await this.readdir(path)
    return Promise.all(names.map(async (name) => ({ name, ...(await this.lstat(join(path, name))) })))
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const done = this.tree.remove(path, this.actor, { recursive: options.recursive === true })
    if (!('error' in done && done.error === 'ENOENT' && options.force === true)) must(done, 'rm', path)
  }

  async cp(from: string, to: string, options: { recursive?: boolean } = {}): Promise<void> {
    const stat = await this.stat(from)
    if (!stat.isDirectory) return this.writeFile(to, await this.readFile(from))
    if (options.recursive !== true) throw new Error(`EISDIR: illegal operation on a directory, cp '${from}'`)
    await this.mkdir(to, { recursive: true })
    for (const name of await this.readdir(from)) await this.cp(join(from, name), join(to, name), options)
  }

  async mv(from: string, to: string): Promise<void> {
    must(this.tree.rename(from, to, this.actor), 'rename', from)
  }

  resolvePath(base: string, path: string): string {
    return normalize(path.startsWith('/') ? path : `${base}/${path}`)
  }

  getAllPaths(): string[] {
    return [...this.tree.walk('/')].map(({ path }) => path)
  }

  async chmod(path: string, mode: number): Promise<void> {
    must(this.tree.chmod(path, mode, this.actor), 'chmod', path)
  }

  async symlink(target: string, path: string): Promise<void> {
    must(this.tree.symlink(target, path, this.actor), 'symlink', path)
  }

  async link(): Promise<void> {
    throw new Error('not simulated: hard links')
  }

  async readlink(path: string): Promise<string> {
    return must(this.tree.stat(path, this.actor, { followLinks: false }), 'readlink', path).target ?? ''
  }

  async realpath(path: string): Promise<string> {
    return must(this.tree.realPath(path, this.actor), 'realpath', join(dirname(path), basename(path))).path
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    must(this.tree.setTime(path, mtime.getTime(), this.actor), 'utimes', path)
  }
}

function textOf(content: string | Uint8Array, options: unknown): string {
  const encoding = typeof options === 'string' ? options : (options as { encoding?: string } | undefined)?.encoding
  if (typeof content !== 'string') return textOfBytes(content)
  if (encoding !== 'binary' && encoding !== 'latin1') return content
  return textOfLetters(content)
}
