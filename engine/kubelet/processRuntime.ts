/**
 * The container runtime port on the process table of the host: file trees of containers and volumes, main
 * processes and exec sessions. Trees are made when a program first needs them.
 * A container or an exec session with `tty` has a terminal of its own, named after it. Not modelled: cgroups.
 */
import { parseBinary } from '../host/binary.ts'
import { FileTree } from '../host/files.ts'
import type { FileTreeState } from '../host/files.ts'
import { baseImage } from '../host/images/base-tree.ts'
import type { Signal } from '../host/signals.ts'
import type { Sink } from '../host/runtime/record.ts'
import type { SpawnRequest, SpawnResult } from '../host/runtime/table.ts'
import { RUNTIME_ADDRESS } from '../host/pending.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { ContainerRuntimePort, ContainerSpec, ExecRequest, RuntimeExit, VolumeMountSpec } from './runtime.ts'
import { RUNTIME } from './runtime.ts'

/** What is needed of `engine/host/runtime` ProcessTable. */
export interface Processes {
  spawn(request: SpawnRequest): SpawnResult
  signal(pid: number, signal: Signal): unknown
  feed(pid: number, text: string | null): void
  openTerminal(id: string, size: { columns: number; rows: number }, event: KernelEvent): { foreground: number }
  closeTerminal(id: string): void
  killAll(which: (process: { host: string; root: { kind: string; id?: unknown } }) => boolean): void
}

export interface ProcessRuntimeOptions {
  kernel: Kernel
  host: string
  processes: Processes
  /** The files of the host, for hostPath volumes. */
  hostTree(): FileTree | undefined
}

const BASES: Record<string, string> = {
  busybox: 'busybox-container',
  alpine: 'alpine-container',
  debian: 'debian-container',
  scratch: 'distroless-container',
}
const HOST_VOLUME = 'host'
const NOT_FOUND = 'OCI runtime exec failed: exec failed: unable to start container process: exec: '

interface Dumped {
  trees: [string, FileTreeState][]
  owners: [string, string][]
  specs: [string, ContainerSpec][]
  pids: [string, number][]
  terminals: string[]
}

export class ProcessRuntime implements ContainerRuntimePort, Component {
  /** File trees of containers (by container id) and volumes (by volume id). */
  private readonly trees = new Map<string, FileTree>()
  /** Container id → pod uid. */
  private readonly owners = new Map<string, string>()
  private readonly specs = new Map<string, ContainerSpec>()
  /** Container id or exec session → process id. */
  private readonly pids = new Map<string, number>()
  /** Container ids and exec sessions that have a terminal. */
  private readonly terminals = new Set<string>()
  private readonly address: string
  private readonly kubelet: string

  constructor(private readonly options: ProcessRuntimeOptions) {
    this.address = `containers/${options.host}`
    this.kubelet = `kubelet/${options.host}`
    options.kernel.register(this.address, this)
  }

  /** The files of a container, for the process table's world; undefined when it is gone. */
  tree(id: string): FileTree | undefined {
    return this.trees.get(id)
  }

  /** What the kubelet said of a container: for its network, its users, its name. */
  spec(id: string): ContainerSpec | undefined {
    return this.specs.get(id)
  }

  start(container: ContainerSpec, argv: string[], options: { tty: boolean; stdin: boolean }): void {
    const spawned = this.spawn(
      container,
      argv,
      container.id,
      RUNTIME.output,
      RUNTIME.exit,
      { id: container.id },
      options,
      true,
    )
    if ('pid' in spawned) return
    const data: RuntimeExit = {
      id: container.id,
      code: 128,
      reason: 'StartError',
      message: `${NOT_FOUND}"${argv[0] ?? ''}": ${reasonOf(spawned.error)}: unknown`,
    }
    this.options.kernel.send({ to: this.kubelet, type: RUNTIME.exit, data })
  }

  exec(request: ExecRequest): void {
    const { session, container, argv, tty, stdin } = request
    const spawned = this.spawn(
      container,
      argv,
      session,
      RUNTIME.execOutput,
      RUNTIME.execExit,
      { session },
      { tty, stdin },
      false,
    )
    if ('pid' in spawned) return
    const failure = `failed to exec in container: failed to start exec: ${NOT_FOUND}"${argv[0] ?? ''}": ${reasonOf(spawned.error)}: unknown`
    this.options.kernel.send({ to: this.kubelet, type: RUNTIME.execExit, data: { session, code: 126, failure } })
  }

