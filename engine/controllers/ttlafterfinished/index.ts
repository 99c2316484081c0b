/** Models pkg/controller/ttlafterfinished/ttlafterfinished_controller.go (R2.5): finished Jobs go after their time. */
import type { Job } from '../../objects/types.gen.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'

const JOBS = 'batch/v1/jobs'

export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  watches: [{ resource: JOBS, keys: (change) => (change.type === 'deleted' ? [] : [keyOf(change.object)]) }],
  reconcile(context: Context, key: string): Write[] {
    const { namespace, name } = splitKey(key)
    const job = context.cache<Job>(JOBS).get(namespace, name)
    const expiresMs = job && expiresAtMs(job)
    if (job === undefined || expiresMs === undefined || job.metadata.deletionTimestamp !== undefined) return []
    const leftMs = expiresMs - context.nowMs
    if (leftMs > 0) {
      context.requeueAfter(key, leftMs)
      return []
    }
    const body = { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } }
    return [{ verb: 'delete', resource: JOBS, namespace, name, body }]
  },
}

/** When a finished Job's time is over (ms since 1970); undefined when it is not finished or stays. */
function expiresAtMs({ spec, status }: Job): number | undefined {
  const seconds = spec?.ttlSecondsAfterFinished
  const end = status?.conditions?.find(
    ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
  )
  if (seconds === undefined || !end?.lastTransitionTime) return undefined
  return Date.parse(end.lastTransitionTime) + seconds * 1000
}
