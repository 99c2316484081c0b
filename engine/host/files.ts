/**
 * The files of a host or a container as plain data: a shared base image (never written) and an
 * overlay of what differs. Copy-on-write, so that a tree costs what was changed in it.
 *
 * Models inode semantics as far as a shell shows them. Not modelled: hard links, device numbers,
 * extended attributes, setuid bits on directories.
 */
import { isBinary, rejoined, textOfBytes } from './bytes.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { Errno, FileStat } from './process.ts'

/** Who acts on a file. */
export interface Actor {
  user: string
  groups: readonly string[]
}

export const ROOT: Actor = { user: 'root', groups: ['root'] }

/** One inode. Immutable: a change makes a new one. */
export interface FileNode {
  kind: 'file' | 'directory' | 'symlink'
  mode: number
  owner: string
  group: string
  mtimeMs: number
  text?: string
  /** Content that is not text; `text` is then absent. */
  bytes?: Uint8Array
  /** Where a symlink points. */
  target?: string
  /** On an executable: its name in the program registry. */
  program?: string
  /** The text is made when it is read, by the tree's `views` of that name: what the kernel or a log daemon shows. */
  view?: string
  /** A character device: reads are empty, writes vanish. */
  device?: 'null' | 'zero' | 'full' | 'random' | 'tty'
  /** Bytes it is said to occupy, where the content is not spelt out (a binary, a fallocate'd file). */
  sizeBytes?: number
}

/** A text that is made when it is first read; its length may be known before, in UTF-8 bytes. */
export interface LazyText {
  length?: number
  text: () => string
}

/** A base layer: absolute path → inode, parents included. Built once, shared by all trees that name it. */
export interface BaseImage {
  name: string
  nodes: ReadonlyMap<string, FileNode>
  /** Directory → sorted names in it. */
  children: ReadonlyMap<string, readonly string[]>
  sizeBytes: number
}

/** Another tree that shows at a path of this one, as a volume does. */
export interface Mount {
  path: string
  /** The id of the tree, as the resolver given to the `FileTree` knows it. */
  volume: string
  /** A directory or file inside the volume; absent: its root. */
  subPath?: string
  readOnly?: boolean
}

export interface FileWatch {
  id: string
  path: string
  event: KernelEvent
}

export type FileChange = 'written' | 'created' | 'removed' | 'attributes'

/** What `watch` adds to the data of its event. */
export interface FileChangeData {
  path: string
  change: FileChange
}

export interface FileTreeState {
  base: string
  /** Path → inode; null: removed from the base. */
  overlay: Record<string, FileNode | null>
  watches: FileWatch[]
  mounts: Mount[]
  /** Bytes it may hold; absent: no limit. */
  quotaBytes?: number
  readOnly?: boolean
}

export interface FileTreeOptions {
  kernel: Kernel
  base: BaseImage
  /** Finds a mounted tree by its id. */
  volumeOf?: (id: string) => FileTree | undefined
  /** What others take of the same quota. */
  besideBytes?: () => number
  quotaBytes?: number
  readOnly?: boolean
}

const MAX_LINKS = 40
const MAX_WAYS = 2000

/** What inodes were made of that were put lazily: facts about a text that need not be made for them. Derived. */
const SOURCES = new WeakMap<FileNode, LazyText>()

/** The lazy text that an inode was made of; undefined for all others, and after a snapshot. */
export function sourceOf(node: FileNode | undefined): LazyText | undefined {
  return node && SOURCES.get(node)
}
const ok = { ok: true } as const
type Done = typeof ok | Errno

/** A place found by walking a path: the tree that holds it and the path in there, free of symlinks. */
interface Place {
  tree: FileTree
  path: string
  readOnly: boolean
}

