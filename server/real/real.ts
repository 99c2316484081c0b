/** ClusterView and ClusterHands over any kubeconfig. What only a simulator can do is NotSupported, with the reason. */
import { setTimeout as sleep } from 'node:timers/promises'
import { KubeConfig } from '@kubernetes/client-node'
import { NotSupported } from '../../engine/index.ts'
import type {
  ClusterHands,
  ClusterView,
  CommandResult,
  ObjectQuery,
  Vantage,
  ViewedObject,
} from '../../engine/index.ts'
import { reachBy, resolveBy } from './connect.ts'
import type { Shell } from './connect.ts'
import { Discovery, pathOf } from './discovery.ts'
import { execInPod } from './exec.ts'
import { RealHosts } from './hosts.ts'
import { askServer, messageOf } from './request.ts'
import type { Ask, Answer } from './request.ts'

export interface RealOptions {
  kubeconfig: string
  context?: string
  /** The containers of hosts that are called otherwise: `{"worker-1": "kind-worker"}`. */
  containers?: Record<string, string>
}

const COMMAND_TIMEOUT_MS = 30_000
type One = ObjectQuery & { name: string }

/** A cluster behind a kubeconfig file. Throws when the file cannot be read. */
export class RealCluster {
  private readonly config = new KubeConfig()
  private readonly discovery: Discovery
  private readonly hosts: RealHosts
  readonly view: ClusterView
  readonly hands: ClusterHands

  constructor({ kubeconfig, context, containers = {} }: RealOptions) {
    this.config.loadFromFile(kubeconfig)
    if (context !== undefined) this.config.setCurrentContext(context)
    this.discovery = new Discovery(this.config)
    this.hosts = new RealHosts({ kubeconfig, containers })
    this.view = this.makeView()
    this.hands = this.makeHands()
  }

  private makeView(): ClusterView {
    return {
      name: this.config.getCurrentCluster()?.name ?? 'a real cluster',
      now: () => this.now(),
      wait: (ms) => sleep(ms),
      object: (query) => this.object(query),
      objects: (query) => this.objects(query),
      canI: (question) => this.canI(question),
      run: (at, command, timeoutMs) => this.run(at, command, timeoutMs),
      reach: (from, target, timeoutMs = 5_000) => reachBy(this.shell(from), target, timeoutMs),
      resolve: (from, name) => resolveBy(this.shell(from), name),
      file: (host, path) => this.hosts.file(host, path),
      unit: (host, unit) => this.hosts.unit(host, unit),
      journal: () => refuse('a real cluster keeps no journal of what happened'),
    }
  }

  private makeHands(): ClusterHands {
    return {
      apply: (manifest) => this.apply(manifest),
      patch: (query, patch) =>
        this.change(query, { method: 'PATCH', body: patch, type: 'application/merge-patch+json' }),
      remove: (query, options) =>
        this.change(query, {
          method: 'DELETE',
          ...(options?.graceSeconds !== undefined && { body: { gracePeriodSeconds: options.graceSeconds } }),
        }),
      run: (at, command, timeoutMs) => this.run(at, command, timeoutMs),
      writeFile: (host, path, text) => this.hosts.writeFile(host, path, text),
      crash: (host) => this.hosts.power(host, 'kill'),
      boot: (host) => this.hosts.power(host, 'start'),
      reboot: (host) => this.hosts.power(host, 'restart'),
      cut: () => refuse('wires between real hosts are not cut from here'),
      mend: () => refuse('wires between real hosts are not mended from here'),
      fork: () => refuse('a real cluster cannot be copied'),
    }
  }

  /** The API server's clock where it tells it, and this machine's otherwise; finer than a second only here. */
  private async now(): Promise<number> {
    const local = Date.now()
    const { dateMs } = await this.ask({ method: 'GET', path: '/version' })
    return dateMs === undefined || Math.abs(dateMs - local) < 1_500 ? local : dateMs
  }

  private ask(question: Ask): Promise<Answer> {
    return askServer(this.config, question)
  }

  private async object(query: One): Promise<ViewedObject | undefined> {
    const kind = await this.discovery.find(query.kind)
    const answer = await this.ask({ method: 'GET', path: pathOf(kind, query.namespace ?? 'default', query.name) })
    if (answer.code === 404) return undefined
    if (answer.code !== 200) throw new Error(`${query.kind}/${query.name}: ${messageOf(answer)}`)
    return answer.body as ViewedObject
  }

  private async objects({ kind: text, namespace, labelSelector, fieldSelector }: ObjectQuery): Promise<ViewedObject[]> {
    const kind = await this.discovery.find(text)
    const query = { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
    const answer = await this.ask({ method: 'GET', path: pathOf(kind, namespace), query })
    if (answer.code !== 200) throw new Error(`${text}: ${messageOf(answer)}`)
    const { items } = answer.body as { items: ViewedObject[] }
    return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }))
  }

  private async canI({
    as,
    groups = [],
    verb,
    resource,
    namespace,
    name,
  }: Parameters<ClusterView['canI']>[0]): Promise<boolean> {
    const [main = '', subresource] = resource.split('/')
    const kind = await this.discovery.find(main)
    const resourceAttributes = { verb, resource: kind.resource, group: kind.group, subresource, namespace, name }
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: as, groups, resourceAttributes },
    }
    const answer = await this.ask({ method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body })
    if (answer.code !== 201) throw new Error(`can ${as} ${verb} ${resource}: ${messageOf(answer)}`)
    return (answer.body as { status?: { allowed?: boolean } }).status?.allowed === true
  }

  private async run(at: Vantage, command: string, timeoutMs = COMMAND_TIMEOUT_MS): Promise<CommandResult> {
    if ('host' in at) return this.hosts.run(at.host, at.user, command, timeoutMs)
    const namespace = at.namespace ?? 'default'
    const container = at.container ?? (await this.firstContainer(namespace, at.pod))
    return execInPod(this.config, { namespace, pod: at.pod, container }, ['sh', '-c', command], timeoutMs)
  }

  private shell(from: Vantage): Shell {
    return (command, timeoutMs) => this.run(from, command, timeoutMs)
  }

  private async firstContainer(namespace: string, name: string): Promise<string> {
    const pod = await this.object({ kind: 'Pod', name, namespace })
    const spec = pod?.['spec'] as { containers?: { name: string }[] } | undefined
    const first = spec?.containers?.[0]?.name
    if (first === undefined) throw new Error(`pods "${name}" not found`)
    return first
  }

  private async apply(manifest: ViewedObject): Promise<void> {
    const { kind: text = '', metadata } = manifest
    const kind = await this.discovery.find(text)
    const path = pathOf(kind, metadata.namespace ?? 'default', metadata.name ?? '')
    const answer = await this.ask({
      method: 'PATCH',
      path,
      query: { fieldManager: 'kubeflight', force: 'true' },
      body: manifest,
      type: 'application/apply-patch+yaml',
    })
    if (answer.code >= 300) throw new Error(`${text}/${metadata.name ?? ''}: ${messageOf(answer)}`)
  }

  private async change(query: One, how: Pick<Ask, 'method' | 'body' | 'type'>): Promise<void> {
    const kind = await this.discovery.find(query.kind)
    const answer = await this.ask({ ...how, path: pathOf(kind, query.namespace ?? 'default', query.name) })
    if (answer.code >= 300) throw new Error(`${query.kind}/${query.name}: ${messageOf(answer)}`)
  }
}

function refuse(reason: string): Promise<never> {
  return Promise.reject(new NotSupported(reason))
}
