/** componentstatuses: rows made when they are asked for. Models pkg/registry/core/componentstatus. */
import type { KubeObject } from '../client.ts'
import type { Core, VerbHandler } from '../core.ts'
import { respondList, respondObject } from '../present.ts'
import type { ListMeta } from '../present.ts'
import { notFound } from '../status.ts'

/** The components that are asked; the scheduler and the controller manager of this host. */
const COMPONENTS: { name: string; port?: number }[] = [
  { name: 'etcd-0' },
  { name: 'scheduler', port: 10259 },
  { name: 'controller-manager', port: 10257 },
]

function statusOf(core: Core, { name, port }: (typeof COMPONENTS)[number]): KubeObject {
  const healthy = port === undefined ? core.etcdHealthy : core.componentHealthy(port)
  const why =
    port === undefined
      ? 'context deadline exceeded'
      : `Get "https://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`
  const condition = healthy
    ? { type: 'Healthy', status: 'True', message: 'ok' }
    : { type: 'Healthy', status: 'False', message: why }
  return {
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name },
    conditions: [condition],
  } as unknown as KubeObject
}

const rows = (core: Core): KubeObject[] => COMPONENTS.map((one) => statusOf(core, one))

export const listComponents: VerbHandler = (core, flight) => respondList(core, flight, rows(core), {} as ListMeta)

export const getComponent: VerbHandler = (core, flight) => {
  const found = rows(core).find(({ metadata }) => metadata.name === flight.info.name)
  if (found === undefined)
    return core.refuse(flight, notFound({ ...core.entryOf(flight), resource: 'component' }, flight.info.name))
  respondObject(core, flight, 200, found)
}
