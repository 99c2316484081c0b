/** The daemons of Kubernetes but for the kubelet as somebody types their names: `kube-apiserver --version`. Not modelled: running one by hand. */
import type { Program } from '../host/process.ts'

const NAMES = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']

function daemon(name: string): Program {
  return function* (argv, p) {
    const asked = argv.slice(1).some((word) => /^--version(=true)?$/.test(word))
    if (asked) yield* p.out(`Kubernetes v${p.release}\n`)
    else yield* p.err(`not simulated: ${name} started by hand\n`)
    return asked ? 0 : 1
  }
}

export const daemonPrograms: Record<string, Program> = Object.fromEntries(NAMES.map((name) => [name, daemon(name)]))
