/** --leader-elect-*: read alike by the manager and the scheduler. Models component-base/config. */
import type { LeaseFlags } from '../../api/leader-election.ts'
import { makeGoDuration } from '../../objects/duration.ts'
import type { Flags } from './pflag.ts'

export interface LeaderElectionSettings {
  leaderElect: boolean
  leaseDurationMs: number
  renewDeadlineMs: number
  retryPeriodMs: number
  resourceLock: string
  resourceName: string
  resourceNamespace: string
}

export function leaderElectionOf(flags: Flags): LeaderElectionSettings {
  return {
    leaderElect: flags.bool('leader-elect'),
    leaseDurationMs: flags.number('leader-elect-lease-duration'),
    renewDeadlineMs: flags.number('leader-elect-renew-deadline'),
    retryPeriodMs: flags.number('leader-elect-retry-period'),
    resourceLock: flags.text('leader-elect-resource-lock'),
    resourceName: flags.text('leader-elect-resource-name'),
    resourceNamespace: flags.text('leader-elect-resource-namespace'),
  }
}

/** The durations, for engine/api/leader-election.ts. */
export const leaseFlagsOf = ({
  leaseDurationMs,
  renewDeadlineMs,
  retryPeriodMs,
}: LeaderElectionSettings): LeaseFlags => ({
  leaseDurationMs,
  renewDeadlineMs,
  retryPeriodMs,
})

/** Why client-go's NewLeaderElector refuses: the process panics with it. */
export function electorProblem(settings: LeaderElectionSettings): string | undefined {
  const { leaderElect, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = settings
  if (!leaderElect) return undefined
  if (leaseDurationMs <= renewDeadlineMs) return 'leaseDuration must be greater than renewDeadline'
  if (renewDeadlineMs <= retryPeriodMs * 1.2) return 'renewDeadline must be greater than retryPeriod*JitterFactor'
  if (leaseDurationMs < 1) return 'leaseDuration must be greater than zero'
  return retryPeriodMs < 1 ? 'retryPeriod must be greater than zero' : undefined
}

/** Models component-base/config/validation, which the scheduler asks. */
export function leaderElectionProblems(settings: LeaderElectionSettings, minor: number): string[] {
  if (!settings.leaderElect) return []
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, resourceLock } = settings
  const at = (field: string, ms: number, why: string): string =>
    `leaderElection.${field}: Invalid value: ${JSON.stringify(makeGoDuration(ms))}: ${why}`
  return [
    ...(leaseDurationMs <= 0 ? [at('leaseDuration', leaseDurationMs, 'must be greater than zero')] : []),
    ...(renewDeadlineMs <= 0 ? [at('renewDeadline', renewDeadlineMs, 'must be greater than zero')] : []),
    ...(retryPeriodMs <= 0 ? [at('retryPeriod', retryPeriodMs, 'must be greater than zero')] : []),
    ...(leaseDurationMs < renewDeadlineMs
      ? [at('leaseDuration', renewDeadlineMs, 'LeaseDuration must be greater than RenewDeadline')]
      : []),
    ...(renewDeadlineMs < retryPeriodMs
      ? [at('renewDeadline', retryPeriodMs, 'RenewDeadline must be greater than RetryPeriod')]
      : []),
    ...(resourceLock === '' ? ['leaderElection.resourceLock: Required value: resourceLock is required'] : []),
    ...(minor >= 25 && resourceLock !== '' && resourceLock !== 'leases'
      ? [
          `leaderElection.resourceLock: Invalid value: ${JSON.stringify(resourceLock)}: resourceLock value must be "leases"`,
        ]
      : []),
  ]
}
