import {
  validateMutatingPolicy,
  validateMutatingPolicyUpdate,
  validatePolicyBinding,
  validateValidatingPolicy,
  validateValidatingPolicyUpdate,
  validateWebhookConfiguration,
  validateWebhookConfigurationUpdate,
} from './admission-registration.ts'
import { validateFlowSchema, validatePriorityLevel } from './flow-control.ts'
import type { PlainObject } from '../decode.ts'
import type { KindEntry } from '../kinds.ts'
import { validateBinding, validateBindingUpdate, validateRole } from './access.ts'
import { validateAutoscaler } from './autoscaling.ts'
import { validateCronJob, validateCronJobUpdate, validateJob, validateJobUpdate } from './batch.ts'
import { validateCertificateSigningRequest, validateCertificateSigningView } from './certificates.ts'
import {
  validateApiService,
  validateControllerRevision,
  validateControllerRevisionUpdate,
  validateEvent,
  validateLease,
  validateNamespace,
  validateNode,
  validateNodeUpdate,
  validatePodDisruptionBudget,
  validatePriorityClass,
  validatePriorityClassUpdate,
  validateRuntimeClass,
  validateRuntimeClassUpdate,
} from './cluster.ts'
import { validateConfigMap, validateConfigMapUpdate, validateSecret, validateSecretUpdate } from './config.ts'
import { validateDefinition, validateDefinitionUpdate } from './custom-resource-definitions.ts'
import {
  addressName,
  validateEndpoints,
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateIPAddress,
  validateIPAddressUpdate,
} from './endpoints.ts'
import { invalidAll } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { inReleaseSyntax } from './go-values.ts'
import { validateMeta, validateMetaUpdate } from './metadata.ts'
import {
  ingressStatusErrors,
  validateIngress,
  validateIngressClass,
  validateIngressClassUpdate,
  validateIngressUpdate,
  validateNetworkPolicy,
  validateNetworkPolicyUpdate,
  validateServiceCidr,
  validateServiceCidrUpdate,
} from './networking.ts'
import { podViewErrors } from './ephemeral-containers.ts'
import { validatePod, validatePodUpdate } from './pods.ts'
import { validateLimitRange, validateResourceQuota, validateResourceQuotaUpdate } from './quotas.ts'
import { serviceStatusErrors, validateService, validateServiceUpdate } from './services.ts'
import {
  validateAttachment,
  validateAttachmentUpdate,
  validateAttributesClass,
  validateAttributesClassUpdate,
  validateCsiDriver,
  validateCsiDriverUpdate,
  validateCsiNode,
  validateCsiNodeUpdate,
  validateStorageCapacity,
  validateStorageCapacityUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
} from './storage-classes.ts'
import { validateClaim, validateClaimUpdate, validateVolume, validateVolumeUpdate } from './storage.ts'
import {
  selectorUnchanged,
  validateDaemonSet,
  validateDeployment,
  validatePodTemplate,
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
  /** A write to a subresource. */
  view?: (object: PlainObject, old: PlainObject, subresource: string) => FieldError[]
  /** The update's own errors stand before those of the new object. */
  updateFirst?: boolean
  /** The update's errors are all: they hold those of the new object. */
  updateOnly?: boolean
}

/** An IPAddress is held to its name's rule here: no other kind has it. */
const ipAddress = (object: PlainObject): FieldError[] => {
  const name = String((object.metadata as PlainObject | undefined)?.name ?? '')
  return [...(name === '' ? [] : invalidAll('metadata.name', name, addressName(name))), ...validateIPAddress(object)]
}

