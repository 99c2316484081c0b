/**
 * Components speak of kinds by their version of today. On an old release a client asks for the version
 * that the release serves and gives the answers back under today's name.
 */
import type { Answer, ApiClient, ApiClientOwner, Call, Change, Resource } from '../api/client.ts'

/** Today's version, the minor release that first serves it, and what was served before. */
const OLDER: { today: Resource; since: number; before: Resource }[] = [
  { today: 'policy/v1/poddisruptionbudgets', since: 21, before: 'policy/v1beta1/poddisruptionbudgets' },
  { today: 'discovery.k8s.io/v1/endpointslices', since: 21, before: 'discovery.k8s.io/v1beta1/endpointslices' },
  { today: 'batch/v1/cronjobs', since: 21, before: 'batch/v1beta1/cronjobs' },
  {
    today: 'autoscaling/v2/horizontalpodautoscalers',
    since: 23,
    before: 'autoscaling/v2beta2/horizontalpodautoscalers',
  },
  { today: 'coordination.k8s.io/v1/leases', since: 14, before: 'coordination.k8s.io/v1beta1/leases' },
]

/** Wraps a client where the release needs it; elsewhere the client itself. */
export function servedVersions(
  minor: number,
  owner: ApiClientOwner,
  connect: (owner: ApiClientOwner) => ApiClient,
): ApiClient {
  const older = OLDER.filter(({ since }) => minor < since)
  if (older.length === 0) return connect(owner)
  const toServed = (resource: Resource): Resource => older.find(({ today }) => today === resource)?.before ?? resource
  const toToday = (resource: Resource): Resource => older.find(({ before }) => before === resource)?.today ?? resource
  const client = connect({
    onAnswer: (answer: Answer) =>
      owner.onAnswer({ ...answer, call: { ...answer.call, resource: toToday(answer.call.resource) } }),
    onChange: (resource: Resource, change: Change) => owner.onChange(toToday(resource), change),
  })
  return {
    call: (call, tag) => client.call(served(call, toServed(call.resource)), tag),
    informer: (resource, options) => client.informer(toServed(resource), options),
    closeInformer: (resource) => client.closeInformer(toServed(resource)),
    start: () => client.start(),
    stop: () => client.stop(),
    handle: (event) => client.handle(event),
    get synced() {
      return client.synced
    },
    dump: () => client.dump(),
    load: (state) => client.load(state),
  }
}

/** A body must be of the version of its path. */
function served(call: Call, resource: Resource): Call {
  const body = call.body as { apiVersion?: string } | undefined
  if (resource === call.resource || body?.apiVersion === undefined) return { ...call, resource }
  return { ...call, resource, body: { ...body, apiVersion: resource.slice(0, resource.lastIndexOf('/')) } }
}
