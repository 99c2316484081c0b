/**
 * What the registry does to objects of a kind before they are validated and stored. Models
 * pkg/registry/<group>/<kind>/strategy.go; kinds that are not here follow the general rules.
 */
import { definitionStrategy } from '../custom/strategy.ts'
import { apiServiceStrategy } from '../aggregation/strategy.ts'
import { podStrategy } from './pods.ts'
import { certificateStrategy } from './certificates.ts'
import { namespaceStrategy } from './namespaces.ts'
import { serviceStrategy } from './services.ts'
import { daemonSetStrategy, nodeStrategy, jobStrategy, statefulSetStrategy, secretStrategy } from './small.ts'
import { claimStrategy, volumeStrategy } from './storage.ts'
import type { Strategy } from './strategy.ts'

export const STRATEGIES: Record<string, Strategy> = {
  pods: podStrategy,
  namespaces: namespaceStrategy,
  services: serviceStrategy,
  nodes: nodeStrategy,
  secrets: secretStrategy,
  'certificatesigningrequests.certificates.k8s.io': certificateStrategy,
  'daemonsets.apps': daemonSetStrategy,
  'statefulsets.apps': statefulSetStrategy,
  'jobs.batch': jobStrategy,
  persistentvolumes: volumeStrategy,
  persistentvolumeclaims: claimStrategy,
  'customresourcedefinitions.apiextensions.k8s.io': definitionStrategy,
  'apiservices.apiregistration.k8s.io': apiServiceStrategy,
}

/** Kinds whose `metadata.generation` counts changes of the spec. Custom resources do so too. */
export const COUNTS_GENERATIONS = new Set([
  'deployments.apps',
  'replicasets.apps',
  'daemonsets.apps',
  'statefulsets.apps',
  'replicationcontrollers',
  'jobs.batch',
  'cronjobs.batch',
  'ingresses.networking.k8s.io',
  'ingressclasses.networking.k8s.io',
  'networkpolicies.networking.k8s.io',
  'poddisruptionbudgets.policy',
  'endpointslices.discovery.k8s.io',
  'priorityclasses.scheduling.k8s.io',
  'podtemplates',
  'customresourcedefinitions.apiextensions.k8s.io',
  'flowschemas.flowcontrol.apiserver.k8s.io',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
])

/** Kinds that must be updated with a resourceVersion. Custom resources too. */
export const NEEDS_VERSION = new Set([
  'leases.coordination.k8s.io',
  'poddisruptionbudgets.policy',
  'namespaces',
  'serviceaccounts',
  'csinodes.storage.k8s.io',
  'runtimeclasses.node.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'apiservices.apiregistration.k8s.io',
])

/** Kinds that PUT creates when they are not there. */
export const CREATED_BY_PUT = new Set([
  'endpoints',
  'services',
  'events',
  'events.events.k8s.io',
  'limitranges',
  'leases.coordination.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
])

/** Kinds whose deletion answers with the object rather than a Status. */
export const RETURNS_DELETED = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
  'resourcequotas',
])
