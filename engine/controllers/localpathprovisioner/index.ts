/**
 * Models rancher/local-path-provisioner on sig-storage-lib-external-provisioner (S3), as kind and k3s have it: a
 * directory of the node that the scheduler selected, made and removed by helper pods. It runs where a container of
 * its image runs, in the namespace local-path-storage. Not modelled: node paths by node, the helper pod's own
 * template and scripts, sharedFileSystemPath, timeouts, failure thresholds.
 */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../objects/types.gen.ts'
import { quantityValue } from '../../objects/quantity.ts'
import {
  PROVISIONED_BY,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
  annotation,
  capacityOf,
  requestOf,
  storageClassOf,
} from '../../objects/volume-match.ts'
import type { KubeObject } from '../../api/client.ts'
import { keyOf, splitKey } from '../controller.ts'
import type { ApiWrite, Context, Controller, Write } from '../controller.ts'

export const LOCAL_PATH = 'rancher.io/local-path'
export const LOCAL_PATH_NAMESPACE = 'local-path-storage'
export const LOCAL_PATH_ACCOUNT = 'local-path-provisioner-service-account'
const SELECTED = 'local.path.provisioner/selected-node'
const BASE_PATH = '/opt/local-path-provisioner'
const HELPER_IMAGE = 'docker.io/library/busybox:1.36'
const HOSTNAME = 'kubernetes.io/hostname'
const MODES = ['ReadWriteOnce', 'ReadWriteOncePod']

const CLAIMS = 'v1/persistentvolumeclaims'
const VOLUMES = 'v1/persistentvolumes'
const PODS = 'v1/pods'
const NODES = 'v1/nodes'
const CLASSES = 'storage.k8s.io/v1/storageclasses'

type Action = 'create' | 'delete'

export const localPathProvisioner: Controller = {
  name: 'local-path-provisioner',
  watches: [
    { resource: CLAIMS, keys: ({ object }) => [`claim/${keyOf(object)}`] },
    { resource: VOLUMES, keys: ({ object }) => [`volume/${object.metadata.name}`] },
    { resource: PODS, keys: ({ object }) => helperKeys(object as Pod) },
    { resource: NODES, keys: () => [] },
    { resource: CLASSES, keys: () => [] },
  ],
  reconcile(context, key) {
    const { namespace: kind, name: rest } = splitKey(key)
    return kind === 'claim' ? reconcileClaim(context, rest) : reconcileVolume(context, rest)
  },
}

const helperName = (action: Action, volume: string): string => `helper-pod-${action}-${volume}`

/** What a helper pod works for stands in its annotations. */
function helperKeys({ metadata }: Pod): string[] {
  const target = metadata.namespace === LOCAL_PATH_NAMESPACE ? metadata.annotations?.[TARGET] : undefined
  return target === undefined ? [] : [target]
}
const TARGET = 'local.path.provisioner/target'

function reconcileClaim(context: Context, rest: string): Write[] {
  const { namespace, name } = splitKey(rest)
  const claim = context.cache<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
  if (claim === undefined || claim.spec?.volumeName || annotation(claim, STORAGE_PROVISIONER) !== LOCAL_PATH) return []
  const storageClass = context.cache<StorageClass>(CLASSES).get('', storageClassOf(claim))
  const node = annotation(claim, SELECTED_NODE)
  if (storageClass?.provisioner !== LOCAL_PATH) return []
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !node) return []
  const volume = `pvc-${claim.metadata.uid}`
  if (context.cache<PersistentVolume>(VOLUMES).get('', volume) !== undefined) return []
  const refused = refusal(claim, node)
  return refused === undefined
    ? provision(context, claim, storageClass, node as string, volume)
    : [tell(claim, 'Warning', 'ProvisioningFailed', failure(storageClass, refused))]
}

const failure = ({ metadata }: StorageClass, why: string): string =>
  `failed to provision volume with StorageClass "${metadata.name}": ${why}`

function refusal({ spec }: PersistentVolumeClaim, node: string | undefined): string | undefined {
  if (spec?.selector !== undefined) return 'claim.Spec.Selector is not supported'
  if ((spec?.accessModes ?? []).some((mode) => !MODES.includes(mode)))
    return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes'
  return node ? undefined : 'configuration error, no node was specified'
}

function tell(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): Write {
  return { verb: 'event', about, type, reason, message, source: `${LOCAL_PATH}_local-path-provisioner` }
}