export class FileTree {
  private state: FileTreeState
  private base: BaseImage
  private readonly kernel: Kernel
  private readonly volumeOf: (id: string) => FileTree | undefined
  private readonly besideBytes: () => number
  /** Directory → names that the overlay speaks of; made from the overlay when first needed. */
  private index: Map<string, Set<string>> | undefined
  private overlayBytes: number | undefined
  /** Directories that root reaches without a symlink or mount on the way, and such as are not there. Derived. */
  private readonly plain = new Set<string>()
  private readonly missing = new Set<string>()
  /** What files with a `view` say; the owner of the tree sets them. */
  views: Readonly<Record<string, (argument: string) => string>> = {}
  /** The clock that stamps changes; a host sets its own, skewed one. */
  clockMs: () => number

  constructor(options: FileTreeOptions) {
    this.kernel = options.kernel
    this.base = options.base
    this.volumeOf = options.volumeOf ?? (() => undefined)
    this.besideBytes = options.besideBytes ?? (() => 0)
    this.clockMs = () => this.kernel.clockMs
    this.state = { base: options.base.name, overlay: {}, watches: [], mounts: [] }
    if (options.quotaBytes !== undefined) this.state.quotaBytes = options.quotaBytes
    if (options.readOnly !== undefined) this.state.readOnly = options.readOnly
  }

  get baseName(): string {
    return this.state.base
  }

  /** Reads a file's text; bytes that are no UTF-8 stand in it as `bytes.ts` says. */
  read(path: string, as: Actor = ROOT): { text: string } | Errno {
    const place = this.locate(path, as)
    if ('error' in place) return place
    const node = place.tree.nodeAt(place.path)
    if (node === undefined) return { error: 'ENOENT' }
    if (node.kind === 'directory') return { error: 'EISDIR' }
    if (!allows(node, as, 4)) return { error: 'EACCES' }
    return { text: node.view === undefined ? textIn(node) : place.tree.viewed(node.view) }
  }

  /** What a view says; `name:argument`. */
  private viewed(view: string): string {
    const [, name = view, argument = ''] = /^([^:]+):(.*)$/.exec(view) ?? []
    return this.views[name]?.(argument) ?? ''
  }

  /** The text of a file, or undefined: for components, which act as root. */
  text(path: string): string | undefined {
    const got = this.read(path)
    return 'text' in got ? got.text : undefined
  }

  /** Like `put`, with a text that costs something to make. */
  putLazily(path: string, source: LazyText, attributes: Partial<Omit<FileNode, 'kind' | 'text'>> = {}): void {
    const { length, text } = source
    this.put(path, '', { ...attributes, ...(length !== undefined && { sizeBytes: length }) })
    const node = this.node(path) as FileNode
    SOURCES.set(node, source)
    const put = (value: string): string => {
      Object.defineProperty(node, 'text', { value, enumerable: true, configurable: true, writable: true })
      return value
    }
    Object.defineProperty(node, 'text', { get: () => put(text()), enumerable: true, configurable: true })
  }

  /** Writes a file, making it when it is not there (mode 0644 unless told). Its directory must exist. */
  write(
    path: string,
    text: string,
    as: Actor = ROOT,
    options: { append?: boolean; mode?: number; program?: string } = {},
  ): Done {
    const place = this.locate(path, as)
    if ('error' in place) return place
    return place.tree.writeAt(place, text, as, options)
  }

  /** Writes a file as root, with its directories: for the makers of hosts and containers. */
  put(path: string, text: string, attributes: Partial<Omit<FileNode, 'kind' | 'text'>> = {}): void {
    this.mkdir(dirname(path), ROOT, { parents: true })
    const place = this.locate(path, ROOT)
    if ('error' in place) throw new Error(`files: ${path}: ${place.error}`)
    const node: FileNode = {
      kind: 'file',
      mode: 0o644,
      owner: 'root',
      group: 'root',
      mtimeMs: this.clockMs(),
      text,
      ...attributes,
    }
    place.tree.set(place.path, node, place.tree.nodeAt(place.path) === undefined ? 'created' : 'written')
  }

