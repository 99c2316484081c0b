/** Two hosts with the process runtime and this folder's programs; no shell, so a command is its words. */
import { FabricNetwork } from '../../engine/host/fabric-network.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { Hosts } from '../../engine/host/host.ts'
import { HOST_PROGRAM_SET } from '../../engine/host/programs.ts'
import type { Program } from '../../engine/host/process.ts'
import { ProcessTable } from '../../engine/host/runtime/table.ts'
import { boundSyscalls } from '../../engine/host/syscalls/index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'

export interface Ran {
  out: string
  err: string
  code: number | undefined
}

export interface Box {
  kernel: Kernel
  fabric: Fabric
  hosts: Hosts
  table: ProcessTable
  /** Runs a command to its end, or for so long. */
  run(command: string | string[], options?: { user?: string; host?: string; forMs?: number }): Ran
}

/** Stands in for bash: runs the words after -c. */
const wordsOnly: Program = function* (argv, p) {
  const at = argv.indexOf('-c')
  if (at < 0) return 0
  const started = yield* p.spawn({ argv: (argv[at + 1] ?? '').split(' ') })
  if ('error' in started) {
    yield* p.err(`bash: line 1: ${argv[at + 1]}: command not found\n`)
    return 127
  }
  return yield* p.wait(started.pid)
}

export function makeBox(): Box {
  const kernel = new Kernel({ seed: 'box', epochMs: Date.UTC(2026, 10, 21, 1, 49, 0) })
  const fabric = new Fabric(kernel)
  const hosts = new Hosts(kernel, fabric)
  const tree = (host: string): ReturnType<typeof hosts.get>['files'] => hosts.get(host).files
  const book = {
    hostOf: (ip: string) => hosts.list().find((host) => host.address === ip)?.name,
    ipOf: (name: string) => hosts.find(name)?.address,
  }
  const network = new FabricNetwork({ fabric, book, tree })
  const table = new ProcessTable(kernel, {
    tree,
    groups: (host, _root, user) => hosts.get(host).actor(user).groups,
    home: (host, _root, user) => hosts.get(host).user(user)?.home,
    network: () => network,
    programs: new Map(Object.entries({ ...HOST_PROGRAM_SET, bash: wordsOnly })),
    syscalls: boundSyscalls({ kernel, fabric, hosts }),
    release: () => '1.35.0',
    clockMs: (host) => hosts.get(host).clockMs(),
  })
  hosts.add({ name: 'base', address: '172.30.1.10' })
  hosts.add({ name: 'node-1', address: '172.30.1.2', role: 'worker' })
  for (const host of hosts.list()) hosts.boot(host.name)
  kernel.runUntil(2000)
  let count = 0
  return {
    kernel,
    fabric,
    hosts,
    table,
    run(command, { user = 'root', host = 'base', forMs = 300_000 } = {}) {
      const name = `run ${++count}`
      const argv = typeof command === 'string' ? command.split(' ') : command
      const started = table.spawn({
        host,
        argv,
        user,
        stdout: { kind: 'capture', name: `${name} out` },
        stderr: { kind: 'capture', name: `${name} err` },
      })
      if ('error' in started) return { out: '', err: started.error, code: 127 }
      const until = kernel.now + forMs
      let code: number | undefined
      while (
        (code = table.process(started.pid)?.exit?.code) === undefined &&
        table.process(started.pid) !== undefined &&
        (kernel.nextAt() ?? Infinity) <= until
      ) {
        const running = table.process(started.pid)
        kernel.step()
        code = running?.exit?.code
        if (code !== undefined) break
      }
      return { out: table.captured(`${name} out`), err: table.captured(`${name} err`), code }
    },
  }
}
