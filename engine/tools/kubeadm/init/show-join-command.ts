/** What `init` says at the end. Models cmd/kubeadm/app/cmd/phases/init/showjoincommand.go (P1). */
import { joinCommand } from '../join-command.ts'
import { conf } from '../paths.ts'
import type { Phase } from '../workflow.ts'
import type { InitData } from './data.ts'

const START = `
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need to run the following as a regular user:

  mkdir -p $HOME/.kube
  sudo cp -i ${conf('admin')} $HOME/.kube/config
  sudo chown $(id -u):$(id -g) $HOME/.kube/config

Alternatively, if you are the root user, you can run:

  export KUBECONFIG=${conf('admin')}

You should now deploy a pod network to the cluster.
Run "kubectl apply -f [podnetwork].yaml" with one of the options listed at:
  https://kubernetes.io/docs/concepts/cluster-administration/addons/

`

const withCertificates = (
  command: string,
): string => `You can now join any number of control-plane nodes running the following command on each as root:

  ${command}

Please note that the certificate-key gives access to cluster sensitive data, keep it secret!
As a safeguard, uploaded-certs will be deleted in two hours; If necessary, you can use
"kubeadm init phase upload-certs --upload-certs" to reload certs afterward.

`

const byCopying = (
  command: string,
): string => `You can now join any number of control-plane nodes by copying certificate authorities
and service account keys on each node and then running the following as root:

  ${command}

`

export const showJoinCommandPhase: Phase<InitData> = {
  name: 'show-join-command',
  short: 'Show the join command for control-plane and worker node',
  *run(p, data) {
    const { init, cluster, dryRun, dirs, uploadCerts, skipTokenPrint, skipCertificateKeyPrint } = data
    const token = skipTokenPrint ? '<value withheld>' : (init.bootstrapTokens[0]?.token ?? '')
    const kubeconfig = dryRun ? `${dirs.kubeconfigs}/admin.conf` : conf('admin')
    const key = skipCertificateKeyPrint ? '<value withheld>' : data.certificateKey
    const worker = yield* joinCommand(p, { kubeconfig, token })
    yield* p.out(START)
    if (cluster.controlPlaneEndpoint) {
      const certificateKey = uploadCerts && key !== undefined ? { certificateKey: key } : {}
      const command = yield* joinCommand(p, { kubeconfig, token, controlPlane: true, ...certificateKey })
      yield* p.out(uploadCerts ? withCertificates(command) : byCopying(command))
    }
    yield* p.out(
      `Then you can join any number of worker nodes by running the following on each as root:\n\n${worker}\n`,
    )
  },
}