  signal(id: string, signal: Signal): void {
    const pid = this.pids.get(id)
    if (pid !== undefined) this.options.processes.signal(pid, signal)
  }

  input(session: string, text: string | null): void {
    const pid = this.pids.get(session)
    if (this.terminals.has(session)) this.toTerminal('tty.input', { id: session, text: text ?? '\x04' })
    else if (pid !== undefined) this.options.processes.feed(pid, text)
  }

  resize(session: string, columns: number, rows: number): void {
    if (this.terminals.has(session)) this.toTerminal('tty.resize', { id: session, columns, rows })
  }

  hangUp(session: string): void {
    this.signal(session, 'KILL')
    this.pids.delete(session)
    this.closeTerminal(session)
  }

  readFile(container: ContainerSpec, path: string): string | null | undefined {
    if (!this.trees.has(container.id) && !container.mounts.some((mount) => mount.volume.kind !== 'files'))
      return undefined
    return this.treeOf(container).text(path) ?? null
  }

  /** Bytes that containers and their volumes have written. */
  writtenBytes(): number {
    return [...this.trees.values()].reduce((sum, tree) => sum + tree.addedBytes(), 0)
  }

  usedBytes(id: string): number | undefined {
    return this.trees.get(id)?.addedBytes()
  }

  updateVolume(id: string, files: Record<string, string>): void {
    const tree = this.trees.get(id)
    if (tree === undefined) return
    tree.clear('/')
    for (const [name, text] of Object.entries(files)) tree.put(`/${name}`, text)
  }

  remove(id: string): void {
    this.options.processes.killAll(
      ({ host, root }) => host === this.options.host && root.kind === 'container' && root.id === id,
    )
    this.trees.delete(id)
    this.owners.delete(id)
    this.specs.delete(id)
    this.pids.delete(id)
    this.closeTerminal(id)
  }

  removePod(uid: string): void {
    for (const [id, owner] of [...this.owners]) if (owner === uid) this.remove(id)
    for (const id of [...this.trees.keys()]) if (id.startsWith(`${uid}/`)) this.trees.delete(id)
  }

  hasProgram(base: string, program: string): boolean {
    const image = baseImage(BASES[base] ?? 'empty')
    if (program.includes('/')) return image.nodes.has(program)
    return ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((directory) =>
      image.nodes.has(`${directory}/${program}`),
    )
  }

  /** A process with a terminal ended: the terminal goes, and the kubelet hears of it. */
  handle({ data }: KernelEvent): void {
    const { key, type, ...rest } = data as { key: string; type: string }
    this.closeTerminal(key)
    this.options.kernel.send({ to: this.kubelet, type, data: rest })
  }

  dump(): Dumped {
    const trees = [...this.trees].map(([id, tree]): [string, FileTreeState] => [id, tree.dump()])
    return {
      trees,
      owners: [...this.owners],
      specs: [...this.specs],
      pids: [...this.pids],
      terminals: [...this.terminals],
    }
  }

  load(state: unknown): void {
    const { trees, owners, specs, pids, terminals } = state as Dumped
    this.trees.clear()
    for (const [id, dumped] of trees) this.makeTree(id, dumped.base).load(dumped, baseImage(dumped.base))
    refill(this.owners, owners)
    refill(this.specs, specs)
    refill(this.pids, pids)
    this.terminals.clear()
    for (const id of terminals) this.terminals.add(id)
  }

  private spawn(
    container: ContainerSpec,
    argv: string[],
    key: string,
    output: string,
    exit: string,
    mark: object,
    { tty, stdin }: { tty: boolean; stdin: boolean },
    init: boolean,
  ): SpawnResult {
    this.treeOf(container)
    const sink = (stream: string) => ({
      kind: 'event' as const,
      event: { to: this.kubelet, type: output, data: { ...mark, stream } },
    })
    const terminal = tty
      ? this.openTerminal(key, { to: this.kubelet, type: output, data: { ...mark, stream: 'stdout' } })
      : undefined
    const screen: Sink = { kind: 'tty', id: key }
    const spawned = this.options.processes.spawn({
      host: this.options.host,
      root: { kind: 'container', id: container.id },
      argv,
      env: tty ? { TERM: 'xterm', ...container.env } : container.env,
      cwd: container.cwd,
      user: container.user === '0' || container.user === '' ? 'root' : container.user,
      stdin: tty ? screen : stdin ? { kind: 'fed' } : { kind: 'null' },
      stdout: tty ? screen : sink('stdout'),
      stderr: tty ? screen : sink('stderr'),
      onExit: tty
        ? { to: this.address, type: exit, data: { key, type: exit, ...mark } }
        : { to: this.kubelet, type: exit, data: mark },
      init,
    })
    if ('error' in spawned) this.closeTerminal(key)
    else {
      this.pids.set(key, spawned.pid)
      if (terminal !== undefined) terminal.foreground = spawned.pid
    }
    return spawned
  }

