/** All describers, by kind. */
import type { ApiObject } from '../client.ts'
import { certificateDescriber } from './certificates.ts'
import {
  configMapDescriber,
  ingressClassDescriber,
  limitRangeDescriber,
  namespaceDescriber,
  pdbDescriber,
  priorityClassDescriber,
  quotaDescriber,
  roleBindingDescriber,
  roleDescriber,
  secretDescriber,
  serviceAccountDescriber,
} from './configs.ts'
import type { Describer } from './describer.ts'
import { genericDescriber } from './generic.ts'
import { hpaDescriber } from './hpa.ts'
import { nodeDescriber } from './node.ts'
import { podDescriber } from './pod.ts'
import {
  endpointsDescriber,
  endpointSliceDescriber,
  ingressDescriber,
  networkPolicyDescriber,
  serviceDescriber,
} from './services.ts'
import {
  attributesClassDescriber,
  csiNodeDescriber,
  pvcDescriber,
  pvDescriber,
  storageClassDescriber,
} from './storage.ts'
import {
  cronJobDescriber,
  daemonSetDescriber,
  deploymentDescriber,
  jobDescriber,
  replicaSetDescriber,
  statefulSetDescriber,
} from './workloads.ts'

const DESCRIBERS: readonly Describer[] = [
  podDescriber,
  nodeDescriber,
  deploymentDescriber,
  replicaSetDescriber,
  statefulSetDescriber,
  daemonSetDescriber,
  jobDescriber,
  cronJobDescriber,
  serviceDescriber,
  endpointsDescriber,
  endpointSliceDescriber,
  ingressDescriber,
  networkPolicyDescriber,
  configMapDescriber,
  secretDescriber,
  serviceAccountDescriber,
  namespaceDescriber,
  limitRangeDescriber,
  quotaDescriber,
  pdbDescriber,
  priorityClassDescriber,
  roleDescriber,
  roleBindingDescriber,
  pvcDescriber,
  pvDescriber,
  storageClassDescriber,
  attributesClassDescriber,
  csiNodeDescriber,
  ingressClassDescriber,
  hpaDescriber,
  certificateDescriber,
]

const byKind = new Map(DESCRIBERS.flatMap((describer) => describer.kinds.map((kind) => [kind, describer] as const)))

/** The describer of an object's kind; the generic one for kinds without their own. */
export function describerOf(object: ApiObject): Describer {
  const version = object.apiVersion ?? ''
  const group = version.includes('/') ? `.${version.split('/')[0]}` : ''
  return byKind.get(`${object.kind}${group}`) ?? genericDescriber
}