  /** Makes a file take so many bytes, whose content nobody spells out: fallocate(2). What it says stays. */
  allocate(path: string, bytes: number, as: Actor = ROOT): Done {
    const place = this.locate(path, as)
    if ('error' in place) return place
    const { tree } = place
    const there = tree.nodeAt(place.path)
    if (there?.kind === 'directory') return { error: 'EISDIR' }
    if (there !== undefined && !allows(there, as, 2)) return { error: 'EACCES' }
    const refused = there === undefined ? tree.mayChangeIn(place, as) : undefined
    if (refused !== undefined) return refused
    const fresh: FileNode = {
      kind: 'file',
      mode: 0o644,
      owner: as.user,
      group: as.groups[0] ?? as.user,
      mtimeMs: 0,
      text: '',
    }
    const node: FileNode = { ...(there ?? fresh), sizeBytes: Math.max(bytes, sizeOf(there)), mtimeMs: this.clockMs() }
    return tree.set(place.path, node, there === undefined ? 'created' : 'written')
  }

  /** Inodes of the tree. */
  inodes(): number {
    return this.base.nodes.size + Object.keys(this.state.overlay).length
  }

  stat(path: string, as: Actor = ROOT, options: { followLinks?: boolean } = {}): FileStat | Errno {
    const place = this.locate(path, as, options.followLinks ?? true)
    if ('error' in place) return place
    const node = place.tree.nodeAt(place.path)
    return node === undefined ? { error: 'ENOENT' } : statOf(node)
  }

  /** The inode itself, symlinks followed; undefined when there is none. */
  node(path: string, as: Actor = ROOT): FileNode | undefined {
    const place = this.locate(path, as)
    return 'error' in place ? undefined : place.tree.nodeAt(place.path)
  }

  exists(path: string): boolean {
    return this.node(path) !== undefined
  }

  /** The absolute path free of symlinks, as `readlink -f` prints it. */
  realPath(path: string, as: Actor = ROOT): { path: string } | Errno {
    const place = this.locate(path, as)
    if ('error' in place) return place
    return { path: place.tree === this ? place.path : normalize(path) }
  }

  /** The names in a directory, sorted by code point. */
  list(path: string, as: Actor = ROOT): { names: string[] } | Errno {
    const place = this.locate(path, as)
    if ('error' in place) return place
    const node = place.tree.nodeAt(place.path)
    if (node === undefined) return { error: 'ENOENT' }
    if (node.kind !== 'directory') return { error: 'ENOTDIR' }
    if (!allows(node, as, 4)) return { error: 'EACCES' }
    const names = new Set(place.tree.namesIn(place.path))
    if (place.tree === this) for (const name of this.mountNamesIn(place.path)) names.add(name)
    return { names: [...names].sort(byCodePoint) }
  }

  mkdir(path: string, as: Actor = ROOT, options: { parents?: boolean; mode?: number } = {}): Done {
    const place = this.locate(path, as)
    const above = `/${segments(path).slice(0, -1).join('/')}`
    if (!('error' in place) || place.error !== 'ENOENT' || !options.parents || above === '/')
      return this.makeDirectory(place, as, options)
    const made = this.mkdir(above, as, { parents: true })
    return 'error' in made ? made : this.makeDirectory(this.locate(path, as), as, options)
  }

  private makeDirectory(place: Place | Errno, as: Actor, options: { parents?: boolean; mode?: number }): Done {
    if ('error' in place) return place
    const { tree } = place
    const there = tree.nodeAt(place.path)
    if (there !== undefined) return options.parents && there.kind === 'directory' ? ok : { error: 'EEXIST' }
    const refused = tree.mayChangeIn(place, as)
    if (refused !== undefined) return refused
    const owned = { owner: as.user, group: as.groups[0] ?? as.user, mtimeMs: this.clockMs() }
    return tree.set(place.path, { kind: 'directory', mode: options.mode ?? 0o755, ...owned }, 'created')
  }

