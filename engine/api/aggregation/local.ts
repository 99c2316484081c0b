/**
 * The APIServices of what this server serves itself. Models pkg/controlplane/apiserver/aggregator.go
 * (DefaultGenericAPIServicePriorities) and kube-aggregator's crdRegistrationController.
 */
import type { APIService } from '../../objects/types.gen.ts'
import type { Core } from '../core.ts'

/** By group: its priority, then those of its versions. */
const PRIORITIES: Record<string, { group: number; versions: Record<string, number> }> = {
  '': { group: 18_000, versions: { v1: 1 } },
  apps: { group: 17_800, versions: { v1: 15, v1beta2: 9, v1beta1: 1 } },
  extensions: { group: 17_150, versions: { v1beta1: 1 } },
  'events.k8s.io': { group: 17_750, versions: { v1: 15, v1beta1: 5 } },
  'authentication.k8s.io': { group: 17_700, versions: { v1: 15, v1beta1: 9, v1alpha1: 1 } },
  'authorization.k8s.io': { group: 17_600, versions: { v1: 15, v1beta1: 9 } },
  autoscaling: { group: 17_500, versions: { v1: 15, v2: 30, v2beta1: 9, v2beta2: 1 } },
  batch: { group: 17_400, versions: { v1: 15, v1beta1: 9, v2alpha1: 9 } },
  'certificates.k8s.io': { group: 17_300, versions: { v1: 15, v1beta1: 9, v1alpha1: 1 } },
  'networking.k8s.io': { group: 17_200, versions: { v1: 15, v1beta1: 9, v1alpha1: 1 } },
  policy: { group: 17_100, versions: { v1: 15, v1beta1: 9 } },
  'rbac.authorization.k8s.io': { group: 17_000, versions: { v1: 15, v1beta1: 12, v1alpha1: 9 } },
  'storage.k8s.io': { group: 16_800, versions: { v1: 15, v1beta1: 9, v1alpha1: 1 } },
  'apiextensions.k8s.io': { group: 16_700, versions: { v1: 15, v1beta1: 9 } },
  'admissionregistration.k8s.io': { group: 16_700, versions: { v1: 15, v1beta1: 12, v1alpha1: 9 } },
  'scheduling.k8s.io': { group: 16_600, versions: { v1: 15, v1beta1: 12, v1alpha1: 9 } },
  'coordination.k8s.io': { group: 16_500, versions: { v1: 15, v1beta1: 12, v1alpha2: 9 } },
  'node.k8s.io': { group: 16_300, versions: { v1: 15, v1beta1: 9, v1alpha1: 1 } },
  'discovery.k8s.io': { group: 16_200, versions: { v1: 15, v1beta1: 12, v1alpha1: 9 } },
  'flowcontrol.apiserver.k8s.io': {
    group: 16_100,
    versions: { v1: 21, v1beta3: 18, v1beta2: 15, v1beta1: 12, v1alpha1: 9 },
  },
  'internal.apiserver.k8s.io': { group: 16_000, versions: { v1alpha1: 9 } },
  'resource.k8s.io': { group: 15_900, versions: { v1: 20, v1beta2: 15, v1beta1: 12, v1alpha3: 9 } },
  'storagemigration.k8s.io': { group: 15_800, versions: { v1beta1: 12, v1alpha1: 9 } },
}

const CUSTOM_PRIORITY = { group: 1_000, version: 100 }
const LABEL = 'kube-aggregator.kubernetes.io/automanaged'

const LOCAL = {
  type: 'Available',
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
}

function make(core: Core, group: string, version: string, managed: string, priority: [number, number]): APIService {
  return {
    apiVersion: `apiregistration.k8s.io/${core.storageEntry('apiregistration.k8s.io', 'apiservices').version}`,
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, labels: { [LABEL]: managed } },
    spec: {
      ...(group !== '' && { group }),
      version,
      groupPriorityMinimum: priority[0],
      versionPriority: priority[1],
    },
    status: { conditions: [{ ...LOCAL, lastTransitionTime: core.timestamp() }] },
  } as APIService
}

/** Those of the groups that are built in; made once, at the start. */
export function builtInServices(core: Core): APIService[] {
  const groups = core.registry.groups()
  return groups.flatMap(({ name, versions }) => {
    const known = PRIORITIES[name]
    if (known === undefined) return []
    const served = core.registry.all().filter((entry) => entry.group === name && entry.custom === undefined)
    return versions
      .filter((version) => served.some((entry) => entry.version === version))
      .map((version) => make(core, name, version, 'onstart', [known.group, known.versions[version] ?? 1]))
  })
}

/** Those of custom kinds; they come and go with their definitions. */
export function customServices(core: Core): APIService[] {
  const found = new Map<string, APIService>()
  for (const { group, version, custom } of core.registry.all())
    if (custom !== undefined && PRIORITIES[group] === undefined)
      found.set(
        `${version}.${group}`,
        make(core, group, version, 'true', [CUSTOM_PRIORITY.group, CUSTOM_PRIORITY.version]),
      )
  return [...found.values()]
}

/** Whether it was made for a definition, and goes with it. */
export const isManaged = ({ metadata, spec }: APIService): boolean =>
  metadata.labels?.[LABEL] === 'true' && spec?.service === undefined

export const priorityOf = (group: string): number => PRIORITIES[group]?.group ?? CUSTOM_PRIORITY.group
