/** [kubeconfig] of `init`. Models cmd/kubeadm/app/cmd/phases/init/kubeconfig.go. */
import { kubeconfigSpecs } from '../artifacts/kubeconfigs.ts'
import { createKubeconfig } from '../kubeconfig-files.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

const SHORTS: Record<string, string> = {
  admin: 'Generate a kubeconfig file for the admin to use and for kubeadm itself',
  'super-admin': 'Generate a kubeconfig file for the super-admin',
  kubelet: 'Generate a kubeconfig file for the kubelet to use *only* for cluster bootstrapping purposes',
  'controller-manager': 'Generate a kubeconfig file for the controller manager to use',
  scheduler: 'Generate a kubeconfig file for the scheduler to use',
}

const filePhase = (file: string): Phase<InitData> => ({
  name: file,
  short: SHORTS[file] ?? file,
  *run(p, { cluster, init, dirs }) {
    const local = {
      name: init.nodeRegistration.name,
      address: init.localAPIEndpoint.advertiseAddress,
      bindPort: init.localAPIEndpoint.bindPort,
    }
    const spec = kubeconfigSpecs(cluster, local).find((one) => one.file === file)
    if (spec === undefined) return
    yield* createKubeconfig(p, { cluster, certificatesDir: dirs.certificates, dir: dirs.kubeconfigs }, spec)
  },
})

export const kubeconfigPhase: Phase<InitData> = {
  name: 'kubeconfig',
  short: 'Generate all kubeconfig files necessary to establish the control plane and the admin kubeconfig file',
  *run(p, { dirs }) {
    yield* say(p, `[kubeconfig] Using kubeconfig folder ${JSON.stringify(dirs.kubeconfigs)}`)
  },
  phases: [
    { name: 'all', short: 'Generate all kubeconfig files', runsSiblings: true },
    ...Object.keys(SHORTS).map(filePhase),
  ],
}