  remove(path: string, as: Actor = ROOT, options: { recursive?: boolean } = {}): Done {
    const place = this.locate(path, as, false)
    if ('error' in place) return place
    const { tree } = place
    const node = tree.nodeAt(place.path)
    if (node === undefined) return { error: 'ENOENT' }
    const refused = tree.mayChangeIn(place, as, node)
    if (refused !== undefined) return refused
    if (node.kind === 'directory' && tree.namesIn(place.path).length > 0) {
      if (!options.recursive) return { error: 'ENOTEMPTY' }
      for (const name of tree.namesIn(place.path)) {
        const done = tree.remove(join(place.path, name), as, options)
        if ('error' in done) return done
      }
    }
    tree.erase(place.path)
    return ok
  }

  rename(from: string, to: string, as: Actor = ROOT): Done {
    const source = this.locate(from, as, false)
    if ('error' in source) return source
    const target = this.locate(to, as, false)
    if ('error' in target) return target
    const node = source.tree.nodeAt(source.path)
    if (node === undefined) return { error: 'ENOENT' }
    const there = target.tree.nodeAt(target.path)
    if (there?.kind === 'directory' && target.tree.namesIn(target.path).length > 0) return { error: 'ENOTEMPTY' }
    if (`${target.path}/`.startsWith(`${source.path}/`) && node.kind === 'directory') return { error: 'EINVAL' }
    const refused = source.tree.mayChangeIn(source, as, node) ?? target.tree.mayChangeIn(target, as, there)
    if (refused !== undefined) return refused
    moveTree(source, target)
    return ok
  }

  symlink(target: string, path: string, as: Actor = ROOT): Done {
    const place = this.locate(path, as, false)
    if ('error' in place) return place
    const { tree } = place
    if (tree.nodeAt(place.path) !== undefined) return { error: 'EEXIST' }
    const refused = tree.mayChangeIn(place, as)
    if (refused !== undefined) return refused
    const owned = { owner: as.user, group: as.groups[0] ?? as.user, mtimeMs: this.clockMs() }
    return tree.set(place.path, { kind: 'symlink', mode: 0o777, ...owned, target }, 'created')
  }

  chmod(path: string, mode: number, as: Actor = ROOT): Done {
    return this.change(path, as, (node) => ({ ...node, mode: mode & 0o7777 }))
  }

  /** Only root may give a file away; its owner may change the group to one of theirs. */
  chown(path: string, owner: string, group: string | undefined, as: Actor = ROOT): Done {
    return this.change(path, as, (node) => {
      const isRoot = as.user === 'root'
      if (!isRoot && owner !== '' && owner !== node.owner) return undefined
      if (!isRoot && group !== undefined && !as.groups.includes(group)) return undefined
      return { ...node, owner: owner === '' ? node.owner : owner, group: group ?? node.group }
    })
  }

  /** Sets the time of a file, as touch does. */
  setTime(path: string, mtimeMs: number, as: Actor = ROOT): Done {
    return this.change(path, as, (node) => ({ ...node, mtimeMs }))
  }

  /**
   * Sends a copy of the event, its data extended by a `FileChangeData`, whenever the path or
   * something below it changes. Watching twice with one id replaces.
   */
  watch(path: string, event: KernelEvent, id = `${event.to} ${event.type} ${path}`): void {
    this.unwatch(id)
    this.state.watches.push({ id, path: normalize(path), event })
  }

  unwatch(id: string): void {
    this.state.watches = this.state.watches.filter((watch) => watch.id !== id)
  }

  mount(mount: Mount): void {
    this.forgetWays()
    this.state.mounts = [...this.state.mounts.filter(({ path }) => path !== mount.path), mount].sort(
      (a, b) => b.path.length - a.path.length,
    )
  }

  unmount(path: string): void {
    this.forgetWays()
    this.state.mounts = this.state.mounts.filter((mount) => mount.path !== path)
  }

  mounts(): readonly Mount[] {
    return this.state.mounts
  }

