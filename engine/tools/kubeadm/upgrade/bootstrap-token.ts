/** [upgrade/bootstrap-token]: the rights of those who join, as this release gives them. Models cmd/kubeadm/app/cmd/phases/upgrade/apply/bootstraptoken.go. */
import { applyAll } from '../apply.ts'
import { clusterInfoRules, tokenRules, tokenRulesOf } from '../artifacts/objects/bootstrap.ts'
import { showObjects } from '../dry-run.ts'
import { RULE_LINES } from '../init/bootstrap-token.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'
import { hasPhases } from './preflight.ts'

export const bootstrapTokenPhase: Phase<UpgradeData> = {
  name: 'bootstrap-token',
  short: 'Configures bootstrap token and cluster-info RBAC rules',
  *run(p, { client, features, dryRun }) {
    if (dryRun) {
      yield* say(p, '[dryrun] Would config cluster-info ConfigMap, RBAC Roles')
      return yield* showObjects(p, clusterInfoRules())
    }
    if (hasPhases(features.minor))
      yield* say(p, '[upgrade/bootstrap-token] Configuring bootstrap token and cluster-info RBAC rules')
    for (const rule of tokenRulesOf(features.minor)) {
      yield* say(p, `[bootstrap-token] ${RULE_LINES[rule]}`)
      yield* applyAll(p, client, tokenRules[rule]())
    }
    yield* applyAll(p, client, clusterInfoRules())
  },
}
