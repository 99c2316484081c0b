/** podFailurePolicy and successPolicy: Models pkg/controller/job/{pod_failure_policy,success_policy}.go (R2.5). */
import type { Job, Pod, PodFailurePolicyRule, SuccessPolicyRule } from '../../objects/types.gen.ts'
import { countIndexes, overlapOf, parseIndexes } from './indexes.ts'
import type { Indexes } from './indexes.ts'

export interface Verdict {
  action?: string
  /** Whether the failure counts towards the back-off limits. */
  counts: boolean
  /** Why the Job fails, for FailJob. */
  message?: string
}

/** The first rule that a failed pod matches. */
export function judgeFailure(job: Job, pod: Pod): Verdict {
  for (const [at, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const cause = causeOf(rule, pod)
    if (cause === undefined) continue
    const message = `${cause} matching ${rule.action} rule at index ${at}`
    return { action: rule.action, counts: rule.action !== 'Ignore', ...(rule.action === 'FailJob' && { message }) }
  }
  return { counts: true }
}

function causeOf(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  return rule.onExitCodes !== undefined ? exitCause(rule.onExitCodes, pod) : conditionCause(rule, pod)
}

type OnExitCodes = NonNullable<PodFailurePolicyRule['onExitCodes']>

function exitCause({ containerName, operator, values }: OnExitCodes, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  for (const status of statuses) {
    const code = status.state?.terminated?.exitCode ?? 0
    if (code === 0 || (containerName !== undefined && containerName !== status.name)) continue
    if (values.includes(code) === (operator === 'In'))
      return `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${code}`
  }
  return undefined
}

function conditionCause({ onPodConditions = [] }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const found = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  )
  return found && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${found.type}`
}

/** The message of the rule that the succeeded indexes fulfil; undefined when there is none. */
export function judgeSuccess(job: Job, succeeded: Indexes): string | undefined {
  if (succeeded.length === 0) return undefined
  const rules = job.spec?.successPolicy?.rules ?? []
  const at = rules.findIndex((rule) => isFulfilled(rule, succeeded, job.spec?.completions ?? 0))
  return at < 0 ? undefined : `Matched rules at index ${at}`
}

function isFulfilled(rule: SuccessPolicyRule, succeeded: Indexes, completions: number): boolean {
  const { succeededIndexes, succeededCount } = rule
  if (succeededIndexes === undefined) return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount
  const wanted = parseIndexes(succeededIndexes, completions)
  if (wanted.length === 0) return false
  const reached = overlapOf(wanted, succeeded)
  return reached === countIndexes(wanted) || (succeededCount !== undefined && reached >= succeededCount)
}