  /** Forgets the overlay under a directory, as a reboot does with a tmpfs. The directory itself stays. */
  clear(directory: string): void {
    const prefix = `${normalize(directory)}/`
    for (const path of Object.keys(this.state.overlay)) {
      if (!path.startsWith(prefix)) continue
      delete this.state.overlay[path]
      this.notify(path, 'removed')
    }
    this.index = undefined
    this.overlayBytes = undefined
    this.forgetWays()
  }

  /** Bytes in use: those of the base image and what the overlay added. */
  usedBytes(): number {
    return this.base.sizeBytes + this.addedBytes()
  }

  /** Bytes that the overlay added. */
  addedBytes(): number {
    this.overlayBytes ??= Object.values(this.state.overlay).reduce((sum, node) => sum + sizeOf(node), 0)
    return this.overlayBytes
  }

  /** Of them those below some directories. */
  addedBytesBelow(directories: readonly string[]): number {
    const isBelow = (path: string): boolean => directories.some((directory) => path.startsWith(`${directory}/`))
    return Object.entries(this.state.overlay).reduce(
      (sum, [path, node]) => (isBelow(path) ? sum + sizeOf(node) : sum),
      0,
    )
  }

  setQuota(bytes: number | undefined): void {
    if (bytes === undefined) delete this.state.quotaBytes
    else this.state.quotaBytes = bytes
  }

  setReadOnly(readOnly: boolean): void {
    this.state.readOnly = readOnly
  }

  /** Every path below a directory, parents before children, names sorted. */
  *walk(path = '/'): Generator<{ path: string; node: FileNode }> {
    const node = this.nodeAt(normalize(path))
    if (node === undefined) return
    yield { path: normalize(path), node }
    if (node.kind !== 'directory') return
    for (const name of this.namesIn(normalize(path)).sort(byCodePoint)) yield* this.walk(join(path, name))
  }

  dump(): FileTreeState {
    return this.state
  }

  /** Takes the state back; `base` must be the image that the state names. */
  load(state: FileTreeState, base: BaseImage = this.base): void {
    if (base.name !== state.base) throw new Error(`files: the state is over ${state.base}, not ${base.name}`)
    this.state = state
    this.base = base
    this.index = undefined
    this.overlayBytes = undefined
    this.forgetWays()
  }

  /** Walks a path: follows symlinks and mounts, checks the search permission on the way. */
  private locate(path: string, as: Actor, followLast = true): Place | Errno {
    if (as.user !== 'root' || this.state.mounts.length > 0) return this.walkTo(path, as, followLast)
    const directory = dirname(path)
    if (this.missing.has(directory)) return { error: 'ENOENT' }
    const isPlain = this.plain.has(directory) && /^\/[^/]/.test(path) && isName(basename(path))
    if (isPlain && !(followLast && this.nodeAt(path)?.kind === 'symlink'))
      return { tree: this, path, readOnly: this.state.readOnly === true }
    const place = this.walkTo(path, as, followLast)
    this.noteWay(directory, path, place)
    return place
  }

  private noteWay(directory: string, path: string, place: Place | Errno): void {
    if (!('error' in place) && place.tree === this && place.path === path && directory !== path)
      this.plain.add(directory)
    if ('error' in place && place.error === 'ENOENT' && this.isMissing(directory)) this.missing.add(directory)
    if (this.plain.size + this.missing.size > MAX_WAYS) this.forgetWays()
  }

  /** Whether a directory is not there, where no symlink is on the way to it. */
  private isMissing(directory: string): boolean {
    if (!directory.startsWith('/') || directory !== normalize(directory)) return false
    let at = directory
    while (at !== '/' && this.nodeAt(at) === undefined) at = dirname(at)
    return at !== directory && (at === '/' || this.plain.has(dirname(at))) && this.nodeAt(at)?.kind === 'directory'
  }

  private forgetWays(): void {
    this.plain.clear()
    this.missing.clear()
  }

