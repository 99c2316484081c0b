/** The row about upgrades: a whole cluster goes one minor on, node by node, as a person types it. */
import { Flight, latestOf } from '../../engine/index.ts'
import { createDeployment, untilReady } from './scene.ts'
import type { Scene } from './scene.ts'

const FROM = 34
const CONTROL_PLANES = 3
const WORKERS = 3
const EPOCH_MS = Date.UTC(2026, 0, 5, 9)

const nodes = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`)

/** Package, kubeadm, drain, kubelet, uncordon. */
function steps(node: string, command: string): string {
  const version = latestOf(FROM + 1)
  return `set -e
ssh ${node} "sudo sed -i 's|/v1.${FROM}/|/v1.${FROM + 1}/|' /etc/apt/sources.list.d/kubernetes.list; sudo apt-get update > /dev/null"
ssh ${node} "sudo apt-mark unhold kubeadm kubelet kubectl; sudo apt-get install -y kubeadm='${version}-*' > /dev/null"
ssh ${node} sudo kubeadm upgrade ${command}
kubectl drain ${node} --ignore-daemonsets
ssh ${node} "sudo apt-get install -y kubelet='${version}-*' kubectl='${version}-*' > /dev/null"
ssh ${node} 'sudo systemctl daemon-reload; sudo systemctl restart kubelet'
kubectl uncordon ${node}
`
}

async function typed(flight: Flight, script: string): Promise<void> {
  const { code, stdout, stderr } = await flight.script(script)
  if (code !== 0) throw new Error(`exit ${code}: ${(stdout + stderr).slice(-600)}`)
}

export const UPGRADE_SCENES: Scene[] = [
  {
    name: 'upgrade-3+3',
    measures: 'a full upgrade of 3+3',
    unit: 'ms',
    target: 10_000,
    runs: 1,
    async stage(seed) {
      const sizes = { controlPlanes: CONTROL_PLANES, workers: WORKERS }
      const flight = await Flight.launch({ seed, epochMs: EPOCH_MS, release: `1.${FROM}`, ...sizes })
      await createDeployment(flight, 'web', 6)
      await untilReady(flight, 6)
      return async () => {
        const [first = '', ...others] = nodes('controlplane', CONTROL_PLANES)
        await typed(flight, steps(first, `apply v${latestOf(FROM + 1)} --yes`))
        for (const node of [...others, ...nodes('worker', WORKERS)]) await typed(flight, steps(node, 'node'))
      }
    },
  },
]
