/** The controllers of a kube-controller-manager, by release. */
import type { Controller } from '../controllers/controller.ts'
import { validatingAdmissionPolicyStatus } from '../controllers/validatingadmissionpolicystatus/index.ts'
import { clusterRoleAggregation } from '../controllers/clusterroleaggregation/index.ts'
import { bootstrapSigner } from '../controllers/bootstrapsigner/index.ts'
import { csrApprovingController } from '../controllers/csrapproving/index.ts'
import { csrCleaner } from '../controllers/csrcleaner/index.ts'
import { csrSigningController } from '../controllers/csrsigning/index.ts'
import { cronJobController } from '../controllers/cronjob/index.ts'
import { daemonSetController } from '../controllers/daemonset/index.ts'
import { deploymentController } from '../controllers/deployment/index.ts'
import { disruptionController } from '../controllers/disruption/index.ts'
import { endpointsController } from '../controllers/endpoints/index.ts'
import { endpointSliceController } from '../controllers/endpointslice/index.ts'
import { endpointSliceMirroringController } from '../controllers/endpointslicemirroring/index.ts'
import { garbageCollector } from '../controllers/garbagecollector/index.ts'
import { HPA_FLAGS } from '../controllers/horizontalpodautoscaler/flags.ts'
import type { HpaFlags } from '../controllers/horizontalpodautoscaler/flags.ts'
import { horizontalPodAutoscalerController } from '../controllers/horizontalpodautoscaler/index.ts'
import { jobController } from '../controllers/job/index.ts'
import { namespaceController } from '../controllers/namespace/index.ts'
import { nodeIpamController } from '../controllers/nodeipam/index.ts'
import type { NodeIpamFlags } from '../controllers/nodeipam/index.ts'
import type { NodeLifecycleFlags } from '../controllers/nodelifecycle/flags.ts'
import { nodeLifecycleController } from '../controllers/nodelifecycle/index.ts'
import { attachDetachController } from '../controllers/attachdetach/index.ts'
import { ephemeralVolumeController } from '../controllers/ephemeralvolume/index.ts'
import { persistentVolumeBinder } from '../controllers/persistentvolumebinder/index.ts'
import { pvProtectionController } from '../controllers/pvprotection/index.ts'
import { pvcProtectionController } from '../controllers/pvcprotection/index.ts'
import { volumeExpandController } from '../controllers/volumeexpand/index.ts'
import { POD_GC_FLAGS, podGcControllerOf } from '../controllers/podgc/index.ts'
import type { PodGcFlags } from '../controllers/podgc/index.ts'
import { replicaSetController } from '../controllers/replicaset/index.ts'
import { resourceQuotaController } from '../controllers/resourcequota/index.ts'
import { REPLICATION_CONTROLLER } from '../controllers/replicationcontroller/index.ts'
import { rootCaCertPublisher } from '../controllers/rootcacertpublisher/index.ts'
import { serviceAccountController } from '../controllers/serviceaccount/index.ts'
import { statefulSetController } from '../controllers/statefulset/index.ts'
import { legacyTokenCleaner } from '../controllers/legacytokencleaner/index.ts'
import { serviceAccountTokenController } from '../controllers/serviceaccounttoken/index.ts'
import { tokenCleaner } from '../controllers/tokencleaner/index.ts'
import { taintEvictionController } from '../controllers/tainteviction/index.ts'
import { ttlController } from '../controllers/ttl/index.ts'
import { ttlAfterFinishedController } from '../controllers/ttlafterfinished/index.ts'
import { KindRegistry, apiVersionOf } from '../objects/kinds.ts'
import type { ManagerFiles } from './identity.ts'
import type { ClusterPlan } from './plan.ts'

/** Flags of single controllers; they may change in place between two starts of the process. */
export interface ControllerFlags extends PodGcFlags, NodeIpamFlags {
  horizontalPodAutoscaler: HpaFlags
}

/** What a manager without a command line of its own has. */
export const controllerFlags = ({ podPrefix }: Pick<ClusterPlan, 'podPrefix'>): ControllerFlags => ({
  ...POD_GC_FLAGS,
  clusterCidr: `${podPrefix}.0.0/16`,
  nodeCidrMaskSize: 24,
  horizontalPodAutoscaler: { ...HPA_FLAGS },
})

/** `flags` and `own` may change between two starts of the process. */
export function controllersOf(
  plan: ClusterPlan,
  flags: NodeLifecycleFlags,
  files: ManagerFiles,
  own: ControllerFlags = controllerFlags(plan),
): Controller[] {
  const { minor } = plan
  const kinds = collectedKinds(minor)
  return [
    deploymentController({ minor }),
    replicaSetController({ reportsTerminating: minor >= 35, minor }),
    daemonSetController({ release: `1.${minor}` }),
    statefulSetController({ minor }),
    jobController({ minor }),
    cronJobController({ minor }),
    ttlAfterFinishedController,
    ttlController,
    replicaSetController({ reportsTerminating: false, minor }, REPLICATION_CONTROLLER),
    endpointsController({ minor }),
    // EndpointSlices came with 1.16.
    ...(minor >= 16 ? [endpointSliceController({ minor })] : []),
    // Their mirrors came with 1.19.
    ...(minor >= 19 ? [endpointSliceMirroringController] : []),
    nodeIpamController(own),
    nodeLifecycleController({ minor, flags }),
    taintEvictionController,
    garbageCollector(kinds),
    namespaceController(kinds.filter(({ namespaced }) => namespaced).map(({ resource }) => resource)),
    podGcControllerOf(own),
    horizontalPodAutoscalerController({ minor, flags: own.horizontalPodAutoscaler }),
    resourceQuotaController(kinds.filter(({ namespaced }) => namespaced).map(({ resource }) => resource)),
    // Aggregated roles came with 1.9, server-side apply with 1.22.
    ...(minor >= 22 ? [clusterRoleAggregation] : []),
    // Policies in CEL came to v1 with 1.30.
    ...(minor >= 30 ? [validatingAdmissionPolicyStatus(`1.${minor}`)] : []),
    persistentVolumeBinder({ minor }),
    pvcProtectionController,
    pvProtectionController,
    ephemeralVolumeController,
    // CSIDrivers came to v1 with 1.18.
    ...(minor >= 18 ? [attachDetachController] : []),
    volumeExpandController,
    disruptionController,
    serviceAccountController,
    rootCaCertPublisher(files.rootCa),
    serviceAccountTokenController({ rootCa: files.rootCa, key: files.serviceAccountKey }),
    // certificates.k8s.io/v1 came with 1.19.
    ...(minor >= 19 ? [csrSigningController(files.signing), csrApprovingController, csrCleaner] : []),
    bootstrapSigner,
    tokenCleaner,
    ...(minor >= 28 ? [legacyTokenCleaner] : []),
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