  private walkTo(path: string, as: Actor, followLast: boolean): Place | Errno {
    if (path === '') return { error: 'ENOENT' }
    let left = segments(path)
    let at = '/'
    let links = 0
    while (left.length > 0) {
      const mounted = this.enterMount(at, left, as, followLast)
      if (mounted !== undefined) return mounted
      const directory = this.nodeAt(at)
      if (directory === undefined) return { error: 'ENOENT' }
      if (directory.kind !== 'directory') return { error: 'ENOTDIR' }
      if (!allows(directory, as, 1)) return { error: 'EACCES' }
      const [name, ...rest] = left as [string, ...string[]]
      const next = name === '..' ? dirname(at) : join(at, name)
      const node = this.nodeAt(next)
      if (node?.kind === 'symlink' && (rest.length > 0 || followLast)) {
        if (++links > MAX_LINKS) return { error: 'ELOOP' }
        const target = node.target ?? ''
        left = [...segments(target), ...rest]
        if (target.startsWith('/')) at = '/'
        continue
      }
      if (node === undefined && rest.length > 0 && !this.isOnWayToMount(next)) return { error: 'ENOENT' }
      at = next
      left = rest
      if (node === undefined && left.length > 0)
        return this.enterMount(at, left, as, followLast) ?? this.locateBelowMount(at, left, as, followLast)
    }
    return this.enterMount(at, [], as, followLast) ?? { tree: this, path: at, readOnly: this.state.readOnly === true }
  }

  /** A mount point need not exist in the tree below it. */
  private locateBelowMount(at: string, left: string[], as: Actor, followLast: boolean): Place | Errno {
    let here = at
    for (const [index, name] of left.entries()) {
      here = join(here, name)
      const found = this.enterMount(here, left.slice(index + 1), as, followLast)
      if (found !== undefined) return found
    }
    return { error: 'ENOENT' }
  }

  private isOnWayToMount(path: string): boolean {
    return this.state.mounts.some((mount) => mount.path === path || mount.path.startsWith(`${path}/`))
  }

  private enterMount(at: string, left: string[], as: Actor, followLast: boolean): Place | Errno | undefined {
    if (this.state.mounts.length === 0) return undefined
    const mount = this.state.mounts.find(({ path }) => path === at)
    if (mount === undefined) return undefined
    const tree = this.volumeOf(mount.volume)
    if (tree === undefined) return { error: 'ENOENT' }
    const inside = tree.locate([mount.subPath ?? '', ...left].reduce(join, '/'), as, followLast)
    if ('error' in inside) return inside
    return { ...inside, readOnly: inside.readOnly || mount.readOnly === true }
  }

  private mountNamesIn(directory: string): string[] {
    const prefix = directory === '/' ? '/' : `${directory}/`
    const below = this.state.mounts.filter(({ path }) => path.startsWith(prefix))
    return below.map(({ path }) => path.slice(prefix.length).split('/')[0] ?? '')
  }

  private nodeAt(path: string): FileNode | undefined {
    const own = this.state.overlay[path]
    if (own !== undefined) return own ?? undefined
    return this.base.nodes.get(path)
  }

  private namesIn(directory: string): string[] {
    const base = this.base.children.get(directory) ?? []
    const touched = this.overlayIndex().get(directory)
    if (touched === undefined) return [...base]
    const names = new Set(base)
    for (const name of touched) {
      if (this.state.overlay[join(directory, name)] === null) names.delete(name)
      else names.add(name)
    }
    return [...names]
  }

  private overlayIndex(): Map<string, Set<string>> {
    if (this.index !== undefined) return this.index
    this.index = new Map()
    for (const path of Object.keys(this.state.overlay)) addTo(this.index, path)
    return this.index
  }

