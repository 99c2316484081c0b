/** Versions whose shape is not that of the stored one. A version without a line here only has another name. */
import { certificateSigningRequest } from './certificate-signing-request.ts'
import type { Conversion, Plain } from './conversion.ts'
import { customResourceDefinition } from './custom-resource-definition.ts'
import { endpointSlice } from './endpoint-slice.ts'
import { event } from './events.ts'
import { autoscalerV1, autoscalerV2beta1 } from './horizontal-pod-autoscaler.ts'
import { ingress } from './ingress.ts'
import { priorityLevelConfiguration } from './priority-level-configuration.ts'
import { mutatingWebhooks, validatingWebhooks } from './webhooks.ts'

export type { Conversion, Plain } from './conversion.ts'

const CONVERSIONS: Record<string, Conversion> = {
  'admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration': mutatingWebhooks,
  'admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration': validatingWebhooks,
  'apiextensions.k8s.io/v1beta1 CustomResourceDefinition': customResourceDefinition,
  'autoscaling/v1 HorizontalPodAutoscaler': autoscalerV1,
  'autoscaling/v2beta1 HorizontalPodAutoscaler': autoscalerV2beta1,
  'certificates.k8s.io/v1beta1 CertificateSigningRequest': certificateSigningRequest,
  'discovery.k8s.io/v1beta1 EndpointSlice': endpointSlice,
  'events.k8s.io/v1 Event': event,
  'events.k8s.io/v1beta1 Event': event,
  'extensions/v1beta1 Ingress': ingress,
  'flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration': priorityLevelConfiguration,
  'flowcontrol.apiserver.k8s.io/v1beta2 PriorityLevelConfiguration': priorityLevelConfiguration,
  'networking.k8s.io/v1beta1 Ingress': ingress,
}

/** An object of one version of a kind as another version has it; by way of the stored one. */
export function converted(object: Plain, kind: string, from: string, to: string): Plain {
  const hub = CONVERSIONS[`${from} ${kind}`]?.toHub(object) ?? object
  return CONVERSIONS[`${to} ${kind}`]?.fromHub(hub) ?? hub
}
