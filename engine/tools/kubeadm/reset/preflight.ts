/** [preflight] of `reset`: the question, and who asks. Models cmd/kubeadm/app/cmd/phases/reset/preflight.go (P3). */
import { checkRoot } from '../preflight/index.ts'
import { confirm } from '../prompt.ts'
import { say, warn } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { ResetData } from './data.ts'

export const preflightPhase: Phase<ResetData> = {
  name: 'preflight',
  short: 'Run reset pre-flight checks',
  *run(p, data) {
    if (!data.force && !data.dryRun) {
      yield* warn(p, 'preflight.go:55', "[reset] WARNING: Changes made to this host by 'kubeadm init' or 'kubeadm join' will be reverted.") // prettier-ignore
      yield* confirm(p, 'reset')
    }
    yield* say(p, '[preflight] Running pre-flight checks')
    yield* checkRoot(p, data)
  },
}
