/** A node with packages of a release, and the sites of the Internet behind it. */
import { FabricNetwork } from '../../engine/host/fabric-network.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { HTTP } from '../../engine/fabric/http.ts'
import { Hosts } from '../../engine/host/host.ts'
import { installNodePackages } from '../../engine/host/packages/preinstalled.ts'
import { siteAnswer } from '../../engine/host/packages/repository/sites.ts'
import { HOST_PROGRAM_SET } from '../../engine/host/programs.ts'
import type { Program } from '../../engine/host/process.ts'
import { ProcessTable } from '../../engine/host/runtime/table.ts'
import { boundSyscalls } from '../../engine/host/syscalls/index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'

class Internet extends FabricNetwork {
  /** Names that the resolver fails for. */
  dead = false
  constructor(
    private readonly kernel: Kernel,
    options: ConstructorParameters<typeof FabricNetwork>[0],
  ) {
    super(options)
  }

  override http: FabricNetwork['http'] = (from, outgoing, replyTo) => {
    const [, name = '', path = '/'] = /^https?:\/\/([^/:]+)(?::\d+)?(\/.*)?$/.exec(outgoing.url) ?? []
    if (this.dead) return { answer: { failure: 'dns', message: `dial tcp: lookup ${name}: i/o timeout` } }
    const response = siteAnswer(name, path)
    if (response === undefined) return { answer: { failure: 'dns', message: `dial tcp: lookup ${name}: no such host` } }
    this.kernel.send({ to: replyTo.address, type: HTTP.response, data: { tag: replyTo.tag, response } }, 5)
    return { sent: { address: 'nobody', host: from.host, id: replyTo.tag } }
  }
}

/** Prints the release that the process is of, as kubectl version would. */
const tellsRelease: Program = function* (argv, p) {
  yield* p.out(`${argv[0] ?? ''} v${p.release}\n`)
  return 0
}

export interface PackageBox {
  kernel: Kernel
  hosts: Hosts
  table: ProcessTable
  network: Internet
  /** Runs a command on the node; both streams together, and the exit code when it is not 0. */
  run(command: string, options?: { user?: string; stdin?: string }): string
  /** Starts one and leaves it running. */
  start(command: string): number
}

export function makePackageBox(version = '1.34.1'): PackageBox {
  const kernel = new Kernel({ seed: 'box', epochMs: Date.UTC(2026, 10, 21, 1, 49, 0) })
  const fabric = new Fabric(kernel)
  const hosts = new Hosts(kernel, fabric)
  const tree = (host: string): ReturnType<typeof hosts.get>['files'] => hosts.get(host).files
  const book = { hostOf: () => undefined, ipOf: () => undefined }
  const network = new Internet(kernel, { fabric, book, tree })
  const programs = { ...HOST_PROGRAM_SET, kubectl: tellsRelease, kubeadm: tellsRelease }
  const table = new ProcessTable(kernel, {
    tree,
    groups: (host, _root, user) => hosts.get(host).actor(user).groups,
    home: (host, _root, user) => hosts.get(host).user(user)?.home,
    network: () => network,
    programs: new Map(Object.entries(programs)),
    syscalls: boundSyscalls({ kernel, fabric, hosts }),
    release: () => '1.0.0',
    clockMs: (host) => hosts.get(host).clockMs(),
  })
  const node = hosts.add({ name: 'node-1', address: '172.30.1.2' })
  installNodePackages(node.files, { version, names: ['kubeadm', 'kubelet', 'kubectl'], hold: true })
  hosts.boot('node-1')
  kernel.runUntil(2000)
  let count = 0
  const spawn = (command: string, user: string, stdin = ''): { pid: number; name: string } => {
    const name = `run ${++count}`
    const started = table.spawn({
      host: 'node-1',
      argv: command.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [],
      user,
      stdin: { kind: 'text', text: stdin },
      stdout: { kind: 'capture', name },
      stderr: { kind: 'capture', name },
      captureAs: name,
    })
    return { pid: 'pid' in started ? started.pid : -1, name }
  }
  return {
    kernel,
    hosts,
    table,
    network,
    start: (command) => spawn(command, 'root').pid,
    run(command, { user = 'root', stdin } = {}) {
      const { pid, name } = spawn(command, user, stdin)
      if (pid < 0) return 'command not found\n[127]'
      while (table.process(pid)?.exit === undefined && table.process(pid) !== undefined) kernel.step()
      const { code } = table.captureOf(pid)
      return `${table.captured(name, { take: true })}${code === 0 ? '' : `[${code}]`}`
    },
  }
}
