/** The connections of API servers to members of etcd: where their URLs lead, and why TLS keeps the two apart (O2, O8b). */
import type { EtcdEndpoint } from '../../api/storage/etcd-client.ts'
import type { Credentials } from '../../etcd/auth-messages.ts'
import type { EtcdMember } from '../../etcd/member.ts'
import type { HandshakeProblem } from '../../etcd/tls.ts'
import type { HostName } from '../../fabric/fabric.ts'
import { commonNameOf, parseCertificate } from '../../pki/index.ts'
import { tlsProblem } from '../etcd-tls.ts'
import type { ApiServerSettings } from '../flags/index.ts'
import type { EtcdMembers } from './etcd-members.ts'
import type { Processes, Running } from './processes.ts'
import type { ControlPlaneWorld } from './world.ts'

/** API server and endpoint → the two processes between which a connection stands. */
export type StandingConnections = Record<string, string>

/** How an attempt ended, by the clock of its host. */
interface Verdict {
  atMs: number
  problem: string | undefined
  server?: string
}

const URL = /^(?:https?:\/\/)?(\[[^\]]+\]|[^/:]+)(?::(\d+))?/

/** What kubeadm calls the API server to etcd. */
const KUBEADM_NAME = 'kube-apiserver-etcd-client'
/** etcd3.go: newETCD3Check */
const HEALTH_KEY = '/registry/health'

export class EtcdConnections {
  private standing: StandingConnections = {}
  /** Derived. */
  private readonly verdicts = new Map<string, Verdict>()
  /** The certificate that was looked into last. Derived. */
  private named: { text: string; commonName: string | undefined } | undefined

  constructor(
    private readonly world: ControlPlaneWorld,
    private readonly processes: Processes,
    private readonly members: EtcdMembers,
  ) {}

  /** Where a URL of --etcd-servers leads. */
  endpointOf(host: HostName, url: string): EtcdEndpoint {
    const [, name = '', port] = URL.exec(url) ?? []
    const found = name.startsWith('127.') || name === 'localhost' ? host : this.world.hostOfAddress(host, name)
    const isTls = url.startsWith('https:')
    const endpoint = { address: `${name}:${port ?? 2379}`, port: Number(port ?? 2379), isTls }
    if (found !== undefined) return { ...endpoint, host: found }
    const door = this.world.connections.door(host, name, endpoint.port)
    return door.kind === 'refused' ? { ...endpoint, failure: door.failure } : endpoint
  }

  memberOf(host: HostName, endpoint: EtcdEndpoint): EtcdMember | undefined {
    return this.members.at(endpoint.host ?? host, endpoint.port ?? 2379)
  }

  /** The name of an API server's client certificate, once a member asks who somebody is. */
  credentials(host: HostName, endpoint: EtcdEndpoint): Credentials | undefined {
    if (this.memberOf(host, endpoint)?.db.auth.enabled !== true) return undefined
    const process = this.processes.get(`${host}/kube-apiserver`)
    if (process?.api === undefined) return { commonName: KUBEADM_NAME }
    if (endpoint.isTls !== true) return undefined
    const commonName = this.nameIn(this.processes.filesOf(process).text(process.api.etcd.certFile) ?? '')
    return commonName === undefined ? undefined : { commonName }
  }

  private nameIn(text: string): string | undefined {
    if (this.named?.text === text) return this.named.commonName
    const certificate = parseCertificate(text)
    const commonName = certificate && commonNameOf(certificate.subject)
    this.named = { text, commonName }
    return commonName
  }

  /** Whether a member answers an API server that asks for its own health. */
  serves(host: HostName, endpoint: EtcdEndpoint): boolean {
    const member = this.memberOf(host, endpoint)
    if (member === undefined) return true
    return member.serves && member.mayRead(HEALTH_KEY, this.credentials(host, endpoint) ?? {})
  }

  /** Why TLS keeps an API server from a member of etcd. A connection that stands is not judged again. */
  problem(host: HostName, endpoint: EtcdEndpoint): string | undefined {
    const process = this.processes.get(`${host}/kube-apiserver`)
    const member = this.memberOf(host, endpoint)
    if (process?.api === undefined || member?.config === undefined) return undefined
    const key = keyOf(host, endpoint)
    const processes = `${process.id} ${member.address} ${member.epoch}`
    if (this.standing[key] === processes) return undefined
    const known = this.verdicts.get(key)
    const atMs = this.world.hosts.get(host).clockMs()
    if (known?.atMs === atMs) return known.problem
    const found = this.meet(process, process.api, endpoint, member, atMs)
    if (found === undefined) this.standing[key] = processes
    this.verdicts.set(key, { atMs, problem: found?.client, ...(found?.server && { server: found.server }) })
    return found?.client
  }

  /** The member tells of a connection that it turned away. */
  refused(host: HostName, endpoint: EtcdEndpoint): void {
    const server = this.verdicts.get(keyOf(host, endpoint))?.server
    if (server === undefined) return
    const isLocal = /^(127\.|localhost)/.test(endpoint.address ?? '')
    const own = isLocal ? undefined : this.world.plan.hosts.find(({ name }) => name === host)?.ip
    const remote = `${own ?? '127.0.0.1'}:${40_000 + (Math.floor(this.world.kernel.now) % 20_000)}`
    this.memberOf(host, endpoint)?.sayRejected('client', server, remote)
  }

  dump(): StandingConnections {
    return this.standing
  }

  load(standing: StandingConnections): void {
    this.verdicts.clear()
    this.standing = standing
  }

  private meet(
    process: Running,
    { etcd }: ApiServerSettings,
    endpoint: EtcdEndpoint,
    { config }: EtcdMember,
    nowMs: number,
  ): HandshakeProblem | undefined {
    const name = (endpoint.address ?? '').replace(/:\d+$/, '')
    const client = { files: this.processes.filesOf(process), ...etcd, isTls: endpoint.isTls === true, name }
    const { files } = this.world.hosts.get(endpoint.host ?? process.host)
    return tlsProblem(client, { files, tls: config?.clientTls }, nowMs)
  }
}

const keyOf = (host: HostName, { address }: EtcdEndpoint): string => `${host} ${address}`
