/**
 * Deletes what its owners have left behind: Models pkg/controller/garbagecollector (R9). The graph is the
 * shared caches, indexed by owner UID; an owner that a cache does not know is looked up live before
 * anything is deleted. Custom kinds join as they are established. Not modelled: OwnerRefInvalidNamespace events.
 */
import type { Answer, Change, KubeObject, Resource } from '../../api/client.ts'
import type { OwnerReference } from '../../objects/types.gen.ts'
import { splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, CustomKind, Settled, Write } from '../controller.ts'

const BY_OWNER = 'owners'
const FOREGROUND = 'foregroundDeletion'
const ORPHAN = 'orphan'

export type CollectedKind = CustomKind

export function garbageCollector(kinds: CollectedKind[]): Controller {
  const graph = new Graph(kinds)
  return {
    name: 'garbage-collector-controller',
    watches: kinds.map(({ resource }) => ({
      resource,
      keys: (change: Change, context: Context) => graph.keys(context, resource, change),
    })),
    indexes: Object.fromEntries(kinds.map(({ resource }) => [resource, { [BY_OWNER]: ownerUids }])),
    custom: {
      keys: (resource, change, context) => graph.keys(context, resource, change),
      indexes: { [BY_OWNER]: ownerUids },
    },
    reconcile: (context, key) => graph.reconcile(context, key),
    settle: (context, key, settled) => graph.settle(context, key, settled),
  }
}

function ownerUids(object: KubeObject): string[] {
  return (object.metadata.ownerReferences ?? []).map(({ uid }) => uid)
}

function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false
}

function isWaiting(owner: KubeObject): boolean {
  return owner.metadata.deletionTimestamp !== undefined && hasFinalizer(owner, FOREGROUND)
}

type Standing = 'solid' | 'waiting' | 'unknown'

interface Dependent {
  resource: Resource
  object: KubeObject
}

class Graph {
  private readonly byKind: Map<string, CollectedKind>

