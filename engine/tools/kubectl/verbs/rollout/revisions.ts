/** The revisions of a workload: ReplicaSets of a Deployment, ControllerRevisions of the others. Models kubectl/pkg/polymorphichelpers/history.go. */
import type { Run } from '../../../../host/process.ts'
import type { JsonObject } from '../../../../objects/patch/json-value.ts'
import { applyStrategic } from '../../../../objects/patch/strategic.ts'
import { makeLabelSelector, selectorFromObject } from '../../../../objects/selectors.ts'
import { listAll, type Info } from '../../builder.ts'
import type { ApiObject } from '../../client.ts'
import type { Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { schemaTypeOf } from '../../patching.ts'
import { REVISION } from './viewers.ts'

export const CHANGE_CAUSE = 'kubernetes.io/change-cause'

export interface Revision {
  number: number
  cause: string
  /** The pods' template of then, with the change cause among its annotations. */
  template: ApiObject
  /** The ReplicaSet or ControllerRevision. */
  source: ApiObject
}

const COLLECTIONS: Record<string, string> = {
  Deployment: 'replicasets.apps',
  DaemonSet: 'controllerrevisions.apps',
  StatefulSet: 'controllerrevisions.apps',
}

/** All revisions, oldest first. */
export function* revisionsOf(ctx: Context, info: Info): Run<Revision[]> {
  const word = COLLECTIONS[info.type.kind]
  if (!word)
    throw new CommandError(
      `no history viewer has been implemented for "${info.type.kind}${info.type.group ? `.${info.type.group}` : ''}"`,
    )
  const type = (yield* ctx.session.mapper()).resolve(word)
  const { selector } = info.object.spec as { selector?: Parameters<typeof selectorFromObject>[0] }
  const labelSelector = makeLabelSelector(selectorFromObject(selector))
  const all = yield* listAll(ctx, type, info.namespace, labelSelector ? { labelSelector } : {})
  const owned = all.filter(({ metadata }) =>
    (metadata?.ownerReferences ?? []).some(({ uid, controller }) => controller && uid === info.object.metadata?.uid),
  )
  const make =
    info.type.kind === 'Deployment' ? fromReplicaSet : (source: ApiObject) => fromControllerRevision(info, source)
  return owned
    .map(make)
    .filter(({ number }) => number > 0)
    .sort((a, b) => a.number - b.number)
}

const causeOf = (object: ApiObject): string => object.metadata?.annotations?.[CHANGE_CAUSE] ?? ''

function fromReplicaSet(source: ApiObject): Revision {
  const number = Number(source.metadata?.annotations?.[REVISION] ?? 0)
  const { template } = source.spec as { template: ApiObject }
  return { number, cause: causeOf(source), template: withCause(template, causeOf(source)), source }
}

function withCause(template: ApiObject, cause: string): ApiObject {
  if (!cause) return template
  return {
    ...template,
    metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [CHANGE_CAUSE]: cause } },
  }
}

/** A ControllerRevision holds a patch; applied to the workload it gives the workload of then. */
function fromControllerRevision(info: Info, source: ApiObject): Revision {
  const patched = applyStrategic(
    schemaTypeOf(info.type),
    info.object as JsonObject,
    source.data as JsonObject,
  ) as ApiObject
  const { template } = patched.spec as { template: ApiObject }
  return { number: Number(source.revision ?? 0), cause: causeOf(source), template, source }
}