  private writeAt(
    place: Place,
    text: string,
    as: Actor,
    options: { append?: boolean; mode?: number; program?: string },
  ): Done {
    const there = this.nodeAt(place.path)
    if (there?.kind === 'directory') return { error: 'EISDIR' }
    if (there?.device !== undefined) return there.device === 'full' ? { error: 'ENOSPC' } : ok
    if (place.readOnly) return { error: 'EROFS' }
    const refused =
      there === undefined
        ? this.mayChangeIn(place, as)
        : allows(there, as, 2)
          ? undefined
          : ({ error: 'EACCES' } as const)
    if (refused !== undefined) return refused
    const fresh: FileNode = { kind: 'file', mode: 0o644, owner: as.user, group: as.groups[0] ?? as.user, mtimeMs: 0 }
    const { bytes: _bytes, sizeBytes: _size, view: _view, ...kept } = there ?? fresh
    const node: FileNode = {
      ...kept,
      text: options.append ? joinTexts(textIn(there), text) : text,
      mtimeMs: this.clockMs(),
    }
    if (there === undefined && options.mode !== undefined) node.mode = options.mode
    if (options.program !== undefined) node.program = options.program
    return this.set(place.path, node, there === undefined ? 'created' : 'written')
  }

  private change(path: string, as: Actor, edit: (node: FileNode) => FileNode | undefined): Done {
    const place = this.locate(path, as)
    if ('error' in place) return place
    const node = place.tree.nodeAt(place.path)
    if (node === undefined) return { error: 'ENOENT' }
    if (place.readOnly) return { error: 'EROFS' }
    if (as.user !== 'root' && as.user !== node.owner) return { error: 'EACCES' }
    const edited = edit(node)
    return edited === undefined ? { error: 'EACCES' } : place.tree.set(place.path, edited, 'attributes')
  }

  /** Whether the actor may make, remove or replace the last name of the place; undefined: yes. */
  private mayChangeIn(place: Place, as: Actor, there?: FileNode): Errno | undefined {
    if (place.readOnly || this.state.readOnly === true) return { error: 'EROFS' }
    const directory = this.nodeAt(dirname(place.path))
    if (directory === undefined) return { error: 'ENOENT' }
    if (directory.kind !== 'directory') return { error: 'ENOTDIR' }
    if (!allows(directory, as, 2)) return { error: 'EACCES' }
    const sticky = (directory.mode & 0o1000) !== 0 && as.user !== 'root' && there !== undefined
    return sticky && as.user !== there.owner && as.user !== directory.owner ? { error: 'EACCES' } : undefined
  }

  private set(path: string, node: FileNode, change: FileChange): Done {
    const grows = sizeOf(node) - sizeOf(this.state.overlay[path])
    const { quotaBytes } = this.state
    if (quotaBytes !== undefined && grows > 0 && this.usedBytes() + this.besideBytes() + grows > quotaBytes)
      return { error: 'ENOSPC' }
    this.overlayBytes = this.addedBytes() + grows
    if (node.kind !== 'file') this.missing.clear()
    if (node.kind !== 'directory' && this.nodeAt(path)?.kind === 'directory') this.plain.clear()
    this.state.overlay[path] = node
    if (this.index !== undefined) addTo(this.index, path)
    this.notify(path, change)
    return ok
  }

  /** Takes a path away. */
  private erase(path: string): void {
    if (this.nodeAt(path)?.kind === 'directory') this.plain.clear()
    this.overlayBytes = this.addedBytes() - sizeOf(this.state.overlay[path])
    if (this.base.nodes.has(path)) this.state.overlay[path] = null
    else delete this.state.overlay[path]
    if (this.base.nodes.has(path)) addTo(this.overlayIndex(), path)
    else this.overlayIndex().get(dirname(path))?.delete(basename(path))
    this.notify(path, 'removed')
  }

  private notify(path: string, change: FileChange): void {
    for (const watch of this.state.watches) {
      if (path !== watch.path && !path.startsWith(watch.path === '/' ? '/' : `${watch.path}/`)) continue
      const data = typeof watch.event.data === 'object' && watch.event.data !== null ? watch.event.data : {}
      this.kernel.send({ ...watch.event, data: { ...data, path, change } satisfies FileChangeData })
    }
  }

