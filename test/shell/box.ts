/** A box with a shell, for the tests of this folder: files, programs, a process table, no cluster. */
import { Fabric } from '../../engine/fabric/fabric.ts'
import { advance, Edge } from '../../engine/host/edge.ts'
import { FabricNetwork } from '../../engine/host/fabric-network.ts'
import { FileTree, makeBaseImage } from '../../engine/host/files.ts'
import type { FileNode } from '../../engine/host/files.ts'
import type { Program } from '../../engine/host/process.ts'
import { ProcessTable } from '../../engine/host/runtime/table.ts'
import type { ProcessWorld } from '../../engine/host/runtime/world.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { shellPrograms } from '../../engine/shell/index.ts'

const owned = { owner: 'root', group: 'root', mtimeMs: 0 }
const dir = (path: string, mode = 0o755, owner = 'root'): [string, FileNode] => [
  path,
  { kind: 'directory', mode, ...owned, owner, group: owner },
]
const device = (name: 'null' | 'zero'): [string, FileNode] => [
  `/dev/${name}`,
  { kind: 'file', mode: 0o666, ...owned, text: '', device: name },
]

const rm: Program = function* (argv, p) {
  for (const path of argv.slice(1)) if (!path.startsWith('-')) yield* p.remove(path)
  return 0
}

export interface Box {
  kernel: Kernel
  edge: Edge
  tree: FileTree
  table: ProcessTable
  fabric: Fabric
}

export function makeBox(extra: Record<string, Program> = {}, seed = 'box'): Box {
  const kernel = new Kernel({ seed, epochMs: Date.UTC(2026, 0, 1) })
  const programs = new Map(Object.entries({ ...shellPrograms, rm, ...extra }))
  const nodes: [string, FileNode][] = [
    dir('/tmp', 0o1777),
    dir('/home'),
    dir('/home/candidate', 0o750, 'candidate'),
    dir('/root', 0o700),
    dir('/etc'),
    device('null'),
    device('zero'),
    ...[...programs.keys()].map((name): [string, FileNode] => [
      `/usr/bin/${name}`,
      { kind: 'file', mode: 0o755, ...owned, program: name, sizeBytes: 1000 },
    ]),
    ['/bin', { kind: 'symlink', mode: 0o777, ...owned, target: 'usr/bin' }],
  ]
  const tree = new FileTree({ kernel, base: makeBaseImage('box', nodes) })
  const fabric = new Fabric(kernel)
  fabric.addHost('base')
  const network = new FabricNetwork({
    fabric,
    book: {
      hostOf: (ip) => (ip === '10.0.0.1' ? 'base' : undefined),
      ipOf: (name) => (name === 'base' ? '10.0.0.1' : undefined),
    },
    tree: () => tree,
  })
  const edge = new Edge()
  const world: ProcessWorld = {
    tree: () => tree,
    groups: (_host, _root, user) => [user],
    home: (_host, _root, user) => (user === 'root' ? '/root' : user === 'candidate' ? '/home/candidate' : undefined),
    network: () => network,
    programs,
    syscalls: {},
    release: () => '1.35.2',
    clockMs: () => kernel.clockMs,
  }
  return { kernel, edge, tree, fabric, table: new ProcessTable(kernel, world, edge) }
}

export interface Ran {
  stdout: string
  stderr: string
  code: number
  /** Virtual milliseconds that it took. */
  ms: number
}

let runs = 0

/** Runs a script to its end (or for an hour of virtual time). */
export async function run(
  box: Box,
  script: string,
  options: { user?: string; argv?: string[]; stdin?: string } = {},
): Promise<Ran> {
  const name = `run-${++runs}`
  const startMs = box.kernel.now
  const exits: number[] = []
  const address = `watch/${name}`
  box.kernel.register(address, {
    handle: (event) => void exits.push((event.data as { code: number }).code),
    dump: () => null,
    load: () => undefined,
  })
  const user = options.user ?? 'candidate'
  const home = user === 'root' ? '/root' : '/home/candidate'
  const spawned = box.table.spawn({
    host: 'base',
    argv: options.argv ?? ['bash', '-c', script],
    user,
    cwd: home,
    env: { HOME: home, USER: user, PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdin: { kind: 'text', text: options.stdin ?? '' },
    stdout: { kind: 'capture', name: `${name}-out` },
    stderr: { kind: 'capture', name: `${name}-err` },
    onExit: { to: address, type: 'exit' },
  })
  if ('error' in spawned) throw new Error(spawned.error)
  while (exits.length === 0 && box.kernel.now < startMs + 3_600_000) {
    if (box.edge.busy) await box.edge.idle()
    else if (!box.kernel.step()) break
  }
  box.kernel.unregister(address)
  return {
    stdout: box.table.captured(`${name}-out`, { take: true }),
    stderr: box.table.captured(`${name}-err`, { take: true }),
    code: exits[0] ?? -1,
    ms: box.kernel.now - startMs,
  }
}

export { advance }
