/** check-etcd: the members that a new one joins are well. Models cmd/kubeadm/app/cmd/phases/join/checketcd.go and phases/etcd/local.go. */
import { wrapped } from '../errors.ts'
import { checkHealth, etcdAccess } from '../etcd-client.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import { joinedCluster } from './cluster.ts'
import { joinClient } from './data.ts'
import type { JoinData } from './data.ts'

export const checkEtcdPhase: Phase<JoinData> = {
  name: 'check-etcd',
  short: 'Check etcd for joining control plane nodes',
  hidden: true,
  when: ({ join }) => join.controlPlane !== undefined,
  *run(p, data) {
    const { cluster } = yield* joinedCluster(p, data)
    if (cluster.etcd.external !== undefined) return yield* say(p, '[check-etcd] Skipping etcd check in external mode')
    yield* say(p, '[check-etcd] Checking that the etcd cluster is healthy')
    if (data.dryRun) return yield* say(p, '[check-etcd] Would check if the etcd cluster is healthy')
    const client = yield* joinClient(p, data)
    try {
      yield* checkHealth(p, yield* etcdAccess(p, client, data.dirs.certificates))
    } catch (error) {
      throw wrapped('etcd cluster is not healthy: failed to check etcd cluster health', error)
    }
  },
}
