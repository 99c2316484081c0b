/** The controllers of a kube-controller-manager, by release. */
import type { Controller } from '../controllers/controller.ts'
import { daemonSetController } from '../controllers/daemonset/index.ts'
import { deploymentController } from '../controllers/deployment/index.ts'
import { disruptionController } from '../controllers/disruption/index.ts'
import { endpointsController } from '../controllers/endpoints/index.ts'
import { endpointSliceController } from '../controllers/endpointslice/index.ts'
import { garbageCollector } from '../controllers/garbagecollector/index.ts'
import { namespaceController } from '../controllers/namespace/index.ts'
import { nodeIpamController } from '../controllers/nodeipam/index.ts'
import type { NodeLifecycleFlags } from '../controllers/nodelifecycle/flags.ts'
import { nodeLifecycleController } from '../controllers/nodelifecycle/index.ts'
import { podGcController } from '../controllers/podgc/index.ts'
import { replicaSetController } from '../controllers/replicaset/index.ts'
import { rootCaCertPublisher } from '../controllers/rootcacertpublisher/index.ts'
import { serviceAccountController } from '../controllers/serviceaccount/index.ts'
import { taintEvictionController } from '../controllers/tainteviction/index.ts'
import { KindRegistry, apiVersionOf } from '../objects/kinds.ts'
import { caCertificate } from './addons.ts'
import type { ClusterPlan } from './plan.ts'

/** `flags` may change between two starts of the process. */
export function controllersOf(plan: ClusterPlan, flags: NodeLifecycleFlags): Controller[] {
  const { minor } = plan
  const kinds = collectedKinds(minor)
  return [
    deploymentController({ minor }),
    replicaSetController({ reportsTerminating: minor >= 35, minor }),
    daemonSetController({ release: `1.${minor}` }),
    endpointsController({ minor }),
    // EndpointSlices came with 1.16.
    ...(minor >= 16 ? [endpointSliceController] : []),
    nodeIpamController({ prefix: plan.podPrefix }),
    nodeLifecycleController({ minor, flags }),
    taintEvictionController,
    garbageCollector(kinds),
    namespaceController(kinds.filter(({ namespaced }) => namespaced).map(({ resource }) => resource)),
    podGcController,
    disruptionController,
    serviceAccountController,
    rootCaCertPublisher(caCertificate(plan)),
  ]
}

interface Collected {
  resource: string
  apiVersion: string
  kind: string
  namespaced: boolean
}

/** Kinds that can be listed, watched and deleted, at the version that is stored; events are left alone, as upstream does. */
function collectedKinds(minor: number): Collected[] {
  const needed = ['list', 'watch', 'delete', 'deletecollection']
  const entries = new KindRegistry(`1.${minor}`).all()
  const kept = entries.filter(
    ({ verbs, storage, resource }) =>
      storage &&
      resource !== 'events' &&
      needed.every(
        (verb) =>
          verbs.includes(verb) || (verb === 'deletecollection' && resource === 'services') || resource === 'namespaces',
      ),
  )
  return kept.map((entry) => {
    const apiVersion = apiVersionOf(entry)
    return { resource: `${apiVersion}/${entry.resource}`, apiVersion, kind: entry.kind, namespaced: entry.namespaced }
  })
}