  /** Moves the node at a place, and all below it, to another place. */
  static move(source: Place, target: Place): void {
    for (const { path, node } of [...source.tree.walk(source.path)]) {
      target.tree.set(target.path + path.slice(source.path.length), node, 'created')
    }
    for (const { path } of [...source.tree.walk(source.path)].reverse()) source.tree.erase(path)
  }
}

function moveTree(source: Place, target: Place): void {
  FileTree.move(source, target)
}

/** Builds a base image out of inodes; missing directories are made, owned by root. */
export function makeBaseImage(name: string, nodes: Iterable<[string, FileNode]>): BaseImage {
  const all = new Map<string, FileNode>()
  const directory: FileNode = { kind: 'directory', mode: 0o755, owner: 'root', group: 'root', mtimeMs: 0 }
  all.set('/', directory)
  for (const [path, node] of nodes) {
    for (let up = dirname(path); !all.has(up); up = dirname(up)) all.set(up, directory)
    all.set(path, node)
  }
  const children = new Map<string, string[]>()
  let sizeBytes = 0
  for (const [path, node] of all) {
    sizeBytes += sizeOf(node)
    if (path === '/') continue
    const list = children.get(dirname(path)) ?? []
    list.push(basename(path))
    children.set(dirname(path), list)
  }
  for (const list of children.values()) list.sort(byCodePoint)
  return { name, nodes: all, children, sizeBytes }
}

/** Whether the actor has the right (4 read, 2 write, 1 search or execute) on an inode. */
export function allows(
  node: Pick<FileNode, 'mode' | 'owner' | 'group' | 'kind'>,
  as: Actor,
  right: 1 | 2 | 4,
): boolean {
  if (as.user === 'root') return right !== 1 || node.kind === 'directory' || (node.mode & 0o111) !== 0
  const shift = as.user === node.owner ? 6 : as.groups.includes(node.group) ? 3 : 0
  return ((node.mode >> shift) & right) !== 0
}

/** Absolute path without `.`, `..` and doubled slashes. Symlinks are not looked at. */
export function normalize(path: string): string {
  const kept: string[] = []
  for (const part of segments(path)) {
    if (part === '..') kept.pop()
    else kept.push(part)
  }
  return `/${kept.join('/')}`
}

export function dirname(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..'

/** Puts a name below a directory. */
export function join(directory: string, name: string): string {
  if (name === '') return directory
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

function segments(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function addTo(index: Map<string, Set<string>>, path: string): void {
  const names = index.get(dirname(path)) ?? new Set<string>()
  names.add(basename(path))
  index.set(dirname(path), names)
}

/** UTF-8 length without building the bytes; a letter that stands for a byte counts one. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80 || (code >= 0xdc80 && code <= 0xdcff)) continue
    if (code < 0x800) bytes += 1
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 2
      i++
    } else bytes += 2
  }
  return bytes
}

/** Bytes of an inode; a directory counts as one block, as ls shows it. */
function sizeOf(node: FileNode | null | undefined): number {
  if (node === null || node === undefined) return 0
  if (node.sizeBytes !== undefined) return node.sizeBytes
  if (node.kind === 'directory') return 4096
  if (node.kind === 'symlink') return (node.target ?? '').length
  return node.bytes?.length ?? utf8Length(node.text ?? '')
}

function statOf(node: FileNode): FileStat {
  const { kind, mode, owner, group, mtimeMs, target } = node
  return { kind, mode, owner, group, size: sizeOf(node), mtimeMs, ...(target === undefined ? {} : { target }) }
}

function textIn(node: FileNode | undefined): string {
  return node?.text ?? (node?.bytes === undefined ? '' : textOfBytes(node.bytes))
}

/** What was there and what comes after it; a character whose bytes came apart is whole again. */
function joinTexts(there: string, added: string): string {
  return isBinary(added) ? rejoined(there + added) : there + added
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
