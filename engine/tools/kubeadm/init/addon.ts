/** [addons] of `init`. Models cmd/kubeadm/app/cmd/phases/init/addons.go (P8). */
import type { Proc, Run } from '../../../host/process.ts'
import { serverUrl } from '../artifacts/addresses.ts'
import { coreDns } from '../artifacts/objects/core-dns.ts'
import { kubeProxy } from '../artifacts/objects/kube-proxy.ts'
import type { ClusterObject } from '../artifacts/objects/object.ts'
import { applyAll } from '../apply.ts'
import { showObjects } from '../dry-run.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import { adminClient } from './data.ts'
import type { InitData } from './data.ts'

function* install(p: Proc, data: InitData, what: string, objects: ClusterObject[]): Run<void> {
  if (data.dryRun) yield* showObjects(p, objects)
  else yield* applyAll(p, yield* adminClient(p, data), objects)
  yield* say(p, `[addons] Applied essential addon: ${what}`)
}

export const addonPhase: Phase<InitData> = {
  name: 'addon',
  short: 'Install required addons for passing conformance tests',
  phases: [
    { name: 'all', short: 'Install all the addons', runsSiblings: true },
    {
      name: 'coredns',
      short: 'Install the CoreDNS addon to a Kubernetes cluster',
      when: ({ cluster }) => cluster.dns.disabled !== true,
      run: (p, data) => install(p, data, 'CoreDNS', coreDns(data.cluster)),
    },
    {
      name: 'kube-proxy',
      short: 'Install the kube-proxy addon to a Kubernetes cluster',
      when: ({ cluster }) => cluster.proxy.disabled !== true,
      run(p, data) {
        const { advertiseAddress, bindPort } = data.init.localAPIEndpoint
        const server = serverUrl(data.cluster, { address: advertiseAddress, bindPort })
        return install(p, data, 'kube-proxy', kubeProxy(data.cluster, server, data.kubeProxy))
      },
    },
  ],
}
