/** The members of etcd on all hosts: made when they are needed, started by a command line, met over TLS (O2, O8b). */
import { defaultConfig } from '../../etcd/config.ts'
import type { EtcdConfig, EtcdTls } from '../../etcd/config.ts'
import { EtcdMember } from '../../etcd/member.ts'
import type { LinkedMember } from '../../etcd/peer-links.ts'
import type { HandshakeProblem } from '../../etcd/tls.ts'
import type { HostName } from '../../fabric/fabric.ts'
import type { FileTree } from '../../host/files.ts'
import { etcdTag } from '../../versions/index.ts'
import type { ComponentProcess } from '../component-process.ts'
import { tlsProblem } from '../etcd-tls.ts'
import { readFlags } from '../flags/index.ts'
import type { TlsFiles } from '../identity.ts'
import type { PlannedHost } from '../plan.ts'
import { rootOf } from './processes.ts'
import type { Processes, Running } from './processes.ts'
import type { ComponentSet, ControlPlaneWorld } from './world.ts'

/** What grpc's client says before what crypto/tls does. */
const GRPC_PREFIX = /^(transport: authentication handshake failed|error reading server preface): /

/** What a program shows and trusts on a connection. All as PEM. */
export interface ProgramTls {
  ca?: string
  cert?: string
  key?: string
  insecure?: boolean
  serverName?: string
}

export class EtcdMembers implements ComponentSet {
  /** The first member of each host. */
  readonly first = new Map<HostName, EtcdMember>()
  /** Those of hosts that run several: units of the same program, with ports and directories of their own. */
  private readonly further = new Map<string, EtcdMember>()

  constructor(
    private readonly world: ControlPlaneWorld,
    private readonly processes: Processes,
  ) {}

  add({ name }: PlannedHost): void {
    this.first.set(name, this.make(name, 'etcd'))
  }

  startBare(host: HostName): void {
    this.first.get(host)?.start(this.plainConfig(host))
  }

  start(process: Running): void {
    const read = readFlags('etcd', process.argv, process.version, this.processes.flagHost(process))
    if ('refused' in read) return this.processes.refuse(process, read)
    if (read.log !== '') this.world.log(process, read.log)
    process.etcd = this.onHost(process, read.settings)
    this.member(process.host, process.slot)?.start(process.etcd)
  }

  /** A leader hands over before it ends, and says itself that it ended. */
  release({ host, slot }: Running): boolean {
    this.member(host, slot)?.terminate()
    return true
  }

  stop(host: HostName, slot: string): void {
    this.member(host, slot)?.stop()
  }

  /** Where a process of etcd finds a member that lies idle; one more is made when all of the host are at work. */
  slotOf({ host, id }: ComponentProcess): string {
    for (let count = 1; ; count++) {
      const slot = count === 1 ? 'etcd' : `etcd#${count}`
      const process = this.processes.get(`${host}/${slot}`)
      if (process !== undefined && process.id !== id) continue
      if (slot !== 'etcd') this.makeFurther(host, slot)
      return slot
    }
  }

  /** The member of a host that listens on a port; when none does, the first one. */
  at(host: HostName, port: number): EtcdMember | undefined {
    if (this.further.size === 0) return this.first.get(host)
    return this.of(host).find((one) => one.listeners().some((at) => at.port === port)) ?? this.first.get(host)
  }

  /** Whether the member of a process listens on a port. */
  listens({ host, slot }: Running, port: number): boolean {
    return (
      this.member(host, slot)
        ?.listeners()
        .some((at) => at.port === port) === true
    )
  }

  /** The files of the member that speaks TLS with clients on a port. */
  tlsFiles(host: HostName, port: number): TlsFiles | undefined {
    const tls = this.secured(host, port)?.config?.clientTls
    const process = this.processes.all().find((one) => one.host === host && one.component === 'etcd')
    if (tls === undefined || process === undefined) return undefined
    const files = this.processes.filesOf(process)
    const clientCa = files.hostPath(tls.trustedCaFile)
    return { certificate: files.hostPath(tls.certFile) ?? '', ...(clientCa !== undefined && { clientCa }) }
  }

  /** What etcd makes of a program at its client port; undefined: no member speaks TLS there. */
  handshake(
    { host, port, name }: { host: HostName; port: number; name: string },
    { insecure = false, ca = '', serverName = name, cert, key }: ProgramTls = {},
  ): { problem?: string } | undefined {
    const member = this.secured(host, port)
    if (member === undefined) return undefined
    const problem = member.handshake(port, {
      isTls: true,
      ...(!insecure && { trusted: ca, serverName }),
      ...(cert !== undefined && { certificate: cert }),
      ...(key !== undefined && { key }),
    })
    return problem === undefined ? {} : { problem: problem.client.replace(GRPC_PREFIX, '') }
  }

