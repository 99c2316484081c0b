/** APIServices that another server stands behind. */
import { conditionOf } from '../../objects/meta.ts'
import type { APIService } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'
import { directoryOf } from '../storage/keys.ts'

export const API_SERVICES = directoryOf('apiregistration.k8s.io', 'apiservices')

export const apiServices = (core: Core): APIService[] => [
  ...(core.cache.values(API_SERVICES) as Iterable<unknown> as Iterable<APIService>),
]

export const isRemote = ({ spec }: APIService): boolean => spec?.service !== undefined && spec.service !== null

export const remoteServices = (core: Core): APIService[] => apiServices(core).filter(isRemote)

/** The one that a group and version is handed to; undefined: this server's own, or nobody's. */
export function remoteOf(core: Core, group: string, version: string): APIService | undefined {
  if (group === '') return undefined
  const found = core.cache.get(`${API_SERVICES}${version}.${group}`) as APIService | undefined
  return found !== undefined && isRemote(found) ? found : undefined
}

export const isAvailable = ({ status }: APIService): boolean =>
  conditionOf(status?.conditions, 'Available')?.status === 'True'

/** `https://name.namespace.svc:443/path`, and what a call needs to know of it. */
export function callTo({ spec }: APIService): {
  base: string
  service: { namespace: string; name: string; port: number }
  caBundle?: string
  insecure?: boolean
} {
  const { namespace = '', name = '', port = 443 } = spec?.service ?? {}
  return {
    base: `https://${name}.${namespace}.svc:${port}`,
    service: { namespace, name, port },
    ...(spec?.caBundle ? { caBundle: atob(spec.caBundle) } : {}),
    ...(spec?.insecureSkipTLSVerify === true && { insecure: true }),
  }
}
