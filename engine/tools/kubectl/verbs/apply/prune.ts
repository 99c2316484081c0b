/** `apply --prune`: what was applied before and is not in the manifests goes away. Models kubectl/pkg/cmd/apply/prune.go and pkg/util/prune. */
import type { Run } from '../../../../host/process.ts'
import { listAll } from '../../builder.ts'
import { tellerOf, type DryRun } from '../../changes.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import { klogHeader, type ResourceType } from '../../discovery.ts'
import { CommandError, isNotFound } from '../../errors.ts'
import { lastAppliedText } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'
import { propagationOf } from '../delete.ts'

/** What has been applied: objects by uid, and the namespaces they are in. */
export interface Visited {
  uids: Set<string>
  namespaces: Set<string>
}

const NAMESPACED: [apiVersion: string, kind: string][] = [
  ['v1', 'ConfigMap'],
  ['v1', 'Endpoints'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Pod'],
  ['v1', 'ReplicationController'],
  ['v1', 'Secret'],
  ['v1', 'Service'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['networking.k8s.io/v1', 'Ingress'],
  ['apps/v1', 'DaemonSet'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'ReplicaSet'],
  ['apps/v1', 'StatefulSet'],
]
const CLUSTER_WIDE: [apiVersion: string, kind: string][] = [
  ['v1', 'Namespace'],
  ['v1', 'PersistentVolume'],
]

const WITH_NAMESPACE =
  'Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.'

export const SELECTS_ALL =
  'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector'

/** The kinds of `--prune-allowlist`, or the usual ones. */
export function* prunedTypes(ctx: Context): Run<ResourceType[]> {
  const listed = ctx.flags.list('prune-allowlist')
  const mapper = yield* ctx.session.mapper()
  if (listed.length === 0) yield* ctx.p.err(`${yield* klogHeader(ctx.p, 'W', 'prune.go:71')} ${WITH_NAMESPACE}\n`)
  const kinds = listed.length > 0 ? listed.map(parseAllowed) : [...NAMESPACED, ...CLUSTER_WIDE]
  return kinds.map(([apiVersion, kind]) => {
    const type = mapper.forKind(apiVersion, kind)
    if (type !== undefined) return type
    throw new CommandError(`no matches for kind "${kind}" in version "${apiVersion}"`)
  })
}

/** `core/v1/ConfigMap`. */
export function parseAllowed(text: string): [apiVersion: string, kind: string] {
  const parts = text.split('/')
  const [group = '', version = '', kind = ''] = parts
  if (parts.length !== 3)
    throw new CommandError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`)
  return [group === 'core' || group === '' ? version : `${group}/${version}`, kind]
}

/** Objects that were applied once and have not been visited now. */
export function* prunable(
  ctx: Context,
  types: ResourceType[],
  visited: Visited,
): Run<{ type: ResourceType; object: ApiObject }[]> {
  const selector = ctx.flags.text('selector')
  const found: { type: ResourceType; object: ApiObject }[] = []
  const scopes = [
    ...[...visited.namespaces].flatMap((namespace) =>
      types.filter((type) => type.namespaced).map((type) => ({ type, namespace })),
    ),
    ...types.filter((type) => !type.namespaced).map((type) => ({ type, namespace: '' })),
  ]
  for (const { type, namespace } of scopes) {
    const objects = yield* listAll(ctx, type, namespace, selector ? { labelSelector: selector } : {})
    for (const object of objects)
      if (lastAppliedText(object) !== undefined && !visited.uids.has(object.metadata?.uid ?? ''))
        found.push({ type, object })
  }
  return found
}

export function* pruneAll(ctx: Context, types: ResourceType[], visited: Visited, dryRun: DryRun): Run<void> {
  for (const { type, object } of yield* prunable(ctx, types, visited)) yield* prune(ctx, type, object, dryRun)
}

/** Deletes one object and says so. */
export function* prune(ctx: Context, type: ResourceType, object: ApiObject, dryRun: DryRun): Run<void> {
  const { name = '', namespace = '' } = object.metadata ?? {}
  if (dryRun !== 'client') yield* remove(ctx, pathOf(type, namespace, name), dryRun)
  yield* (yield* tellerOf(ctx, dryRun))(object, 'pruned')
}

function* remove(ctx: Context, path: string, dryRun: DryRun): Run<void> {
  const grace = ctx.flags.int('grace-period')
  const client = yield* ctx.session.client()
  try {
    yield* client.delete(path, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: propagationOf(ctx),
      ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
      ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
    })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
