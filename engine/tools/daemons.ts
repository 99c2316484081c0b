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

export const daemonPrograms: Record<string, Program> = {
  ...Object.fromEntries(NAMES.map((name) => [name, daemon(name)])),
  'calico-install': (argv, p) => calicoInstall(argv, p),
}

/** Models Calico's cni-plugin installer: the configuration of the environment, as a file of the node. Not modelled: its token. */
const calicoInstall: Program = function* (_argv, p) {
  const {
    CNI_NETWORK_CONFIG: text = '',
    CNI_CONF_NAME: name = '10-calico.conflist',
    KUBERNETES_NODE_NAME: node = '',
  } = p.env
  const directory = '/host/etc/cni/net.d'
  const config = text
    .replace('__KUBERNETES_NODE_NAME__', node)
    .replace('__KUBECONFIG_FILEPATH__', '/etc/cni/net.d/calico-kubeconfig')
  const kubeconfig =
    '# Kubeconfig file for Calico CNI plugin. Installed by calico/node.\napiVersion: v1\nkind: Config\n'
  yield* p.writeFile(`${directory}/calico-kubeconfig`, kubeconfig, { mode: 0o600 })
  const done = yield* p.writeFile(`${directory}/${name}`, config, { mode: 0o600 })
  if ('error' in done) {
    yield* p.err(`[FATAL] cni-installer/<nil> <nil>: Failed to write CNI config ${directory}/${name}: ${done.error}\n`)
    return 1
  }
  yield* p.err(
    `[INFO] cni-installer/<nil> <nil>: Created ${directory}/${name}\n[INFO] cni-installer/<nil> <nil>: Done configuring CNI.  Sleep= false\n`,
  )
  return 0
}