  constructor(private readonly kinds: CollectedKind[]) {
    this.byKind = new Map(kinds.map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]))
  }

  private kindOf(context: Context, { apiVersion, kind }: OwnerReference): CollectedKind | undefined {
    return (
      this.byKind.get(`${apiVersion}/${kind}`) ??
      context.customKinds().find((one) => one.kind === kind && groupOf(one.apiVersion) === groupOf(apiVersion))
    )
  }

  keys(context: Context, resource: Resource, change: Change): string[] {
    const { object } = change
    const keys: string[] = []
    if (change.type === 'deleted' || isWaiting(object)) {
      for (const dependent of this.dependents(context, object.metadata.uid))
        keys.push(keyOf(dependent.resource, dependent.object))
    }
    if (change.type === 'deleted') return [...keys, ...this.waitingOwners(context, object)]
    if (this.needsLook(context, change)) keys.push(keyOf(resource, object))
    return keys
  }

  reconcile(context: Context, key: string): Write[] {
    const item = this.find(context, key)
    if (item === undefined) return []
    const { object } = item
    const dying = object.metadata.deletionTimestamp !== undefined
    if (dying && hasFinalizer(object, ORPHAN)) return this.orphan(context, item)
    if (dying && hasFinalizer(object, FOREGROUND)) return this.foreground(context, item)
    return dying ? [] : this.lookAtOwners(context, item)
  }

  /** Owners looked up live: when none of them is there any more, the object goes. */
  settle(context: Context, key: string, settled: Settled): Write[] {
    const lookups = settled.answers.filter(({ call }) => call.verb === 'get')
    const item = this.find(context, key)
    if (lookups.length === 0 || item === undefined) return []
    if (lookups.some((answer) => answer.code === 0 || answer.code >= 500)) return []
    const references = item.object.metadata.ownerReferences ?? []
    const standing = references.map((reference) => this.standing(context, item, reference))
    const absent = references.filter(
      (reference, index) => standing[index] === 'unknown' && !lookups.some((answer) => isOwner(answer, reference)),
    )
    if (standing.includes('unknown') && absent.length < standing.filter((one) => one === 'unknown').length) return []
    return this.collect(context, item, absent, standing)
  }

  private collect(context: Context, item: Dependent, absent: OwnerReference[], standing: Standing[]): Write[] {
    const references = item.object.metadata.ownerReferences ?? []
    const waiting = references.filter((_, index) => standing[index] === 'waiting')
    if (standing.includes('solid')) {
      const dropped = [...absent, ...waiting]
      return dropped.length === 0 ? [] : [dropOwners(item, dropped)]
    }
    const hasDependents = this.dependents(context, item.object.metadata.uid).length > 0
    return [remove(item, waiting.length > 0 && hasDependents ? 'Foreground' : policyOf(item.object))]
  }

  private lookAtOwners(context: Context, item: Dependent): Write[] {
    const references = item.object.metadata.ownerReferences ?? []
    if (references.length === 0) return []
    const standing = references.map((reference) => this.standing(context, item, reference))
    const unknown = references.filter((_, index) => standing[index] === 'unknown')
    if (unknown.length > 0) return unknown.flatMap((reference) => this.lookup(context, item, reference))
    return standing.includes('waiting') ? this.collect(context, item, [], standing) : []
  }

  private lookup(context: Context, item: Dependent, reference: OwnerReference): ApiWrite[] {
    const kind = this.kindOf(context, reference)
    if (kind === undefined) return []
    const namespace = kind.namespaced ? item.object.metadata.namespace : undefined
    return [{ verb: 'get', resource: kind.resource, namespace, name: reference.name }]
  }

  private standing(context: Context, item: Dependent, reference: OwnerReference): Standing {
    const kind = this.kindOf(context, reference)
    if (kind === undefined) return 'solid'
    const namespace = kind.namespaced ? (item.object.metadata.namespace ?? '') : ''
    const owner = context.cache(kind.resource).get(namespace, reference.name)
    if (owner === undefined || owner.metadata.uid !== reference.uid) return 'unknown'
    return isWaiting(owner) ? 'waiting' : 'solid'
  }

  /** Foreground: the owner stays until no dependent that blocks it is left. */
  private foreground(context: Context, item: Dependent): Write[] {
    const { uid } = item.object.metadata
    const blocks = ({ object }: Dependent): boolean =>
      (object.metadata.ownerReferences ?? []).some((one) => one.uid === uid && one.blockOwnerDeletion === true)
    const blocking = this.dependents(context, uid).filter(blocks)
    return blocking.length === 0 ? [dropFinalizer(item, FOREGROUND)] : []
  }

  private orphan(context: Context, item: Dependent): Write[] {
    const { uid } = item.object.metadata
    const dependents = this.dependents(context, uid)
    if (dependents.length === 0) return [dropFinalizer(item, ORPHAN)]
    context.requeueAfter(keyOf(item.resource, item.object), 10)
    return dependents.map((dependent) =>
      dropOwners(
        dependent,
        (dependent.object.metadata.ownerReferences ?? []).filter((one) => one.uid === uid),
      ),
    )
  }

  private dependents(context: Context, uid: string | undefined): Dependent[] {
    if (uid === undefined) return []
    return [...this.kinds, ...context.customKinds()].flatMap(({ resource }) =>
      context
        .cache(resource)
        .by(BY_OWNER, uid)
        .map((object) => ({ resource, object })),
    )
  }

  private waitingOwners(context: Context, object: KubeObject): string[] {
    return (object.metadata.ownerReferences ?? []).flatMap((reference) => {
      const kind = this.kindOf(context, reference)
      if (kind === undefined) return []
      const owner = context
        .cache(kind.resource)
        .get(kind.namespaced ? (object.metadata.namespace ?? '') : '', reference.name)
      return owner !== undefined && isWaiting(owner) ? [keyOf(kind.resource, owner)] : []
    })
  }

  /** A dying object with a finalizer of ours, or one with an owner that is not simply there. */
  private needsLook(context: Context, change: Change): boolean {
    const { object, old } = change
    if (object.metadata.deletionTimestamp !== undefined)
      return hasFinalizer(object, FOREGROUND) || hasFinalizer(object, ORPHAN)
    const references = object.metadata.ownerReferences
    if (references === undefined || references === old?.metadata.ownerReferences) return false
    return references.some((reference) => this.standing(context, { resource: '', object }, reference) !== 'solid')
  }

  private find(context: Context, key: string): Dependent | undefined {
    const bar = key.indexOf('|')
    const resource = key.slice(0, bar)
    const { namespace, name } = splitKey(key.slice(bar + 1))
    const object = context.cache(resource).get(namespace, name)
    return object && { resource, object }
  }
}

const groupOf = (apiVersion: string): string => apiVersion.slice(0, apiVersion.indexOf('/'))

function keyOf(resource: Resource, { metadata: { namespace, name } }: KubeObject): string {
  return `${resource}|${namespace === undefined ? name : `${namespace}/${name}`}`
}

function isOwner(answer: Answer, reference: OwnerReference): boolean {
  return answer.code === 200 && (answer.body as KubeObject).metadata.uid === reference.uid
}

function policyOf(object: KubeObject): string {
  if (hasFinalizer(object, ORPHAN)) return 'Orphan'
  return hasFinalizer(object, FOREGROUND) ? 'Foreground' : 'Background'
}

function remove({ resource, object }: Dependent, propagationPolicy: string): ApiWrite {
  const { namespace, name, uid } = object.metadata
  return { verb: 'delete', resource, namespace, name, body: { propagationPolicy, preconditions: { uid } } }
}

function dropOwners({ resource, object }: Dependent, owners: OwnerReference[]): ApiWrite {
  const { namespace, name, uid, ownerReferences = [] } = object.metadata
  const kept = ownerReferences.filter((one) => !owners.includes(one))
  return {
    verb: 'patch',
    resource,
    namespace,
    name,
    patchType: 'merge',
    body: { metadata: { ownerReferences: kept.length > 0 ? kept : null, uid } },
  }
}

function dropFinalizer({ resource, object }: Dependent, finalizer: string): ApiWrite {
  const { namespace, name, finalizers = [], resourceVersion } = object.metadata
  const kept = finalizers.filter((one) => one !== finalizer)
  return {
    verb: 'patch',
    resource,
    namespace,
    name,
    patchType: 'merge',
    body: { metadata: { resourceVersion, finalizers: kept.length > 0 ? kept : null } },
  }
}
