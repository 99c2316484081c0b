import type { PlainObject } from '../decode.ts'
import type { KindEntry } from '../kinds.ts'
import { validateBinding, validateBindingUpdate, validateRole } from './access.ts'
import { validateAutoscaler, validateCronJob, validateJob, validateJobUpdate } from './batch.ts'
import { validateCertificateSigningRequest } from './certificates.ts'
import {
  validateControllerRevision,
  validateControllerRevisionUpdate,
  validateEvent,
  validateLease,
  validateNode,
  validateNodeUpdate,
  validatePodDisruptionBudget,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from './cluster.ts'
import { validateConfigMap, validateConfigMapUpdate, validateSecret, validateSecretUpdate } from './config.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { inReleaseSyntax } from './go-values.ts'
import { validateMeta, validateMetaUpdate } from './metadata.ts'
import { validatePod, validatePodUpdate } from './pods.ts'
import { validateResourceQuota } from './quotas.ts'
import {
  validateEndpoints,
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateIngress,
  validateService,
  validateServiceUpdate,
} from './services.ts'
import {
  validateClaim,
  validateClaimUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
  validateVolume,
  validateVolumeUpdate,
} from './storage.ts'
import {
  selectorUnchanged,
  validateDaemonSet,
  validateDeployment,
  validateReplicaSet,
  validateReplicationController,
  validateStatefulSet,
  validateStatefulSetUpdate,
} from './workloads.ts'

export { causeReasons, makeFieldError, makeFieldErrorBody } from './errors.ts'
export type { FieldError, ValidationContext } from './errors.ts'

interface KindValidation {
  create?: (object: PlainObject, ctx: ValidationContext) => FieldError[]
  update?: (object: PlainObject, old: PlainObject, ctx: ValidationContext) => FieldError[]
  /** The update's own errors stand before those of the new object. */
  updateFirst?: boolean
}

/** By group and kind; kinds that are not here have their metadata checked only. */
const validations: Record<string, KindValidation> = {
  '/Pod': { create: validatePod, update: validatePodUpdate },
  '/Service': { create: validateService, update: validateServiceUpdate, updateFirst: true },
  '/Endpoints': { create: validateEndpoints },
  '/ConfigMap': { create: validateConfigMap, update: validateConfigMapUpdate, updateFirst: true },
  '/Secret': { create: validateSecret, update: validateSecretUpdate, updateFirst: true },
  '/Node': { create: validateNode, update: validateNodeUpdate },
  '/Event': { create: validateEvent },
  '/ReplicationController': { create: validateReplicationController },
  '/ResourceQuota': { create: validateResourceQuota },
  '/PersistentVolume': { create: validateVolume, update: validateVolumeUpdate },
  '/PersistentVolumeClaim': { create: validateClaim, update: validateClaimUpdate },
  'apps/Deployment': { create: validateDeployment, update: selectorUnchanged },
  'apps/ReplicaSet': { create: validateReplicaSet, update: selectorUnchanged },
  'apps/DaemonSet': { create: validateDaemonSet, update: selectorUnchanged },
  'apps/StatefulSet': { create: validateStatefulSet, update: validateStatefulSetUpdate },
  'apps/ControllerRevision': { create: validateControllerRevision, update: validateControllerRevisionUpdate },
  'batch/Job': { create: validateJob, update: validateJobUpdate },
  'batch/CronJob': { create: validateCronJob },
  'autoscaling/HorizontalPodAutoscaler': { create: validateAutoscaler },
  'policy/PodDisruptionBudget': { create: validatePodDisruptionBudget },
  'scheduling.k8s.io/PriorityClass': { create: validatePriorityClass, update: validatePriorityClassUpdate },
  'coordination.k8s.io/Lease': { create: validateLease },
  'discovery.k8s.io/EndpointSlice': { create: validateEndpointSlice, update: validateEndpointSliceUpdate },
  'certificates.k8s.io/CertificateSigningRequest': { create: validateCertificateSigningRequest },
  'networking.k8s.io/Ingress': { create: validateIngress },
  'rbac.authorization.k8s.io/Role': { create: validateRole(true) },
  'rbac.authorization.k8s.io/ClusterRole': { create: validateRole(false) },
  'rbac.authorization.k8s.io/RoleBinding': { create: validateBinding(true), update: validateBindingUpdate },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { create: validateBinding(false), update: validateBindingUpdate },
  'storage.k8s.io/StorageClass': { create: validateStorageClass, update: validateStorageClassUpdate },
}

const validationOf = (entry: KindEntry): KindValidation => validations[`${entry.group}/${entry.kind}`] ?? {}

/** What is wrong with a new object (decoded, with defaults), in upstream's order; empty when nothing is. */
export function validateCreate(entry: KindEntry, object: object, ctx: ValidationContext = {}): FieldError[] {
  const plain = object as PlainObject
  return inReleaseSyntax([...validateMeta(entry, plain), ...(validationOf(entry).create?.(plain, ctx) ?? [])], ctx)
}

/**
 * What is wrong with an object that is to take the place of `old`; empty when nothing is. A write to a
 * subresource (`ctx.subresource`) is held to the rules of the metadata only.
 */
export function validateUpdate(
  entry: KindEntry,
  object: object,
  old: object,
  ctx: ValidationContext = {},
): FieldError[] {
  const [plain, before] = [object as PlainObject, old as PlainObject]
  const meta = validateMetaUpdate(plain, before)
  if (ctx.subresource !== undefined && ctx.subresource !== '') return meta
  const { create, update, updateFirst } = validationOf(entry)
  const updated = update?.(plain, before, ctx) ?? []
  const whole = [...withoutSame(validateMeta(entry, plain), meta), ...(create?.(plain, ctx) ?? [])]
  return inReleaseSyntax(updateFirst ? [...meta, ...updated, ...whole] : [...meta, ...whole, ...updated], ctx)
}

/** Of a field that both checks found wrong, the update's word stands. */
function withoutSame(errors: FieldError[], known: FieldError[]): FieldError[] {
  return errors.filter((error) => !known.some((other) => other.field === error.field))
}
