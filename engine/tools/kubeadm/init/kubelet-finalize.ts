/** [kubelet-finalize] of `init`. Models cmd/kubeadm/app/cmd/phases/init/kubeletfinalize.go (P7). */
import { makeYaml, parseYaml } from '../../../objects/yaml.ts'
import type { Fields } from '../config/types.ts'
import { KubeadmError } from '../errors.ts'
import { conf, KUBELET_CURRENT } from '../paths.ts'
import { exists, readText, say, write } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

export const kubeletFinalizePhase: Phase<InitData> = {
  name: 'kubelet-finalize',
  short: 'Updates settings relevant to the kubelet after TLS bootstrap',
  phases: [
    { name: 'all', short: 'Run all kubelet-finalize phases', runsSiblings: true },
    {
      name: 'enable-client-cert-rotation',
      short: 'Enable kubelet client certificate rotation',
      *run(p, { dryRun }) {
        const path = conf('kubelet')
        if (!dryRun && !(yield* exists(p, KUBELET_CURRENT))) return
        yield* say(p, `[kubelet-finalize] Updating ${JSON.stringify(path)} to point to a rotatable kubelet client certificate and key`) // prettier-ignore
        if (dryRun) return
        const text = yield* readText(p, path)
        if (text === undefined) throw new KubeadmError(`could not load ${JSON.stringify(path)}: open ${path}: no such file or directory`) // prettier-ignore
        yield* write(p, path, makeYaml(rotatable(parseYaml(text) as Fields)), 0o600)
        yield* p.ask('unit.restart', { unit: 'kubelet' })
      },
    },
  ],
}

/** Every user's certificate becomes the file that rotates. */
function rotatable(config: Fields): Fields {
  const users = (config['users'] ?? []) as { name: string }[]
  return {
    ...config,
    users: users.map(({ name }) => ({
      name,
      user: { 'client-certificate': KUBELET_CURRENT, 'client-key': KUBELET_CURRENT },
    })),
  }
}