  private openTerminal(id: string, event: KernelEvent): { foreground: number } {
    this.terminals.add(id)
    return this.options.processes.openTerminal(id, { columns: 80, rows: 24 }, event)
  }

  private closeTerminal(id: string): void {
    if (this.terminals.delete(id)) this.options.processes.closeTerminal(id)
  }

  private toTerminal(type: string, data: object): void {
    this.options.kernel.send({ to: RUNTIME_ADDRESS, type, data })
  }

  private treeOf(container: ContainerSpec): FileTree {
    const known = this.trees.get(container.id)
    if (known !== undefined) return known
    const tree = this.makeTree(container.id, BASES[container.base] ?? 'empty')
    for (const [path, text] of Object.entries(container.files)) putFile(tree, path, text)
    if (container.cwd !== '/') tree.mkdir(container.cwd, undefined, { parents: true })
    for (const mount of container.mounts) this.mount(tree, mount)
    if (container.readOnlyRootFilesystem) tree.setReadOnly(true)
    this.owners.set(container.id, container.pod.uid)
    this.specs.set(container.id, container)
    return tree
  }

  private makeTree(id: string, base: string): FileTree {
    const tree = new FileTree({
      kernel: this.options.kernel,
      base: baseImage(base),
      volumeOf: (volume) => this.volume(volume),
    })
    this.trees.set(id, tree)
    return tree
  }

  private volume(id: string): FileTree | undefined {
    return id === HOST_VOLUME ? this.options.hostTree() : this.trees.get(id)
  }

  private mount(tree: FileTree, { path, subPath, readOnly, volume }: VolumeMountSpec): void {
    if (volume.kind === 'hostPath') return this.mountHost(tree, path, volume, subPath, readOnly)
    const there = this.volume(volume.id)
    const held = there ?? this.makeTree(volume.id, 'empty')
    if (volume.kind === 'files') putFiles(held, volume.files)
    // What a subPath names and is not there becomes a directory.
    const isFile = subPath !== undefined && held.exists(`/${subPath}`) && volume.kind === 'files'
    if (!isFile) tree.mkdir(path, undefined, { parents: true })
    const real = tree.realPath(path)
    if (subPath !== undefined && !held.exists(`/${subPath}`)) held.mkdir(`/${subPath}`, undefined, { parents: true })
    tree.mount({
      path: 'path' in real ? real.path : path,
      volume: volume.id,
      ...(subPath !== undefined && { subPath: `/${subPath}` }),
      readOnly: readOnly || volume.kind === 'files',
    })
  }

  private mountHost(
    tree: FileTree,
    path: string,
    { path: hostPath, isFile }: { path: string; isFile?: boolean },
    subPath: string | undefined,
    readOnly: boolean,
  ): void {
    const host = this.options.hostTree()
    const held = subPath === undefined ? hostPath : `${hostPath}/${subPath}`
    if (host?.exists(held) === false) {
      if (isFile === true && subPath === undefined) host.put(held, '')
      else host.mkdir(held, undefined, { parents: true })
    }
    const stat = host?.stat(held)
    if (stat === undefined || 'error' in stat || stat.kind === 'directory')
      tree.mkdir(path, undefined, { parents: true })
    const real = tree.realPath(path)
    tree.mount({
      path: 'path' in real ? real.path : path,
      volume: HOST_VOLUME,
      subPath: held,
      readOnly,
    })
  }
}

function reasonOf(error: string): string {
  return error === 'EACCES' ? 'permission denied' : 'executable file not found in $PATH'
}

function refill<V>(map: Map<string, V>, entries: [string, V][]): void {
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

/** What is made when it is read, a token, stays so. */
/** A file of an image; a binary (`engine/host/binary.ts`) can be run. */
function putFile(tree: FileTree, path: string, text: string): void {
  const binary = parseBinary(text)
  tree.put(path, text, binary === undefined ? {} : { program: binary.program, mode: 0o755 })
}

function putFiles(tree: FileTree, files: Record<string, string>): void {
  for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(files)))
    if (get === undefined) tree.put(`/${name}`, value as string)
    else tree.putLazily(`/${name}`, { text: get as () => string })
}
