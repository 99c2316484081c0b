/** Whether a definition in a group of Kubernetes' own is approved. Models apiextensions-apiserver pkg/controller/apiapproval. */
import type { CustomResourceDefinition } from '../../objects/types.gen.ts'
import {
  approvalOf,
  isProtectedGroup,
  MISSING_APPROVAL,
  WRONG_APPROVAL,
} from '../../objects/validation/custom-resource-definitions.ts'
import type { Condition } from './names.ts'

const TYPE = 'KubernetesAPIApprovalPolicyConformant'

const condition = (status: string, reason: string, message: string): Condition => ({
  type: TYPE,
  status,
  reason,
  message,
})

/** The condition of a definition in a protected group; undefined for all others. */
export function approvalCondition({ spec, metadata }: CustomResourceDefinition): Condition | undefined {
  if (!isProtectedGroup(spec.group)) return undefined
  const { state, value } = approvalOf(metadata.annotations)
  if (state === 'approved') return condition('True', 'ApprovedAnnotation', `approved in ${value}`)
  if (state === 'unapproved')
    return condition('False', 'UnapprovedAnnotation', `not approved: ${JSON.stringify(value)}`)
  return state === 'missing'
    ? condition('False', 'MissingAnnotation', MISSING_APPROVAL)
    : condition('False', 'InvalidAnnotation', WRONG_APPROVAL)
}
