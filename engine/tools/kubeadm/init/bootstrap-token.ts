/** [bootstrap-token] of `init`. Models cmd/kubeadm/app/cmd/phases/init/bootstraptoken.go (P1, P8). */
import type { Proc, Run } from '../../../host/process.ts'
import { applyAll, createOnce } from '../apply.ts'
import { serverUrl } from '../artifacts/addresses.ts'
import { clusterInfo, clusterInfoRules, tokenRules, tokenRulesOf } from '../artifacts/objects/bootstrap.ts'
import type { TokenRule } from '../artifacts/objects/bootstrap.ts'
import { showObjects } from '../dry-run.ts'
import { KubeadmError } from '../errors.ts'
import { readText, say } from '../session.ts'
import { secretOf } from '../token/tokens.ts'
import type { Phase } from '../workflow.ts'
import { adminClient } from './data.ts'
import type { InitData } from './data.ts'

export const RULE_LINES: Record<TokenRule, string> = {
  getNodes: 'Configured RBAC rules to allow Node Bootstrap tokens to get nodes',
  postRequests:
    'Configured RBAC rules to allow Node Bootstrap tokens to post CSRs in order for nodes to get long term certificate credentials',
  approveRequests:
    'Configured RBAC rules to allow the csrapprover controller automatically approve CSRs from a Node Bootstrap Token',
  rotate: 'Configured RBAC rules to allow certificate rotation for all node client certificates in the cluster',
  kubeletClient: 'Configured RBAC rules to allow the API server kubelet client certificate to access the kubelet API',
}

export const bootstrapTokenPhase: Phase<InitData> = {
  name: 'bootstrap-token',
  short: 'Generates bootstrap tokens used to join a node to a cluster',
  *run(p, data) {
    const { init, cluster, features, dryRun, skipTokenPrint } = data
    const [first] = init.bootstrapTokens
    if (!skipTokenPrint) yield* say(p, `[bootstrap-token] Using token: ${first?.token ?? ''}`)
    yield* say(p, '[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles')
    const nowMs = yield* p.now()
    const tokens = init.bootstrapTokens.map((token) => secretOf(token, nowMs))
    if (dryRun) yield* showObjects(p, tokens)
    else for (const token of tokens) yield* createOnce(p, yield* adminClient(p, data), token)
    for (const rule of tokenRulesOf(features.minor)) {
      yield* say(p, `[bootstrap-token] ${RULE_LINES[rule]}`)
      if (dryRun) yield* showObjects(p, tokenRules[rule]())
      else yield* applyAll(p, yield* adminClient(p, data), tokenRules[rule]())
    }
    yield* say(p, '[bootstrap-token] Creating the "cluster-info" ConfigMap in the "kube-public" namespace')
    const local = { address: init.localAPIEndpoint.advertiseAddress, bindPort: init.localAPIEndpoint.bindPort }
    const info = [clusterInfo(serverUrl(cluster, local), yield* authority(p, data)), ...clusterInfoRules()]
    if (dryRun) yield* showObjects(p, info)
    else yield* applyAll(p, yield* adminClient(p, data), info)
  },
}

function* authority(p: Proc, { dirs }: InitData): Run<string> {
  const text = yield* readText(p, `${dirs.certificates}/ca.crt`)
  if (text === undefined)
    throw new KubeadmError(
      `error creating bootstrap ConfigMap: open ${dirs.certificates}/ca.crt: no such file or directory`,
    )
  return text
}
