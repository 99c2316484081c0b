/** [preflight] of `init` (P5). Models cmd/kubeadm/app/cmd/phases/init/preflight.go. */
import { checkInit, checkRoot, pullImages } from '../preflight/index.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

export const preflightPhase: Phase<InitData> = {
  name: 'preflight',
  short: 'Run pre-flight checks',
  *run(p, data) {
    const { cluster, init } = data
    yield* say(p, '[preflight] Running pre-flight checks')
    yield* checkRoot(p, data)
    yield* checkInit(p, data)
    if (data.dryRun) yield* say(p, "[preflight] Would pull the required images (like 'kubeadm config images pull')")
    else yield* pullImages(p, { ...data, cluster, node: init.nodeRegistration })
  },
}
