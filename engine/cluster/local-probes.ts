/** What the probes of a node's kubelet meet: health endpoints of the components that run there, ports of its pods. */
import type { ApiServer } from '../api/server.ts'
import type { HostName } from '../fabric/fabric.ts'
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import type { NetworkPoint } from '../host/network-port.ts'
import type { MetricsServer } from '../metrics/metrics-server.ts'
import type { ClusterNetwork } from '../network/cluster-network.ts'
import type { CoreDns } from '../network/core-dns.ts'
import type { ProbeFailure } from '../kubelet/runtime.ts'
import type { ControlPlane } from './control-plane.ts'

const OK: HttpResponse = { code: 200, headers: {}, body: 'ok' }
const UNHEALTHY: HttpResponse = { code: 500, headers: {}, body: 'livez check failed' }
const UNAVAILABLE: HttpResponse = { code: 503, headers: {}, body: 'not ready' }
const HEALTH_PORTS: Record<number, string> = { 10257: 'kube-controller-manager', 10259: 'kube-scheduler' }

/** Of a process that stands still: the connection is taken, and then nothing comes. */
const UNANSWERED = { failure: 'EOF', silent: true } as const

export interface ProbedWorld {
  controlPlane(): ControlPlane
  network(): ClusterNetwork
  dnsOf(host: HostName): CoreDns | undefined
  metricsServerOf(host: HostName): MetricsServer | undefined
  /** Where the processes of a pod stand. */
  pointOfIp(host: HostName, podIp: string): NetworkPoint
}

export class LocalProbes {
  constructor(private readonly world: ProbedWorld) {}

  http(node: HostName, host: string, port: number, request: HttpRequest): HttpResponse | ProbeFailure {
    if (this.world.controlPlane().standsStill(node, port)) return UNANSWERED
    return (
      this.ofPods(node, host, port, request) ??
      this.ofApiServer(node, host, port) ??
      this.ofEtcd(node, host, port, request) ??
      (this.isHealthy(node, port) ? OK : refused(host, port))
    )
  }

  /** Opens a connection out of a pod. */
  dial(node: HostName, podIp: string, host: string, port: number): 'open' | 'refused' | 'timeout' | 'unresolved' {
    const answer = this.world.network().connect(this.world.pointOfIp(node, podIp), host, port)
    if (!('answer' in answer)) return 'timeout'
    return answer.answer === 'unreachable' ? 'unresolved' : answer.answer
  }

  /** Whether the component of a host that listens on a port is healthy. */
  isHealthy(node: HostName, port: number): boolean {
    const component = HEALTH_PORTS[port]
    return component !== undefined && this.world.controlPlane().process(node, component) !== undefined
  }

  private ofPods(node: HostName, host: string, port: number, request: HttpRequest): HttpResponse | undefined {
    const isDnsHealthy = this.world.dnsOf(node)?.healthy(host, port)
    if (isDnsHealthy !== undefined) return isDnsHealthy ? OK : UNAVAILABLE
    return this.world.metricsServerOf(node)?.respond(host, port, request)
  }

  private ofApiServer(node: HostName, host: string, port: number): HttpResponse | undefined {
    const server: ApiServer | undefined = this.world.controlPlane().apiServers.get(node)
    if (server?.serving !== true || port !== server.port || !server.answersAt(host)) return undefined
    return server.ready ? OK : UNHEALTHY
  }

  private ofEtcd(
    node: HostName,
    host: string,
    port: number,
    request: HttpRequest,
  ): HttpResponse | { failure: string } | undefined {
    const member = this.world.controlPlane().memberAt(node, port)
    if (member?.accepts(host, port) !== true) return undefined
    return member.respond(port, request) ?? refused(host, port)
  }
}

const refused = (host: string, port: number): { failure: string } => ({
  failure: `dial tcp ${host}:${port}: connect: connection refused`,
})
