import type { PlainObject } from '../decode.ts'
import { asList, asObject } from './table.ts'
import type { DefaultsTable } from './table.ts'

/** `Always` for the tag latest and for no tag at all, `IfNotPresent` for any other tag or a digest (F5). */
export function defaultPullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function fillContainer(container: PlainObject): PlainObject | undefined {
  if (typeof container.imagePullPolicy === 'string' && container.imagePullPolicy !== '') return undefined
  return { imagePullPolicy: defaultPullPolicy(String(container.image ?? '')) }
}

/** Requests that are not given are those of the limits. */
function requestsFromLimits(container: PlainObject): PlainObject {
  const resources = asObject(container.resources)
  const limits = asObject(resources.limits)
  const requests = asObject(resources.requests)
  const missing = Object.keys(limits).filter((name) => requests[name] === undefined)
  if (missing.length === 0) return container
  const added = Object.fromEntries(missing.map((name) => [name, limits[name]]))
  return { ...container, resources: { ...resources, requests: { ...requests, ...added } } }
}

/** On the host's network a port is the host's port. */
function hostPorts(container: PlainObject): PlainObject {
  if (!Array.isArray(container.ports)) return container
  const ports = asList(container.ports).map((port) =>
    port.hostPort === undefined || port.hostPort === 0 ? { ...port, hostPort: port.containerPort } : port,
  )
  return { ...container, ports }
}

function podContainers(list: unknown, hostNetwork: boolean): PlainObject[] | undefined {
  if (!Array.isArray(list)) return undefined
  return asList(list).map((one) => {
    const container = requestsFromLimits(asObject(one))
    return hostNetwork ? hostPorts(container) : container
  })
}

/** Models SetDefaults_Pod: only pods get these, templates do not. */
function fillPod(pod: PlainObject): PlainObject {
  const spec = asObject(pod.spec)
  const hostNetwork = spec.hostNetwork === true
  const next: PlainObject = { ...spec, enableServiceLinks: spec.enableServiceLinks ?? true }
  for (const field of ['containers', 'initContainers']) {
    const list = podContainers(spec[field], hostNetwork)
    if (list !== undefined) next[field] = list
  }
  return { spec: next }
}

/** The deprecated `serviceAccount` always says what `serviceAccountName` says. */
function oldServiceAccount({ serviceAccount, serviceAccountName }: PlainObject): PlainObject | undefined {
  const name = serviceAccountName || serviceAccount
  return name ? { serviceAccount: name, serviceAccountName: name } : undefined
}

const fileMode = { values: { defaultMode: 0o644 } }
const containerValues = { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }

/** Models pkg/apis/core/v1/defaults.go for pods. Not modelled: requests of the whole pod (spec.resources). */
export const podDefaults: DefaultsTable = {
  'core.v1.Pod': { fill: fillPod },
  'core.v1.PodSpec': {
    values: {
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    },
    fill: oldServiceAccount,
  },
  'core.v1.Container': { values: containerValues, fill: fillContainer },
  'core.v1.EphemeralContainer': { values: containerValues, fill: fillContainer },
  'core.v1.Probe': { values: { failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 } },
  'core.v1.HTTPGetAction': { values: { path: '/', scheme: 'HTTP' } },
  'core.v1.GRPCAction': { values: { service: '' } },
  'core.v1.ObjectFieldSelector': { values: { apiVersion: 'v1' } },
  'core.v1.Volume': { fill: (volume) => (Object.keys(volume).length > 1 ? undefined : { emptyDir: {} }) },
  'core.v1.SecretVolumeSource': fileMode,
  'core.v1.ConfigMapVolumeSource': fileMode,
  'core.v1.DownwardAPIVolumeSource': fileMode,
  'core.v1.ProjectedVolumeSource': fileMode,
  'core.v1.ServiceAccountTokenProjection': { values: { expirationSeconds: 3600 } },
  'core.v1.HostPathVolumeSource': { values: { type: '' } },
  'core.v1.ImageVolumeSource': {
    fill: (image) => (image.pullPolicy ? undefined : { pullPolicy: defaultPullPolicy(String(image.reference ?? '')) }),
  },
}
