/** [control-plane] of `init`. Models cmd/kubeadm/app/cmd/phases/init/controlplane.go. */
import { COMPONENTS } from '../artifacts/static-pods.ts'
import type { ComponentName } from '../artifacts/static-pods.ts'
import { writeComponent } from '../manifest-files.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

const componentPhase = (name: ComponentName): Phase<InitData> => ({
  name: name.replace(/^kube-/, ''),
  short: `Generates the ${name} static Pod manifest`,
  *run(p, { cluster, init, dirs }) {
    yield* say(p, `[control-plane] Creating static Pod manifest for ${JSON.stringify(name)}`)
    const place = { cluster, node: init.nodeRegistration, endpoint: init.localAPIEndpoint, dir: dirs.manifests }
    yield* writeComponent(p, place, name)
  },
})

export const controlPlanePhase: Phase<InitData> = {
  name: 'control-plane',
  short: 'Generate all static Pod manifest files necessary to establish the control plane',
  *run(p, { dirs }) {
    yield* say(p, `[control-plane] Using manifest folder ${JSON.stringify(dirs.manifests)}`)
  },
  phases: [
    { name: 'all', short: 'Generate all static Pod manifest files', runsSiblings: true },
    ...COMPONENTS.map(componentPhase),
  ],
}
