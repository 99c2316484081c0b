/**
 * Remembers every version of a few kinds of objects, for checks that ask how something was all along.
 * It watches the API as any client does, and keeps at most the last 500 versions of an object.
 */
import type { ApiClient, ApiClientOwner, Change, KubeObject, Resource } from '../api/client.ts'
import type { Component, Kernel } from '../kernel/kernel.ts'
import type { KernelEvent } from '../kernel/queue.ts'

/** The kinds whose past can be asked for. */
export const REMEMBERED: Resource[] = [
  'apps/v1/deployments',
  'apps/v1/daemonsets',
  'v1/nodes',
  'policy/v1/poddisruptionbudgets',
]
const LIMIT = 500

/** A version from an instant on (virtual ms); without an object: it was deleted then. */
export interface Version {
  at: number
  object?: KubeObject
}

export class History implements Component, ApiClientOwner {
  static readonly address = 'history'
  private readonly client: ApiClient
  /** By `resource|namespace/name`. */
  private versions: Record<string, Version[]> = {}

  constructor(
    private readonly kernel: Kernel,
    createClient: (owner: ApiClientOwner) => ApiClient,
  ) {
    this.client = createClient(this)
    for (const resource of REMEMBERED) this.client.informer(resource)
    kernel.register(History.address, this)
  }

  start(): void {
    this.client.start()
  }

  /** The versions since an instant (virtual ms): the one that was valid then, and each later one. */
  of(resource: Resource, namespace: string, name: string, sinceMs: number): Version[] {
    const all = this.versions[`${resource}|${namespace}/${name}`] ?? []
    const first = all.findLastIndex(({ at }) => at <= sinceMs)
    return all.slice(Math.max(0, first))
  }

  handle(event: KernelEvent): void {
    this.client.handle(event)
  }

  onAnswer(): void {}

  onChange(resource: Resource, { type, object }: Change): void {
    const { namespace = '', name } = object.metadata
    const versions = (this.versions[`${resource}|${namespace}/${name}`] ??= [])
    versions.push(type === 'deleted' ? { at: this.kernel.now } : { at: this.kernel.now, object })
    if (versions.length > LIMIT) versions.shift()
  }

  dump(): unknown {
    return { versions: this.versions, client: this.client.dump() }
  }

  load(state: unknown): void {
    const saved = state as { versions: Record<string, Version[]>; client: unknown }
    this.versions = saved.versions
    this.client.load(saved.client)
  }
}
