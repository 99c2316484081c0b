/**
 * The ports of kube-proxy: 10256 for its health, 10249 for its metrics and its mode. Models pkg/proxy/healthcheck
 * (proxy_health.go) and cmd/kube-proxy/app (serveMetrics). Not modelled: /metrics, /configz, an unhealthy proxy.
 */
import { HTTP, Replier } from '../fabric/http.ts'
import type { HttpRequestData } from '../fabric/http.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'

type Door = 'health' | 'metrics'

interface Facts {
  mode: string
  startedAtMs: number
}

interface Problem {
  file: string
  text: string
}

type Answer = [code: number, body: string, type?: string]

export class ProxyPorts {
  constructor(
    private readonly kernel: Kernel,
    private readonly fabric: Fabric,
    private readonly factsOf: (host: HostName) => Facts | undefined,
  ) {
    for (const door of ['health', 'metrics'] as const)
      for (const address of [addressOf(door, false), addressOf(door, true)])
        kernel.register(address, { handle: (event) => this.handle(door, event), dump: () => null, load: () => {} })
  }

  /** Listens where the configuration says; what it says of a port that somebody else has. */
  open(host: HostName, binds: Record<Door, string>): Problem[] {
    return (['health', 'metrics'] as const).flatMap((door) => {
      const [, ip = '', port = '0'] = /^(.*):(\d+)$/.exec(binds[door]) ?? []
      if (port === '0') return []
      if (this.fabric.listener(host, Number(port)) !== undefined) return [taken(door, binds[door])]
      this.fabric.listen(host, Number(port), addressOf(door, ip.startsWith('127.')))
      return []
    })
  }

  close(host: HostName): void {
    for (const { port, address } of this.fabric.listenersOf(host))
      if (address.startsWith('kube-proxy-ports/')) this.fabric.unlisten(host, port)
  }

  private handle(door: Door, { type, data }: KernelEvent): void {
    if (type !== HTTP.request) return
    const { request, replyTo, at } = data as HttpRequestData
    const host = at?.host ?? replyTo.host
    const [code, body, kind = 'text/plain; charset=utf-8'] = this.answer(door, host, request.path)
    new Replier(this.fabric, host, replyTo).respond({ code, headers: { 'content-type': kind }, body })
  }

  private answer(door: Door, host: HostName, path: string): Answer {
    const facts = this.factsOf(host)
    if (facts !== undefined && door === 'health' && /^\/(healthz|livez)$/.test(path))
      return [200, this.health(facts), 'application/json']
    if (facts !== undefined && door === 'metrics') {
      if (path === '/healthz') return [200, 'ok']
      if (path === '/proxyMode') return [200, facts.mode]
      if (path === '/metrics' || path === '/configz') return [501, `not simulated: ${path} of kube-proxy\n`]
    }
    return [404, '404 page not found\n']
  }

  private health({ startedAtMs }: Facts): string {
    const now = goTime(this.kernel.clockMs, startedAtMs)
    return `{"lastUpdated": "${now}","currentTime": "${now}", "nodeEligible": true}`
  }
}

const addressOf = (door: Door, isLoopback: boolean): string =>
  `kube-proxy-ports/${door}${isLoopback ? '/loopback' : ''}`

/** Go prints a time with its monotonic clock. */
function goTime(ms: number, startedAtMs: number): string {
  const text = new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.?0*Z$/, '')
  return `${text} +0000 UTC m=+${((ms - startedAtMs) / 1000).toFixed(9)}`
}

function taken(door: Door, bind: string): Problem {
  const why = `listen tcp ${bind}: bind: address already in use`
  return door === 'health'
    ? { file: 'server.go:435', text: `"Healthz server failed" err="failed to start proxy healthz on ${bind}: ${why}"` }
    : { file: 'server.go:470', text: `"Starting metrics server failed" err="${why}"` }
}
