/** Where kubeadm's files stand (P6). Models cmd/kubeadm/app/constants. */
export const KUBERNETES_DIR = '/etc/kubernetes'
export const MANIFESTS_DIR = '/etc/kubernetes/manifests'
export const CERTIFICATES_DIR = '/etc/kubernetes/pki'
export const TMP_DIR = '/etc/kubernetes/tmp'
export const KUBELET_DIR = '/var/lib/kubelet'
export const ETCD_DATA_DIR = '/var/lib/etcd'
export const KUBELET_CONFIG = `${KUBELET_DIR}/config.yaml`
export const INSTANCE_CONFIG = `${KUBELET_DIR}/instance-config.yaml`
export const KUBELET_ENV = `${KUBELET_DIR}/kubeadm-flags.env`
export const KUBELET_CURRENT = `${KUBELET_DIR}/pki/kubelet-client-current.pem`
export const BOOTSTRAP_CONF = `${KUBERNETES_DIR}/bootstrap-kubelet.conf`
export const CRI_SOCKET = 'unix:///var/run/containerd/containerd.sock'

export const conf = (name: string): string => `${KUBERNETES_DIR}/${name}.conf`
export const manifestPath = (component: string): string => `${MANIFESTS_DIR}/${component}.yaml`

/** The health endpoints and ports of the components. */
export const PORTS = {
  apiServer: 6443,
  controllerManager: 10257,
  scheduler: 10259,
  kubelet: 10250,
  kubeletHealthz: 10248,
  etcdClient: 2379,
  etcdPeer: 2380,
} as const
