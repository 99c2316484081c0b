/** Models plugin/pkg/admission/serviceaccount. Not modelled: the short wait for the account of a namespace that is just being made. */
import type { Container, Pod, ServiceAccount, Volume } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { directoryOf } from '../../storage/keys.ts'
import { deny, pass } from './plugin.ts'
import type { Admission, Attributes, Plugin } from './plugin.ts'
import { isMirror } from '../../../objects/meta.ts'

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const ENFORCE = 'kubernetes.io/enforce-mountable-secrets'

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

function withToken(core: Core, flight: Flight, pod: Pod): Pod {
  const spec = pod.spec
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  if (containers.every(hasMount)) return pod
  const existing = spec?.volumes?.find((volume) => volume.name.startsWith('kube-api-access-'))?.name
  // Drawn once for a request, also when admission runs again.
  const name = existing ?? ((flight.memo.tokenVolume ??= `kube-api-access-${core.random.suffix(5)}`) as string)
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

function accountOf(core: Core, attrs: Attributes): ServiceAccount | undefined {
  const name = (attrs.object as Pod).spec?.serviceAccountName || 'default'
  return core.cache.get(`${directoryOf('', 'serviceaccounts')}${attrs.namespace}/${name}`) as ServiceAccount | undefined
}

function missing(attrs: Attributes): Admission {
  const name = (attrs.object as Pod).spec?.serviceAccountName || 'default'
  return deny(attrs, `error looking up service account ${attrs.namespace}/${name}: serviceaccount "${name}" not found`)
}

/** Changed pods are looked at for their ephemeral containers only. */
const isLookedAt = ({ operation, subresource }: Attributes): boolean =>
  operation === 'CREATE' ? subresource === '' : subresource === 'ephemeralcontainers'

export const serviceAccount: Plugin = {
  name: 'ServiceAccount',
  operations: ['CREATE', 'UPDATE'],
  resources: ['pods', 'pods/ephemeralcontainers'],
  admit(core, flight, attrs) {
    const pod = attrs.object as Pod
    if (attrs.operation !== 'CREATE') return pass(attrs)
    if (isMirror(pod)) return validateMirror(attrs)
    const account = accountOf(core, attrs)
    if (account === undefined) return missing(attrs)
    const name = account.metadata.name
    const named = { ...pod, spec: { ...pod.spec, serviceAccountName: name, serviceAccount: name } } as Pod
    const pulled =
      (pod.spec?.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets !== undefined
        ? ({ ...named, spec: { ...named.spec, imagePullSecrets: account.imagePullSecrets } } as Pod)
        : named
    return { object: wantsToken(pod, account) ? withToken(core, flight, pulled) : pulled }
  },
  validate(core, _flight, attrs) {
    if (!isLookedAt(attrs)) return pass(attrs)
    if (isMirror(attrs.object as Pod)) return validateMirror(attrs)
    const account = accountOf(core, attrs)
    if (account === undefined) return missing(attrs)
    if (account.metadata.annotations?.[ENFORCE]?.toLowerCase() !== 'true') return pass(attrs)
    const why = secretProblem(attrs, account)
    return why === undefined ? pass(attrs) : deny(attrs, why)
  },
}

/** A static pod's picture may not have what only the API gives. */
function validateMirror(attrs: Attributes): Admission {
  const { spec } = attrs.object as Pod
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const volumes = spec?.volumes ?? []
  if ((spec?.serviceAccountName ?? '') !== '') return deny(attrs, 'a mirror pod may not reference service accounts')
  if (volumes.some(({ secret }) => secret !== undefined) || containers.some((one) => secretsOf(one).length > 0))
    return deny(attrs, 'a mirror pod may not reference secrets')
  if (volumes.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken !== undefined)))
    return deny(attrs, 'a mirror pod may not use ServiceAccountToken volume projections')
  return pass(attrs)
}

/** A secret that a container's environment names, and how upstream says where. */
function secretsOf({ env = [], envFrom = [] }: Pick<Container, 'env' | 'envFrom'>): { name: string; where: string }[] {
  const single = env.flatMap(({ name, valueFrom }) =>
    valueFrom?.secretKeyRef === undefined
      ? []
      : [{ name: valueFrom.secretKeyRef.name ?? '', where: `with envVar ${name}` }],
  )
  const whole = envFrom.flatMap(({ secretRef }) =>
    secretRef === undefined ? [] : [{ name: secretRef.name ?? '', where: 'with envFrom' }],
  )
  return [...single, ...whole]
}

function secretProblem({ object, operation }: Attributes, account: ServiceAccount): string | undefined {
  const { spec } = object as Pod
  const allowed = new Set((account.secrets ?? []).map(({ name }) => name))
  const account_ = account.metadata.name
  const refused = (name: string): string =>
    `secret.secretName=${JSON.stringify(name)} is not allowed because service account ${account_} does not reference that secret`
  const inContainers = (kind: string, containers: Pick<Container, 'name' | 'env' | 'envFrom'>[] = []): string[] =>
    containers.flatMap((container) =>
      secretsOf(container)
        .filter(({ name }) => !allowed.has(name))
        .map(({ name, where }) => `${kind} ${container.name} ${where} referencing ${refused(name)}`),
    )
  if (operation !== 'CREATE') return inContainers('ephemeral container', spec?.ephemeralContainers)[0]
  const volumes = (spec?.volumes ?? []).flatMap(({ secret }) =>
    secret === undefined || allowed.has(secret.secretName) ? [] : [`volume with ${refused(secret.secretName ?? '')}`],
  )
  const pulls = new Set((account.imagePullSecrets ?? []).map(({ name }) => name))
  const images = (spec?.imagePullSecrets ?? []).flatMap(({ name }, index) =>
    pulls.has(name)
      ? []
      : [
          `imagePullSecrets[${index}].name=${JSON.stringify(name)} is not allowed because service account ${account_} does not reference that imagePullSecret`,
        ],
  )
  return [
    ...volumes,
    ...inContainers('init container', spec?.initContainers),
    ...inContainers('container', spec?.containers),
    ...images,
  ][0]
}
