import type { ClusterHands, CommandResult } from '../../view.ts'
import { StepError } from './fault.ts'

/** Runs a script on a host as root; a failure is a StepError with the last line that the script printed. */
export async function runOrFail(
  hands: ClusterHands,
  host: string,
  script: string,
  step: string,
  timeoutMs = 120_000,
): Promise<CommandResult> {
  const result = await hands.run({ host, user: 'root' }, script, timeoutMs)
  if (result.code === 0) return result
  const line = (result.stderr || result.stdout).trim().split('\n').at(-1) ?? ''
  throw new StepError(`${step} on ${host}: exit ${result.code}: ${line}`)
}
