/** [etcd] of `init`. Models cmd/kubeadm/app/cmd/phases/init/etcd.go. */
import { makeDataDir, writeEtcd } from '../manifest-files.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

export const etcdPhase: Phase<InitData> = {
  name: 'etcd',
  short: 'Generate static Pod manifest file for local etcd',
  when: ({ cluster }) => cluster.etcd.external === undefined,
  phases: [
    {
      name: 'local',
      short: 'Generate the static Pod manifest file for a local, single-node local etcd instance',
      when: ({ cluster }) => cluster.etcd.external === undefined,
      *run(p, { cluster, init, dirs, dryRun }) {
        const dataDir = cluster.etcd.local?.dataDir ?? '/var/lib/etcd'
        if (dryRun) yield* say(p, `[etcd] Would ensure that ${JSON.stringify(dataDir)} directory is present`)
        else yield* makeDataDir(p, dataDir)
        yield* say(p, `[etcd] Creating static Pod manifest for local etcd in ${JSON.stringify(dirs.manifests)}`)
        const { name } = init.nodeRegistration
        const peerUrl = `https://${init.localAPIEndpoint.advertiseAddress}:2380`
        const place = { cluster, node: init.nodeRegistration, endpoint: init.localAPIEndpoint, dir: dirs.manifests }
        yield* writeEtcd(p, place, { members: [{ name, peerUrl }] })
      },
    },
  ],
}