  dump(): string[] {
    return [...this.further.keys()]
  }

  load(further: readonly string[]): void {
    for (const key of further) this.makeFurther(...(key.split('/') as [HostName, string]))
  }

  private member(host: HostName, slot: string): EtcdMember | undefined {
    return slot === 'etcd' ? this.first.get(host) : this.further.get(`${host}/${slot}`)
  }

  private of(host: HostName): EtcdMember[] {
    const first = this.first.get(host)
    const further = [...this.further.values()].filter((one) => one.host === host)
    return first === undefined ? further : [first, ...further]
  }

  /** The member that speaks TLS with clients on a port. */
  private secured(host: HostName, port: number): EtcdMember | undefined {
    return this.of(host).find(
      (one) =>
        one.config?.clientTls !== undefined &&
        one.listeners().some((at) => at.port === port && at.kind === 'client' && at.scheme === 'https'),
    )
  }

  private makeFurther(host: HostName, slot: string): void {
    const key = `${host}/${slot}`
    if (!this.further.has(key)) this.further.set(key, this.make(host, slot))
  }

  private make(name: HostName, slot: string): EtcdMember {
    const { kernel, fabric, hosts } = this.world
    return new EtcdMember(kernel, fabric, {
      host: name,
      address: `etcd/${name}${slot.slice('etcd'.length)}`,
      files: () => hosts.find(name)?.files,
      hostOfAddress: (address) => this.world.hostOfAddress(name, address),
      meet: (dialler, server, serverName) => this.peersMeet(dialler, server, serverName),
      log: (text) => this.processes.say(`${name}/${slot}`, text),
      exit: (code) => this.processes.died(`${name}/${slot}`, code),
    })
  }

  /** How the members of two hosts judge each other's certificates. */
  private peersMeet(from: LinkedMember, to: LinkedMember, name: string): HandshakeProblem | undefined {
    const dialler = from.config?.peerTls
    const filesOf = ({ host }: LinkedMember): FileTree => this.world.hosts.get(host).files
    const { trustedCaFile: caFile = '', certFile = '', keyFile = '' } = dialler ?? {}
    const client = { files: filesOf(from), isTls: dialler !== undefined, name, caFile, certFile, keyFile }
    return tlsProblem(client, { files: filesOf(to), tls: to.config?.peerTls }, this.world.kernel.clockMs)
  }

  /** The paths of a member as its host has them; what is not mounted lies in the container, and goes with it. */
  private onHost(process: ComponentProcess, config: EtcdConfig): EtcdConfig {
    const files = this.processes.filesOf(process)
    const place = (path: string): string => {
      const whole = path.startsWith('/') ? path : `/${path}`
      return files.hostPath(whole) ?? rootOf(process) + whole
    }
    const { clientTls, peerTls } = config
    return {
      ...config,
      dataDir: place(config.dataDir),
      ...(clientTls && { clientTls: placed(clientTls, place) }),
      ...(peerTls && { peerTls: placed(peerTls, place) }),
    }
  }

  private plainConfig(host: HostName): EtcdConfig {
    const { plan } = this.world
    const own = plan.hosts.find(({ name }) => name === host)?.ip ?? host
    const url = (ip: string, port: number): string => `http://${ip}:${port}`
    return {
      ...defaultConfig(etcdTag(plan.version).replace(/-.*/, '')),
      name: host,
      dataDir: '/var/lib/etcd',
      initialCluster: plan.controlPlanes.map(({ name, ip }) => ({ name, url: url(ip, 2380) })),
      initialAdvertisePeerUrls: [url(own, 2380)],
      listenPeerUrls: [url(own, 2380)],
      listenClientUrls: [url('127.0.0.1', 2379), url(own, 2379)],
      advertiseClientUrls: [url(own, 2379)],
      listenMetricsUrls: ['http://127.0.0.1:2381'],
    }
  }
}

const placed = (tls: EtcdTls, place: (path: string) => string): EtcdTls => ({
  ...tls,
  certFile: place(tls.certFile),
  keyFile: place(tls.keyFile),
  trustedCaFile: tls.trustedCaFile === '' ? '' : place(tls.trustedCaFile),
})