/** The directory first, by a helper pod; then the volume. */
function provision(
  context: Context,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: string,
  name: string,
): Write[] {
  const { namespace, name: claimName } = claim.metadata
  const path = `${BASE_PATH}/${name}_${namespace}_${claimName}`
  const pod = context.cache<Pod>(PODS).get(LOCAL_PATH_NAMESPACE, helperName('create', name))
  if (pod === undefined)
    return [
      tell(
        claim,
        'Normal',
        'Provisioning',
        `External provisioner is provisioning volume for claim "${namespace}/${claimName}"`,
      ),
      helperPod('create', { target: `claim/${namespace}/${claimName}`, name, node, path, bytes: requestOf(claim) }),
    ]
  if (pod.status?.phase !== 'Succeeded' || pod.metadata.deletionTimestamp !== undefined) return []
  const hostname = context.cache<Node>(NODES).get('', node)?.metadata.labels?.[HOSTNAME] ?? node
  return [
    { verb: 'create', resource: VOLUMES, body: volumeFor(claim, storageClass, { name, node, hostname, path }) },
    tell(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`),
    removal('create', name),
  ]
}

function volumeFor(
  { metadata, spec }: PersistentVolumeClaim,
  storageClass: StorageClass,
  { name, node, hostname, path }: { name: string; node: string; hostname: string; path: string },
): PersistentVolume {
  const { uid, namespace, resourceVersion } = metadata
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [SELECTED]: node, [PROVISIONED_BY]: LOCAL_PATH } },
    spec: {
      accessModes: spec?.accessModes,
      capacity: { storage: spec?.resources?.requests?.storage ?? '0' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: metadata.name,
        namespace,
        resourceVersion,
        uid,
      },
      hostPath: { path, type: 'DirectoryOrCreate' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [hostname] }] }],
        },
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: spec?.volumeMode,
    },
  }
}

/** A released volume: its directory goes, then the object. */
function reconcileVolume(context: Context, name: string): Write[] {
  const volume = context.cache<PersistentVolume>(VOLUMES).get('', name)
  if (volume === undefined || annotation(volume, PROVISIONED_BY) !== LOCAL_PATH) return []
  const { spec, status, metadata } = volume
  if (status?.phase !== 'Released' || spec?.persistentVolumeReclaimPolicy !== 'Delete') return []
  if (metadata.deletionTimestamp !== undefined) return []
  const pod = context.cache<Pod>(PODS).get(LOCAL_PATH_NAMESPACE, helperName('delete', name))
  const [node, path] = [annotation(volume, SELECTED) ?? '', spec.hostPath?.path ?? '']
  if (pod === undefined)
    return [helperPod('delete', { target: `volume/${name}`, name, node, path, bytes: capacityOf(volume) })]
  if (pod.status?.phase !== 'Succeeded' || pod.metadata.deletionTimestamp !== undefined) return []
  return [{ verb: 'delete', resource: VOLUMES, name }, removal('delete', name)]
}

function removal(action: Action, volume: string): ApiWrite {
  return { verb: 'delete', resource: PODS, namespace: LOCAL_PATH_NAMESPACE, name: helperName(action, volume) }
}

const SCRIPTS: Record<Action, string> = { create: 'mkdir -m 0777 -p "$VOL_DIR"', delete: 'rm -rf "$VOL_DIR"' }

function helperPod(
  action: Action,
  {
    target,
    name,
    node,
    path,
    bytes,
  }: { target: string; name: string; node: string; path: string; bytes: string | number },
): ApiWrite {
  const body: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: helperName(action, name),
      namespace: LOCAL_PATH_NAMESPACE,
      annotations: { [TARGET]: target },
    },
    spec: {
      nodeName: node,
      restartPolicy: 'Never',
      serviceAccountName: LOCAL_PATH_ACCOUNT,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'helper-pod',
          image: HELPER_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['/bin/sh', '-c', SCRIPTS[action]],
          env: [
            { name: 'VOL_DIR', value: path },
            { name: 'VOL_MODE', value: 'Filesystem' },
            { name: 'VOL_SIZE_BYTES', value: String(quantityValue(bytes)) },
          ],
          volumeMounts: [{ name: 'data', mountPath: BASE_PATH }],
        },
      ],
      volumes: [{ name: 'data', hostPath: { path: BASE_PATH, type: 'DirectoryOrCreate' } }],
    },
  }
  return { verb: 'create', resource: PODS, namespace: LOCAL_PATH_NAMESPACE, body }
}
