/** Addresses out of subnets. Models cmd/kubeadm/app/constants (GetDNSIP, GetAPIServerVirtualIP). IPv4; of two families the first. */
export function addressIn(subnet: string, index: number): string {
  const [base = ''] = (subnet.split(',')[0] ?? '').split('/')
  const value = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + index
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** Of the service `kubernetes`. */
export const apiServerServiceIp = (serviceSubnet: string): string => addressIn(serviceSubnet, 1)
export const dnsIp = (serviceSubnet: string): string => addressIn(serviceSubnet, 10)

export interface HostPort {
  host: string
  port: number
}

/** `cluster-endpoint`, `cluster-endpoint:8443`, `10.0.0.1:6443`. */
export function parseEndpoint(text: string, port: number): HostPort {
  const match = /^(.*?)(?::(\d+))?$/.exec(text.replace(/^https:\/\//, ''))
  return { host: match?.[1] ?? text, port: match?.[2] === undefined ? port : Number(match[2]) }
}

interface Server {
  controlPlaneEndpoint?: string
}

/** `https://host:port`: the stable endpoint, or a host's own address. */
export function serverUrl(cluster: Server, local: { address: string; bindPort: number }): string {
  if (!cluster.controlPlaneEndpoint) return `https://${local.address}:${local.bindPort}`
  const { host, port } = parseEndpoint(cluster.controlPlaneEndpoint, local.bindPort)
  return `https://${host}:${port}`
}
