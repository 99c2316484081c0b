/**
 * The controllers that --controllers may name, by release. Models cmd/kube-controller-manager/names and app
 * (NewControllerDescriptors): 1.28 renamed them and kept the old names as aliases.
 */

export interface ControllerName {
  /** Since 1.28. */
  name: string
  /** Until 1.27, and an alias after. */
  alias: string
  since: number
  /** Not among `*`. */
  offByDefault: boolean
  /** What the simulation calls it; absent: it is not simulated. */
  engine?: string
}

/** `name alias engine @since off`; `-` for what is absent. */
const TABLE = `
serviceaccount-token-controller serviceaccount-token serviceaccount-token
endpoints-controller endpoint endpoints-controller
endpointslice-controller endpointslice endpointslice-controller
endpointslice-mirroring-controller endpointslicemirroring endpointslicemirroring-controller
replicationcontroller-controller replicationcontroller replicationcontroller-controller
pod-garbage-collector-controller podgc pod-garbage-collector
resourcequota-controller resourcequota resourcequota
namespace-controller namespace namespace
serviceaccount-controller serviceaccount serviceaccount
garbage-collector-controller garbagecollector garbage-collector-controller
daemonset-controller daemonset daemonset-controller
job-controller job job-controller
deployment-controller deployment deployment
replicaset-controller replicaset replicaset
horizontal-pod-autoscaler-controller horizontalpodautoscaling horizontal-pod-autoscaler
disruption-controller disruption disruption-controller
statefulset-controller statefulset statefulset-controller
cronjob-controller cronjob cronjob-controller
certificatesigningrequest-signing-controller csrsigning csrsigning
certificatesigningrequest-approving-controller csrapproving csrapproving
certificatesigningrequest-cleaner-controller csrcleaner csrcleaner
podcertificaterequest-cleaner-controller - - @34
ttl-controller ttl ttl
bootstrap-signer-controller bootstrapsigner bootstrapsigner @0 off
token-cleaner-controller tokencleaner tokencleaner @0 off
node-ipam-controller nodeipam node-ipam-controller
node-lifecycle-controller nodelifecycle node-lifecycle-controller
service-lb-controller service -
node-route-controller route -
cloud-node-lifecycle-controller cloud-node-lifecycle -
persistentvolume-binder-controller persistentvolume-binder persistentvolume-binder
persistentvolume-attach-detach-controller attachdetach persistentvolume-attach-detach
persistentvolume-expander-controller persistentvolume-expander persistentvolume-expander
clusterrole-aggregation-controller clusterrole-aggregation clusterrole-aggregation
persistentvolumeclaim-protection-controller pvc-protection persistentvolumeclaim-protection
persistentvolume-protection-controller pv-protection persistentvolume-protection
volumeattributesclass-protection-controller - - @32
ttl-after-finished-controller ttl-after-finished ttl-after-finished-controller
root-ca-certificate-publisher-controller root-ca-cert-publisher root-ca-cert-publisher @20
kube-apiserver-serving-clustertrustbundle-publisher-controller - - @32
ephemeral-volume-controller ephemeral-volume ephemeral-volume @19
storageversion-garbage-collector-controller storage-version-gc - @20
resourceclaim-controller resource-claim-controller - @26
device-taint-eviction-controller - - @33
legacy-serviceaccount-token-cleaner-controller legacy-service-account-token-cleaner legacy-serviceaccount-token-cleaner @28
validatingadmissionpolicy-status-controller - validatingadmissionpolicy-status @28
taint-eviction-controller - taint-eviction-controller @29
service-cidr-controller - - @29
storage-version-migrator-controller - - @30
selinux-warning-controller - - @32 off
`

const absent = (word: string | undefined): string => (word === undefined || word === '-' ? '' : word)

export const CONTROLLER_NAMES: readonly ControllerName[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [name = '', alias, engine, since, off] = line.split(' ')
    return {
      name,
      alias: absent(alias),
      since: Number(since?.slice(1) ?? 0),
      offByDefault: off === 'off',
      ...(absent(engine) !== '' && { engine: absent(engine) }),
    }
  })

const known = (minor: number): ControllerName[] => CONTROLLER_NAMES.filter(({ since }) => since <= minor)

function namesOf({ name, alias }: ControllerName, minor: number): string[] {
  if (minor < 28) return [alias === '' ? name : alias]
  return alias === '' ? [name] : [name, alias]
}

/** What is wrong with a list, in upstream's words. */
export function controllerProblems(list: readonly string[], minor: number): string[] {
  const names = known(minor).flatMap((one) => namesOf(one, minor))
  return list
    .filter((word) => word !== '*' && !names.includes(word.replace(/^-/, '')))
    .map((word) => `${JSON.stringify(word.replace(/^-/, ''))} is not in the list of known controllers`)
}

/** Models controller-manager app.IsControllerEnabled. */
function isEnabled(controller: ControllerName, list: readonly string[], minor: number): boolean {
  const names = namesOf(controller, minor)
  if (list.some((word) => names.includes(word))) return true
  if (list.some((word) => names.includes(word.replace(/^-/, '')) && word.startsWith('-'))) return false
  return list.includes('*') && !controller.offByDefault
}

/** The controllers of the simulation that a list turns off, by the simulation's names. */
export function disabledControllers(list: readonly string[], minor: number): string[] {
  const off = CONTROLLER_NAMES.filter((one) => one.engine !== undefined && !isEnabled(one, list, minor))
  const names = off.filter(({ since }) => since <= minor).map(({ engine }) => engine as string)
  // Until 1.28 the taint manager was a part of node lifecycle.
  return minor < 29 && names.includes('node-lifecycle-controller') ? [...names, 'taint-eviction-controller'] : names
}
