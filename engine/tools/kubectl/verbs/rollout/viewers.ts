/** How far a rollout is, in words. Models kubectl/pkg/polymorphichelpers/rollout_status.go. */
import type { DaemonSet, Deployment, StatefulSet } from '../../../../objects/types.gen.ts'
import { conditionOf } from '../../../../objects/meta.ts'
import type { ApiObject } from '../../client.ts'
import { CommandError } from '../../errors.ts'

export interface RolloutState {
  text: string
  done: boolean
}

type Viewer = (object: ApiObject, revision: number) => RolloutState

const waiting = (text: string): RolloutState => ({ text: `${text}\n`, done: false })
const finished = (text: string): RolloutState => ({ text: `${text}\n`, done: true })

const observed = (object: { metadata?: { generation?: number }; status?: { observedGeneration?: number } }): boolean =>
  (object.metadata?.generation ?? 0) <= (object.status?.observedGeneration ?? 0)

export const REVISION = 'deployment.kubernetes.io/revision'

const deployment: Viewer = (object, wanted) => {
  const { metadata, spec, status } = object as Deployment
  const name = metadata?.name ?? ''
  const revision = Number(metadata?.annotations?.[REVISION] ?? 0)
  if (wanted > 0 && wanted !== revision)
    throw new CommandError(`desired revision (${wanted}) is different from the running revision (${revision})`)
  if (!observed(object as Deployment)) return waiting('Waiting for deployment spec update to be observed...')
  if (conditionOf(status?.conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded')
    throw new CommandError(`deployment "${name}" exceeded its progress deadline`)
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: available = 0 } = status ?? {}
  const head = `Waiting for deployment "${name}" rollout to finish:`
  if (updated < (spec?.replicas ?? 0))
    return waiting(`${head} ${updated} out of ${spec?.replicas} new replicas have been updated...`)
  if (replicas > updated) return waiting(`${head} ${replicas - updated} old replicas are pending termination...`)
  if (available < updated) return waiting(`${head} ${available} of ${updated} updated replicas are available...`)
  return finished(`deployment "${name}" successfully rolled out`)
}

const ONLY_ROLLING = 'rollout status is only available for RollingUpdate strategy type'

const daemonSet: Viewer = (object) => {
  const { metadata, spec, status } = object as DaemonSet
  if (spec?.updateStrategy?.type !== 'RollingUpdate') throw new CommandError(ONLY_ROLLING)
  if (!observed(object as DaemonSet)) return waiting('Waiting for daemon set spec update to be observed...')
  const {
    updatedNumberScheduled: updated = 0,
    desiredNumberScheduled: desired = 0,
    numberAvailable: available = 0,
  } = status ?? {}
  const head = `Waiting for daemon set "${metadata?.name}" rollout to finish:`
  if (updated < desired) return waiting(`${head} ${updated} out of ${desired} new pods have been updated...`)
  if (available < desired) return waiting(`${head} ${available} of ${desired} updated pods are available...`)
  return finished(`daemon set "${metadata?.name}" successfully rolled out`)
}

const statefulSet: Viewer = (object) => {
  const { spec, status } = object as StatefulSet
  if (spec?.updateStrategy?.type !== 'RollingUpdate') throw new CommandError(ONLY_ROLLING)
  if (!status?.observedGeneration || !observed(object as StatefulSet))
    return waiting('Waiting for statefulset spec update to be observed...')
  const replicas = spec.replicas ?? 0
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, currentReplicas: current = 0 } = status
  if (ready < replicas) return waiting(`Waiting for ${replicas - ready} pods to be ready...`)
  const partition = spec.updateStrategy.rollingUpdate?.partition
  if (partition !== undefined) {
    if (updated < replicas - partition)
      return waiting(
        `Waiting for partitioned roll out to finish: ${updated} out of ${replicas - partition} new pods have been updated...`,
      )
    return finished(`partitioned roll out complete: ${updated} new pods have been updated...`)
  }
  if (status.updateRevision !== status.currentRevision)
    return waiting(
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${status.updateRevision}...`,
    )
  return finished(`statefulset rolling update complete ${current} pods at revision ${status.currentRevision}...`)
}

const VIEWERS: Record<string, Viewer> = { Deployment: deployment, DaemonSet: daemonSet, StatefulSet: statefulSet }

const groupOf = ({ apiVersion = '' }: ApiObject): string =>
  apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''

/** The state of an object's rollout. Throws for kinds that have none, and for rollouts that failed. */
export function rolloutState(object: ApiObject, revision = 0): RolloutState {
  const viewer = VIEWERS[object.kind ?? '']
  if (!viewer) throw new CommandError(`no status viewer has been implemented for ${object.kind}${groupOf(object)}`)
  return viewer(object, revision)
}
