/** etcd-join and control-plane-join: a new member of etcd, and the marks of a control plane. Models cmd/kubeadm/app/cmd/phases/join/controlplanejoin.go and phases/etcd/local.go (P2, H2). */
import type { Proc, Run } from '../../../host/process.ts'
import type { EtcdMemberInfo } from '../../../etcd/messages.ts'
import { KubeadmError, wrapped } from '../errors.ts'
import { askEtcd, checkHealth, etcdAccess, memberList, memberOf } from '../etcd-client.ts'
import type { EtcdAccess } from '../etcd-client.ts'
import { makeDataDir, writeEtcd } from '../manifest-files.ts'
import { markControlPlane } from '../mark.ts'
import { say } from '../session.ts'
import { retried } from '../wait.ts'
import type { Phase } from '../workflow.ts'
import { joinedCluster } from './cluster.ts'
import { joinClient } from './data.ts'
import type { JoinData } from './data.ts'

const HEALTHY_RETRIES = 8
const HEALTHY_INTERVAL_MS = 5_000
const PROMOTE_MS = 120_000
const PROMOTE_INTERVAL_MS = 500

function* joinEtcd(p: Proc, data: JoinData): Run<void> {
  const { cluster, init } = yield* joinedCluster(p, data)
  const client = yield* joinClient(p, data)
  if (cluster.etcd.external !== undefined)
    return yield* say(p, '[control-plane-join] Using external etcd - no local stacked instance added')
  const dataDir = cluster.etcd.local?.dataDir ?? '/var/lib/etcd'
  if (data.dryRun) {
    yield* say(p, `[control-plane-join] Would ensure that ${JSON.stringify(dataDir)} directory is present`)
    return yield* say(p, '[etcd] Would add etcd member')
  }
  yield* makeDataDir(p, dataDir)
  const access = yield* etcdAccess(p, client, data.dirs.certificates)
  const { advertiseAddress } = init.localAPIEndpoint
  const peerUrl = `https://${advertiseAddress}:2380`
  try {
    const members = yield* announce(p, access, peerUrl, data.features.learners)
    yield* say(p, '[etcd] Announced new etcd member joining to the existing etcd cluster')
    yield* say(p, '[etcd] Creating static Pod manifest for "etcd"')
    const place = { cluster, node: init.nodeRegistration, endpoint: init.localAPIEndpoint, dir: data.dirs.manifests }
    yield* writeEtcd(p, place, { members: named(members, peerUrl, init.nodeRegistration.name), state: 'existing' })
    if (data.features.learners) yield* promote(p, access, peerUrl)
    yield* waitForMembers(p, { ...access, endpoints: [...access.endpoints, `https://${advertiseAddress}:2379`] })
  } catch (error) {
    throw wrapped('error creating local etcd static pod manifest file', error)
  }
}

/** Adds the member unless it is one already. */
function* announce(p: Proc, access: EtcdAccess, peerUrl: string, learner: boolean): Run<EtcdMemberInfo[]> {
  const there = yield* memberList(p, access)
  if (memberOf(there, peerUrl) !== undefined) return there
  const result = yield* askEtcd(p, access, { kind: 'memberAdd', peerUrls: [peerUrl], learner })
  return result.kind === 'memberAdd' ? result.members : there
}

/** Members by name; one that has not started yet by its id, the new one by its own name. */
function named(members: readonly EtcdMemberInfo[], peerUrl: string, name: string): { name: string; peerUrl: string }[] {
  return members.map(({ id, name: known, peerUrls }) => ({
    name: peerUrls[0] === peerUrl ? name : known || id,
    peerUrl: peerUrls[0] ?? '',
  }))
}

/** A learner that has caught up becomes a voter. */
function* promote(p: Proc, access: EtcdAccess, peerUrl: string): Run<void> {
  yield* retried(p, PROMOTE_MS, PROMOTE_INTERVAL_MS, function* () {
    const member = memberOf(yield* memberList(p, access), peerUrl)
    if (member === undefined) throw new KubeadmError(`failed to get the member id of ${peerUrl}`)
    if (member.isLearner) yield* askEtcd(p, access, { kind: 'memberPromote', id: member.id })
  })
}

function* waitForMembers(p: Proc, access: EtcdAccess): Run<void> {
  yield* say(p, '[etcd] Waiting for the new etcd member to join the cluster. This can take up to 40s')
  for (let attempt = 0; attempt < HEALTHY_RETRIES; attempt++) {
    if (attempt > 0) yield* p.sleep(HEALTHY_INTERVAL_MS)
    try {
      return yield* checkHealth(p, access)
    } catch (error) {
      if (!(error instanceof KubeadmError)) throw error
    }
  }
  throw new KubeadmError('timeout waiting for etcd cluster to be available')
}

export const etcdJoinPhase: Phase<JoinData> = {
  name: 'etcd-join',
  short: 'Join etcd for control plane nodes',
  hidden: true,
  when: ({ join, features }) => join.controlPlane !== undefined && features.kubeletLocalMode,
  run: (p, data) => joinEtcd(p, data),
}

export const controlPlaneJoinPhase: Phase<JoinData> = {
  name: 'control-plane-join',
  short: 'Join a machine as a control plane instance',
  phases: [
    { name: 'all', short: 'Join a machine as a control plane instance', runsSiblings: true },
    {
      name: 'etcd',
      short: 'Add a new local etcd member',
      when: ({ join, features }) => join.controlPlane !== undefined && !features.kubeletLocalMode,
      run: (p, data) => joinEtcd(p, data),
    },
    {
      name: 'mark-control-plane',
      short: 'Mark a node as a control-plane',
      when: ({ join }) => join.controlPlane !== undefined,
      *run(p, data) {
        const { init } = yield* joinedCluster(p, data)
        const { name } = init.nodeRegistration
        if (data.dryRun) return yield* say(p, `[control-plane-join] Would mark node ${name} as a control-plane`)
        yield* markControlPlane(p, yield* joinClient(p, data), init.nodeRegistration, data.features)
      },
    },
  ],
}
