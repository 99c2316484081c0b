/** The images of a cluster. Models cmd/kubeadm/app/images/images.go. */
import { coreDnsImagePath, coreDnsTag, defaultRegistry, etcdTag, pauseTag } from '../../../versions/index.ts'
import type { ClusterConfiguration } from '../config/types.ts'

export type ImageConfig = Pick<ClusterConfiguration, 'kubernetesVersion' | 'imageRepository' | 'dns' | 'etcd'>

const bare = (version: string): string => version.replace(/^v/, '')

/** A build tag such as `v1.35.0+abc` is `v1.35.0_abc` in an image. */
export function controlPlaneImage(component: string, { imageRepository, kubernetesVersion }: ImageConfig): string {
  return `${imageRepository}/${component}:v${bare(kubernetesVersion).replaceAll('+', '_')}`
}

export function etcdImage({ etcd, imageRepository, kubernetesVersion }: ImageConfig): string {
  const { imageRepository: own, imageTag } = etcd.local ?? {}
  return `${own || imageRepository}/etcd:${imageTag || etcdTag(kubernetesVersion)}`
}

/** Only the default registry keeps CoreDNS in a folder of its own. */
export function coreDnsImage({ dns, imageRepository, kubernetesVersion }: ImageConfig): string {
  const repository = dns.imageRepository || imageRepository
  const tag = dns.imageTag || coreDnsTag(kubernetesVersion)
  const path = coreDnsImagePath(kubernetesVersion).replace(/:.*$/, '')
  return `${repository}/${repository === defaultRegistry(kubernetesVersion) ? path : 'coredns'}:${tag}`
}

export const pauseImage = ({ imageRepository, kubernetesVersion }: ImageConfig): string =>
  `${imageRepository}/pause:${pauseTag(kubernetesVersion)}`

/** What a control plane needs, in the order of `kubeadm config images list` (P4). */
export function allImages(config: ImageConfig): string[] {
  const own = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']
  return [
    ...own.map((component) => controlPlaneImage(component, config)),
    coreDnsImage(config),
    pauseImage(config),
    ...(config.etcd.external === undefined ? [etcdImage(config)] : []),
  ]
}
