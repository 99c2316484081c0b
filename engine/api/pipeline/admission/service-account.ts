/** Models plugin/pkg/admission/serviceaccount. Not modelled: mountable secrets enforcement. */
import type { Container, Pod, ServiceAccount, Volume } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import { failure, forbidden } from '../../status.ts'
import { directoryOf } from '../../storage/keys.ts'
import type { Plugin } from './plugin.ts'

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const MIRROR = 'kubernetes.io/config.mirror'

/** Token, cluster CA and namespace, as one projected volume; the same for all pods. */
const PROJECTED: Volume['projected'] = {
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] },
    },
  ],
  defaultMode: 420,
}

const tokenVolume = (name: string): Volume => ({ name, projected: PROJECTED })

const hasMount = (container: Container): boolean =>
  (container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH)

function mounted(containers: Container[] | undefined, name: string): Container[] | undefined {
  return containers?.map((container) =>
    hasMount(container)
      ? container
      : {
          ...container,
          volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }],
        },
  )
}

function withToken(core: Core, pod: Pod): Pod {
  const spec = pod.spec
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  if (containers.every(hasMount)) return pod
  const existing = spec?.volumes?.find((volume) => volume.name.startsWith('kube-api-access-'))?.name
  const name = existing ?? `kube-api-access-${core.random.suffix(5)}`
  const volumes = existing === undefined ? [...(spec?.volumes ?? []), tokenVolume(name)] : spec?.volumes
  const initContainers = mounted(spec?.initContainers, name)
  return {
    ...pod,
    spec: { ...spec, volumes, ...(initContainers && { initContainers }), containers: mounted(spec?.containers, name) },
  } as Pod
}

function wantsToken(pod: Pod, account: ServiceAccount): boolean {
  return pod.spec?.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
}

export const serviceAccount: Plugin = (core, flight, entry, object) => {
  if (entry.group !== '' || entry.resource !== 'pods') return { object }
  const pod = object as Pod
  if (pod.metadata.annotations?.[MIRROR] !== undefined) return { object }
  const name = pod.spec?.serviceAccountName || 'default'
  const namespace = flight.info.namespace
  const account = core.cache.get(`${directoryOf('', 'serviceaccounts')}${namespace}/${name}`) as
    ServiceAccount | undefined
  const podName = pod.metadata.name || pod.metadata.generateName || ''
  if (account === undefined) {
    const { message, details } = forbidden(
      entry,
      podName,
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    )
    return { refuse: failure(403, 'Forbidden', message ?? '', details) }
  }
  const named = { ...pod, spec: { ...pod.spec, serviceAccountName: name, serviceAccount: name } } as Pod
  const pulled =
    (pod.spec?.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets !== undefined
      ? ({ ...named, spec: { ...named.spec, imagePullSecrets: account.imagePullSecrets } } as Pod)
      : named
  return { object: wantsToken(pod, account) ? withToken(core, pulled) : pulled }
}
