/** The serving ports of the controller manager and the scheduler: /healthz, /livez and /readyz. Not modelled: /metrics, /configz. */
import { HTTP, Replier } from '../fabric/http.ts'
import type { HttpRequestData } from '../fabric/http.ts'
import type { Fabric, HostName } from '../fabric/fabric.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'
import type { ComponentProcess } from './component-process.ts'

const DEFAULT_PORTS: Record<string, number> = { 'kube-controller-manager': 10257, 'kube-scheduler': 10259 }
const OPEN_PATHS = new Set(['/healthz', '/livez', '/readyz'])

export class HealthPorts implements Component {
  /** Bound to the loopback, as its end says. */
  static readonly loopback = 'health-ports/loopback'
  static readonly everyone = 'health-ports'

  constructor(
    kernel: Kernel,
    private readonly fabric: Fabric,
    private readonly standsStill: (host: HostName, port: number) => boolean,
  ) {
    kernel.register(HealthPorts.everyone, this)
    kernel.register(HealthPorts.loopback, { handle: (event) => this.handle(event), dump: () => null, load: () => {} })
  }

  /** A process that runs listens, unless --secure-port is 0. */
  open(process: ComponentProcess): void {
    const port = portOf(process)
    const bound = flagOf(process, 'bind-address') ?? '0.0.0.0'
    const address = bound.startsWith('127.') ? HealthPorts.loopback : HealthPorts.everyone
    if (port !== 0) this.fabric.listen(process.host, port, address)
  }

  close(process: ComponentProcess): void {
    const port = portOf(process)
    const listener = this.fabric.listener(process.host, port)
    if (listener === HealthPorts.loopback || listener === HealthPorts.everyone) this.fabric.unlisten(process.host, port)
  }

  handle({ type, data }: KernelEvent): void {
    if (type !== HTTP.request) return
    const { request, replyTo, at } = data as HttpRequestData
    if (at !== undefined && this.standsStill(at.host, at.port)) return
    const replier = new Replier(this.fabric, at?.host ?? replyTo.host, replyTo)
    const [code, body] = OPEN_PATHS.has(request.path) ? [200, 'ok'] : [403, 'forbidden']
    replier.respond({ code, headers: { 'content-type': 'text/plain; charset=utf-8' }, body })
  }

  dump(): unknown {
    return null
  }

  load(): void {}
}

const flagOf = ({ argv }: Pick<ComponentProcess, 'argv'>, name: string): string | undefined =>
  argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)

/** Where the controller manager or the scheduler serves; 0: nowhere. */
export function portOf(process: Pick<ComponentProcess, 'component' | 'argv'>): number {
  const given = flagOf(process, 'secure-port')
  return given === undefined ? (DEFAULT_PORTS[process.component] ?? 0) : Number(given)
}
