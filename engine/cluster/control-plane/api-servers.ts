/** The API servers of all hosts: what their processes' flags and files come to. Models cmd/kube-apiserver (O1). */
import { ApiServer } from '../../api/server.ts'
import type { ApiServerOptions } from '../../api/server.ts'
import type { KubeletRefusal } from '../../api/core.ts'
import type { EncryptionRule } from '../../api/storage/encryption.ts'
import type { HostName } from '../../fabric/fabric.ts'
import { parseKeyPem, parsePublicKeyPem } from '../../pki/index.ts'
import { apiFlagsOf, readEncryption, readFlags } from '../flags/index.ts'
import type { ApiServerSettings } from '../flags/index.ts'
import { CERTIFICATES } from '../identity.ts'
import type { TlsFiles } from '../identity.ts'
import type { PlannedHost } from '../plan.ts'
import type { EtcdConnections } from './etcd-connections.ts'
import { kubeletRefusal } from './kubelet-access.ts'
import { rootOf } from './processes.ts'
import type { Processes, Running } from './processes.ts'
import type { ComponentSet, ControlPlaneWorld } from './world.ts'

/** What the API servers of processes show, by their settings. Derived. */
const TLS_FILES = new WeakMap<Running, { api: ApiServerSettings; files: TlsFiles }>()

export class ApiServers implements ComponentSet {
  readonly instances = new Map<HostName, ApiServer>()

  constructor(
    private readonly world: ControlPlaneWorld,
    private readonly processes: Processes,
    private readonly etcd: EtcdConnections,
  ) {}

  add(host: PlannedHost): void {
    this.instances.set(host.name, this.make(host))
  }

  startBare(host: HostName): void {
    this.instances.get(host)?.start()
  }

  start(process: Running): void {
    const read = readFlags('kube-apiserver', process.argv, process.version, this.processes.flagHost(process))
    if ('refused' in read) return this.processes.refuse(process, read)
    this.world.log(process, read.log)
    process.api = read.settings
    this.processes.goLater(process)
  }

  go({ host, version, api }: Running): void {
    if (api === undefined) return
    this.instances.get(host)?.start({
      ...(version !== '' && { release: version }),
      port: api.securePort,
      loopbackOnly: api.bindAddress.startsWith('127.'),
      flags: apiFlagsOf(api),
      advertiseAddress: api.advertiseAddress,
      serviceCidr: api.serviceClusterIpRanges[0] ?? '10.0.0.0/24',
      etcd: api.etcd.servers.map((url) => this.etcd.endpointOf(host, url)),
    })
  }

  stop(host: HostName): void {
    this.instances.get(host)?.stop()
  }

  /** What the API server of a host shows and asks for; undefined: it does not listen on that port. */
  tlsFiles(host: HostName, port: number): TlsFiles | undefined {
    const process = this.process(host)
    if (process?.api === undefined || port !== process.api.securePort) return undefined
    const known = TLS_FILES.get(process)
    if (known?.api === process.api) return known.files
    const { servingCertificateFile, clientCaFile } = process.api
    const { hostPath } = this.processes.filesOf(process)
    const files = { certificate: hostPath(servingCertificateFile) ?? '', clientCa: hostPath(clientCaFile) ?? '' }
    TLS_FILES.set(process, { api: process.api, files })
    return files
  }

  private process(host: HostName): Running | undefined {
    return this.processes.get(keyOf(host))
  }

  private make(host: PlannedHost): ApiServer {
    const { kernel, fabric, plan } = this.world
    const { name } = host
    const others = plan.controlPlanes.filter((one) => one !== host)
    return new ApiServer({
      kernel,
      fabric,
      host: name,
      release: plan.version,
      etcd: [host, ...others].map((one) => ({ host: one.name })),
      etcdProblem: (endpoint) => this.etcd.problem(name, endpoint),
      etcdServes: (endpoint) => this.etcd.serves(name, endpoint),
      etcdCredentials: (endpoint) => this.etcd.credentials(name, endpoint),
      advertiseAddress: host.ip,
      ...this.files(name),
      readEncryption: () => this.encryptionRules(name),
      kubeletRefusal: (node, verb) => this.kubeletRefusal(name, node, verb),
      probeLocal: (port) => this.world.healthy(name, port),
      wires: this.world.wires(name),
      log: (text) => this.processes.say(keyOf(name), text),
      audit: (line) => this.writeAudit(name, line),
      addressOf: (from) => plan.hosts.find((one) => one.name === from)?.ip ?? from,
      onEtcdComplaint: (endpoint) => this.etcd.refused(name, endpoint),
      exit: (code) => this.processes.died(keyOf(name), code),
    })
  }

  /** The keys and authorities that the flags of a process name; without a command line, kubeadm's. */
  private files(host: HostName): Pick<ApiServerOptions, 'tokenKeys' | 'authorities'> {
    const read = (path: string): string => this.processes.read(keyOf(host), path)
    const settings = (): ApiServerSettings | undefined => this.process(host)?.api
    return {
      tokenKeys: {
        signing: () => parseKeyPem(read(settings()?.serviceAccount.signingKeyFile ?? `${CERTIFICATES}/sa.key`)),
        verifying: () =>
          (settings()?.serviceAccount.keyFiles ?? [`${CERTIFICATES}/sa.pub`])
            .map((file) => parsePublicKeyPem(read(file)))
            .filter((key) => key !== undefined),
      },
      authorities: {
        client: () => read(settings()?.clientCaFile ?? `${CERTIFICATES}/ca.crt`),
        requestHeader: () => read(settings()?.requestHeader.clientCaFile ?? `${CERTIFICATES}/front-proxy-ca.crt`),
      },
    }
  }

  /** The rules of the file that --encryption-provider-config-automatic-reload watches. */
  private encryptionRules(host: HostName): readonly EncryptionRule[] | undefined {
    const process = this.process(host)
    const path = process?.api?.encryptionReload
    if (process === undefined || path === undefined) return undefined
    const read = readEncryption(this.processes.flagHost(process), path)
    return 'rules' in read ? read.rules : undefined
  }

  private kubeletRefusal(host: HostName, nodeName: HostName, verb: string): KubeletRefusal | undefined {
    const process = this.process(host)
    const node = this.world.hosts.find(nodeName)
    if (process?.api === undefined || node === undefined) return undefined
    return kubeletRefusal(node, this.processes.filesOf(process), process.api.kubeletClient.certFile, verb)
  }

  /** A line of the audit log: into its file on the host, or in the container, or among the other lines. */
  private writeAudit(host: HostName, line: string): void {
    const process = this.process(host)
    const path = process?.api?.audit?.logPath
    if (process === undefined || path === undefined) return
    if (path === '-') return this.world.log(process, line)
    const place = this.processes.filesOf(process).hostPath(path) ?? `${rootOf(process)}${path}`
    const { files } = this.world.hosts.get(host)
    const { text = '', sizeBytes = text.length } = files.node(place) ?? {}
    // Its length is told, so that nobody has to measure a long log with each line.
    files.put(place, text + line, { mode: 0o600, sizeBytes: sizeBytes + line.length })
  }
}

const keyOf = (host: HostName): string => `${host}/kube-apiserver`
