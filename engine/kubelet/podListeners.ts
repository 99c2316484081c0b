/** Who listens on the addresses of this node's pods, and what answers there. */
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import type { Core } from './core.ts'
import { hostnameOf } from './container.actions.ts'
import { answerCostMicros } from './images/busy.ts'
import { RESPONDERS } from './images/catalogue.ts'
import type { ResponderFacts } from './images/image.ts'
import type { Listeners, Listening } from './listeners.ts'
import type { ContainerInstance, PodRecord } from './state.ts'
import { addLoad } from './usage.ts'

const LOG_LINES = 1000

export class PodListeners implements Listeners {
  constructor(
    private readonly core: Core,
    private readonly byIp: Map<string, string>,
    private readonly hearLine: (record: PodRecord, instance: ContainerInstance) => void,
  ) {}

  hasAddress(podIP: string): boolean {
    return this.byIp.has(podIP)
  }

  listening(podIP: string, port: number): Listening | undefined {
    const found = this.find(podIP, port)
    return found && found.listening
  }

  respond(podIP: string, port: number, request: HttpRequest, from: string): HttpResponse | undefined {
    const found = this.find(podIP, port)
    const responder = found === undefined ? undefined : RESPONDERS[found.listening.responder]
    if (found === undefined || responder === undefined) return undefined
    const answer = responder(request, this.facts(found.record, found.instance, port, from))
    addLoad(this.core, found.record, found.instance, answerCostMicros(found.listening.responder))
    if (answer.log !== undefined) this.append(found.record, found.instance, answer.log, answer.stream ?? 'stdout')
    return answer.response
  }

  private append(record: PodRecord, instance: ContainerInstance, text: string, stream: 'stdout' | 'stderr'): void {
    instance.logs.push({ atMs: this.core.kernel.clockMs, stream, text })
    if (instance.logs.length > LOG_LINES) instance.logs.splice(0, LOG_LINES / 4)
    this.hearLine(record, instance)
  }

  private find(
    podIP: string,
    port: number,
  ): { record: PodRecord; instance: ContainerInstance; listening: Listening } | undefined {
    for (const record of this.at(podIP)) {
      for (const instance of Object.values(record.containers)) {
        const planned =
          instance.finishedMs === undefined ? instance.plan?.listens.find((one) => one.port === port) : undefined
        if (planned === undefined || (instance.startedMs ?? 0) + planned.fromMs > this.core.kernel.clockMs) continue
        const { uid: podUid, namespace, name: pod } = record
        return {
          record,
          instance,
          listening: {
            podUid,
            namespace,
            pod,
            container: instance.name,
            port,
            responder: planned.responder,
            http: planned.http,
            ...(planned.certificate !== undefined && { certificate: planned.certificate }),
          },
        }
      }
    }
    return undefined
  }

  private at(podIP: string): PodRecord[] {
    const record = this.core.records.get(this.byIp.get(podIP) ?? '')
    if (record !== undefined) return [record]
    if (podIP !== this.core.nodeFacts().hostIP && podIP !== '127.0.0.1' && podIP !== 'localhost') return []
    return [...this.core.records.values()].filter(({ pod }) => pod.spec?.hostNetwork === true)
  }

  private facts(record: PodRecord, instance: ContainerInstance, port: number, from: string): ResponderFacts {
    const { core } = this
    return {
      hostname: hostnameOf(record, core.nodeName),
      podIP: record.ip ?? core.nodeFacts().hostIP,
      nodeName: core.nodeName,
      namespace: record.namespace,
      get env() {
        return core.containers.spec(record, instance).env
      },
      argv: instance.argv,
      image: instance.image,
      from,
      clockMs: core.kernel.clockMs,
      port,
      readFile: (path) => core.containers.readFile(record, instance, path),
      dial: (host, wanted) => core.ports.dial?.dial(record.ip ?? '', host, wanted) ?? 'unresolved',
    }
  }
}