/** By group and kind; kinds that are not here have their metadata checked only. */
const validations: Record<string, KindValidation> = {
  '/Pod': { create: validatePod, update: validatePodUpdate, view: podViewErrors },
  '/Service': {
    create: validateService,
    update: validateServiceUpdate,
    updateOnly: true,
    view: serviceStatusErrors,
  },
  '/Namespace': { create: validateNamespace },
  '/PodTemplate': { create: validatePodTemplate },
  '/Endpoints': { create: validateEndpoints },
  '/ConfigMap': { create: validateConfigMap, update: validateConfigMapUpdate, updateFirst: true },
  '/Secret': { create: validateSecret, update: validateSecretUpdate, updateFirst: true },
  '/Node': { create: validateNode, update: validateNodeUpdate, updateOnly: true },
  '/Event': { create: validateEvent },
  '/ReplicationController': { create: validateReplicationController },
  '/LimitRange': { create: validateLimitRange },
  '/ResourceQuota': { create: validateResourceQuota, update: validateResourceQuotaUpdate },
  '/PersistentVolume': { create: validateVolume, update: validateVolumeUpdate },
  '/PersistentVolumeClaim': { create: validateClaim, update: validateClaimUpdate },
  'apps/Deployment': { create: validateDeployment, update: selectorUnchanged },
  'apps/ReplicaSet': { create: validateReplicaSet, update: selectorUnchanged },
  'apps/DaemonSet': { create: validateDaemonSet, update: selectorUnchanged },
  'apps/StatefulSet': { create: validateStatefulSet, update: validateStatefulSetUpdate },
  'apps/ControllerRevision': { create: validateControllerRevision, update: validateControllerRevisionUpdate },
  'batch/Job': { create: validateJob, update: validateJobUpdate },
  'batch/CronJob': { create: validateCronJob, update: validateCronJobUpdate, updateOnly: true },
  'autoscaling/HorizontalPodAutoscaler': { create: validateAutoscaler },
  'policy/PodDisruptionBudget': { create: validatePodDisruptionBudget },
  'scheduling.k8s.io/PriorityClass': {
    create: validatePriorityClass,
    update: validatePriorityClassUpdate,
    updateOnly: true,
  },
  'coordination.k8s.io/Lease': { create: validateLease },
  'discovery.k8s.io/EndpointSlice': { create: validateEndpointSlice, update: validateEndpointSliceUpdate },
  'certificates.k8s.io/CertificateSigningRequest': {
    create: validateCertificateSigningRequest,
    view: validateCertificateSigningView,
  },
  'networking.k8s.io/Ingress': {
    create: validateIngress,
    update: validateIngressUpdate,
    updateOnly: true,
    view: ingressStatusErrors,
  },
  'networking.k8s.io/IngressClass': {
    create: validateIngressClass,
    update: validateIngressClassUpdate,
    updateFirst: true,
  },
  'networking.k8s.io/NetworkPolicy': {
    create: validateNetworkPolicy,
    update: validateNetworkPolicyUpdate,
    updateOnly: true,
  },
  'networking.k8s.io/IPAddress': { create: ipAddress, update: validateIPAddressUpdate },
  'networking.k8s.io/ServiceCIDR': { create: validateServiceCidr, update: validateServiceCidrUpdate },
  'node.k8s.io/RuntimeClass': {
    create: validateRuntimeClass,
    update: validateRuntimeClassUpdate,
    updateOnly: true,
  },
  'apiregistration.k8s.io/APIService': { create: validateApiService },
  'rbac.authorization.k8s.io/Role': { create: validateRole(true) },
  'rbac.authorization.k8s.io/ClusterRole': { create: validateRole(false) },
  'rbac.authorization.k8s.io/RoleBinding': { create: validateBinding(true), update: validateBindingUpdate },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { create: validateBinding(false), update: validateBindingUpdate },
  'apiextensions.k8s.io/CustomResourceDefinition': {
    create: validateDefinition,
    update: validateDefinitionUpdate,
    updateOnly: true,
  },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': {
    create: validateWebhookConfiguration(false),
    update: validateWebhookConfigurationUpdate(false),
    updateOnly: true,
  },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': {
    create: validateWebhookConfiguration(true),
    update: validateWebhookConfigurationUpdate(true),
    updateOnly: true,
  },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': {
    create: validateValidatingPolicy,
    update: validateValidatingPolicyUpdate,
    updateOnly: true,
  },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': { create: validatePolicyBinding(false) },
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': {
    create: validateMutatingPolicy,
    update: validateMutatingPolicyUpdate,
    updateOnly: true,
  },
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': { create: validatePolicyBinding(true) },
  'flowcontrol.apiserver.k8s.io/FlowSchema': { create: validateFlowSchema },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': { create: validatePriorityLevel },
  'storage.k8s.io/StorageClass': { create: validateStorageClass, update: validateStorageClassUpdate },
  'storage.k8s.io/VolumeAttributesClass': {
    create: validateAttributesClass,
    update: validateAttributesClassUpdate,
    updateFirst: true,
  },
  'storage.k8s.io/CSIDriver': { create: validateCsiDriver, update: validateCsiDriverUpdate },
  'storage.k8s.io/CSINode': { create: validateCsiNode, update: validateCsiNodeUpdate },
  'storage.k8s.io/CSIStorageCapacity': { create: validateStorageCapacity, update: validateStorageCapacityUpdate },
  'storage.k8s.io/VolumeAttachment': { create: validateAttachment, update: validateAttachmentUpdate },
}

const validationOf = (entry: KindEntry): KindValidation => validations[`${entry.group}/${entry.kind}`] ?? {}

/** What is wrong with a new object (decoded, with defaults), in upstream's order; empty when nothing is. */
export function validateCreate(entry: KindEntry, object: object, ctx: ValidationContext = {}): FieldError[] {
  const plain = object as PlainObject
  const own = entry.custom?.validate(plain) ?? validationOf(entry).create?.(plain, ctx) ?? []
  return inReleaseSyntax([...validateMeta(entry, plain, ctx), ...own], ctx)
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
  if (entry.custom !== undefined) return updateOfCustom(entry, plain, before, meta, ctx)
  if (ctx.subresource !== undefined && ctx.subresource !== '')
    return [...meta, ...(validationOf(entry).view?.(plain, before, ctx.subresource) ?? [])]
  const { create, update, updateFirst, updateOnly } = validationOf(entry)
  const updated = update?.(plain, before, ctx) ?? []
  const rest = updateOnly ? [] : (create?.(plain, { ...ctx, isUpdate: true }) ?? [])
  const whole = [...withoutSame(validateMeta(entry, plain, ctx), meta), ...rest]
  return inReleaseSyntax(updateFirst ? [...meta, ...updated, ...whole] : [...meta, ...whole, ...updated], ctx)
}

/** A custom resource is held to its whole schema, also when only its status is written. */
function updateOfCustom(
  entry: KindEntry,
  plain: PlainObject,
  before: PlainObject,
  meta: FieldError[],
  ctx: ValidationContext,
): FieldError[] {
  const own = entry.custom?.validate(plain, before, ctx.subresource) ?? []
  return inReleaseSyntax([...meta, ...withoutSame(validateMeta(entry, plain), meta), ...own], ctx)
}

/** Of a field that both checks found wrong, the update's word stands. */
function withoutSame(errors: FieldError[], known: FieldError[]): FieldError[] {
  return errors.filter((error) => !known.some((other) => other.field === error.field))
}
