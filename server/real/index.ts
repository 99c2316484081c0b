/** The second implementation of the ports: any cluster behind a kubeconfig. */
import type { ClusterHands, ClusterView } from '../../engine/index.ts'
import { RealCluster } from './real.ts'
import type { RealOptions } from './real.ts'

export { parseAddresses } from './connect.ts'
export type { RealOptions } from './real.ts'

/** Ports to a real cluster. Nothing is asked of it yet; throws when the kubeconfig cannot be read. */
export function connectReal(
  kubeconfig: string,
  options: Omit<RealOptions, 'kubeconfig'> = {},
): { view: ClusterView; hands: ClusterHands; close?(): Promise<void> } {
  const { view, hands } = new RealCluster({ kubeconfig, ...options })
  return { view, hands }
}
