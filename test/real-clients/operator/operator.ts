/** A small operator: it brings each Widget's ConfigMap to the Widget's size and reports what it has seen. */
import { CoreV1Api, makeInformer, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { Informer, KubeConfig, ObjectCache } from '@kubernetes/client-node'
import { PATH, Widgets } from './widgets.ts'
import type { Widget } from './widgets.ts'

/** An event as the informer told it. */
export interface Told {
  verb: 'add' | 'update' | 'delete'
  name: string
  resourceVersion: string
  generation: number
}

const APPLY = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply)
const APPLIED = { namespace: 'default', fieldManager: 'widget-operator', force: true }

export class Operator {
  readonly told: Told[] = []
  /** resourceVersions of its own writes of the status. */
  readonly written: string[] = []
  readonly errors: unknown[] = []
  private readonly informer: Informer<Widget> & ObjectCache<Widget>
  private readonly widgets: Widgets
  private readonly core: CoreV1Api
  private readonly queued = new Set<string>()
  private working: Promise<void> = Promise.resolve()

  constructor(config: KubeConfig) {
    this.widgets = new Widgets(config)
    this.core = config.makeApiClient(CoreV1Api)
    this.informer = makeInformer<Widget>(config, PATH, () => this.widgets.list())
    for (const verb of ['add', 'update', 'delete'] as const) this.informer.on(verb, (widget) => this.hear(verb, widget))
    this.informer.on('error', (error: unknown) => void this.errors.push(error))
  }

  start(): Promise<void> {
    return this.informer.start()
  }

  stop(): Promise<void> {
    return this.informer.stop()
  }

  /** Waits until nothing is queued. */
  async idle(): Promise<void> {
    await this.working
  }

  private hear(verb: Told['verb'], { metadata }: Widget): void {
    const { name = '', resourceVersion = '', generation = 0 } = metadata ?? {}
    this.told.push({ verb, name, resourceVersion, generation })
    if (verb === 'delete' || this.queued.has(name)) return
    this.queued.add(name)
    this.working = this.working.then(() => this.reconcile(name)).catch((error: unknown) => void this.errors.push(error))
  }

  private async reconcile(name: string): Promise<void> {
    this.queued.delete(name)
    const widget = this.informer.get(name, 'default')
    const generation = widget?.metadata?.generation
    if (widget === undefined || generation === widget.status?.observedGeneration) return
    await this.applyConfigMap(widget)
    const stored = await this.widgets.report(name, { observedGeneration: generation, size: widget.spec.size })
    this.written.push(stored.metadata?.resourceVersion ?? '')
  }

  private async applyConfigMap({ metadata, spec }: Widget): Promise<void> {
    const name = `widget-${metadata?.name}`
    const owner = { apiVersion: 'kubeflight.example/v1', kind: 'Widget', name: metadata?.name, uid: metadata?.uid }
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ownerReferences: [{ ...owner, controller: true }] },
      data: { size: String(spec.size) },
    }
    await this.core.patchNamespacedConfigMap({ ...APPLIED, name, body }, APPLY)
  }
}
