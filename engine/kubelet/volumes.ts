/**
 * Volumes of a pod as files. Models pkg/volume (configmap, secret, projected, downwardapi, emptydir, hostpath, local;
 * S7). Not modelled: CSI drivers, block volumes, networked volumes (NFS fails as on a host without its mount helper,
 * the others say that they are not simulated), fsGroup, modes.
 */
import { matchesNodeSelector } from '../objects/node-selector.ts'
import type {
  Container,
  HostPathVolumeSource,
  KeyToPath,
  Node,
  PersistentVolumeSpec,
  Pod,
  Volume,
} from '../objects/types.gen.ts'
import { claimReferents, needsAttach, usedVolumes, volumeBehind } from './claims.ts'
import { fieldValue, resourceValue } from './env.ts'
import type { VolumeMountSpec } from './runtime.ts'
import type { PodRecord, Referent } from './state.ts'

export interface VolumeFacts {
  hostIP: string
  allocatable: Record<string, string | number>
  token(serviceAccount: string): string
  hostPathKind(path: string): 'directory' | 'file' | 'socket' | undefined
  node?: Node
  /** A fake runtime mounts nothing. */
  hollow: boolean
}

/** `configmaps/name`, `secrets/name` and `persistentvolumeclaims/name` that the volumes need. */
export function volumeReferents(pod: Pod): string[] {
  const found = new Set<string>()
  for (const volume of usedVolumes(pod)) {
    if (volume.configMap?.name !== undefined) found.add(`configmaps/${volume.configMap.name}`)
    if (volume.secret?.secretName !== undefined) found.add(`secrets/${volume.secret.secretName}`)
    for (const { configMap, secret } of volume.projected?.sources ?? []) {
      if (configMap?.name !== undefined) found.add(`configmaps/${configMap.name}`)
      if (secret?.name !== undefined) found.add(`secrets/${secret.name}`)
    }
  }
  return [...found, ...claimReferents(pod)]
}

/** A volume that is not there yet; without a message nothing is said of it. */
export interface MountTrouble {
  volume: string
  message?: string
}

/** The volumes that cannot be set up, and why, in upstream's words. */
export function mountTroubles(record: PodRecord, facts: VolumeFacts): MountTrouble[] {
  return usedVolumes(record.pod).flatMap((volume): MountTrouble[] => {
    const trouble = troubleOf(record, volume, facts)
    if (trouble === undefined) return []
    return trouble === ATTACHING ? [{ volume: volume.name }] : [{ volume: volume.name, message: trouble }]
  })
}

/** The volume is not attached to the node; the attach-detach controller speaks of it. */
const ATTACHING = 'attaching'

function troubleOf(record: PodRecord, volume: Volume, facts: VolumeFacts): string | undefined {
  const referent = referentTrouble(record, volume)
  if (referent !== undefined) return setUpFailed(volume.name, referent)
  if (facts.hollow) return undefined
  const behind = volumeBehind(record, volume.name)
  if (behind === undefined) return inlineTrouble(record, volume, facts)
  const name = behind.metadata.name
  const required = behind.spec?.nodeAffinity?.required
  if (required !== undefined && facts.node !== undefined && !matchesNodeSelector(required, facts.node))
    return `MountVolume.NodeAffinity check failed for volume "${name}" : no matching NodeSelectorTerms`
  return persistentTrouble(record, name, behind.spec ?? {}, facts)
}

const setUpFailed = (name: string, why: string): string => `MountVolume.SetUp failed for volume "${name}" : ${why}`

function persistentTrouble(
  record: PodRecord,
  name: string,
  spec: PersistentVolumeSpec,
  facts: VolumeFacts,
): string | undefined {
  if (spec.hostPath !== undefined) return hostPathTrouble(name, spec.hostPath, facts)
  if (spec.local !== undefined)
    return facts.hostPathKind(spec.local.path) === undefined
      ? `MountVolume.NewMounter initialization failed for volume "${name}" : path "${spec.local.path}" does not exist`
      : undefined
  if (spec.nfs !== undefined) return nfsTrouble(record, name, spec.nfs)
  if (spec.csi !== undefined) return csiTrouble(record, name, spec.csi.driver)
  return setUpFailed(name, `not simulated: volume type ${typeOf(spec)}`)
}

function typeOf(spec: PersistentVolumeSpec): string {
  const others = ['capacity', 'accessModes', 'claimRef', 'nodeAffinity', 'mountOptions']
  return (
    Object.entries(spec).find(([key, value]) => typeof value === 'object' && !others.includes(key))?.[0] ?? 'unknown'
  )
}

const KNOWN = [
  'name',
  'configMap',
  'secret',
  'projected',
  'downwardAPI',
  'emptyDir',
  'persistentVolumeClaim',
  'ephemeral',
]

function inlineTrouble(record: PodRecord, volume: Volume, facts: VolumeFacts): string | undefined {
  if (volume.hostPath !== undefined) return hostPathTrouble(volume.name, volume.hostPath, facts)
  if (volume.nfs !== undefined) return nfsTrouble(record, volume.name, volume.nfs)
  if (volume.csi !== undefined)
    return setUpFailed(
      volume.name,
      `kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: ${unregistered(volume.csi.driver)}`,
    )
  const other = Object.entries(volume).find(([key, value]) => value !== undefined && !KNOWN.includes(key))
  return other === undefined ? undefined : setUpFailed(volume.name, `not simulated: volume type ${other[0]}`)
}

const unregistered = (driver: string): string => `driver name ${driver} not found in the list of registered CSI drivers`

function csiTrouble(record: PodRecord, name: string, driver: string): string {
  if (needsAttach(record, driver)) return ATTACHING
  return `MountVolume.MountDevice failed for volume "${name}" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: ${unregistered(driver)}`
}

/** The hosts have no mount helper for NFS. */
function nfsTrouble(record: PodRecord, name: string, { server, path }: { server: string; path: string }): string {
  const target = `/var/lib/kubelet/pods/${record.uid}/volumes/kubernetes.io~nfs/${name}`
  const output = `mount: ${target}: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.`
  const command = `Mounting command: mount\nMounting arguments: -t nfs ${server}:${path} ${target}`
  return setUpFailed(name, `mount failed: exit status 32\n${command}\nOutput: ${output}\n`)
}

interface Wanted {
  kind: 'configmaps' | 'secrets'
  name: string
  optional: boolean
  items?: KeyToPath[]
}

function wantedBy(volume: Volume): Wanted[] {
  const wanted: Wanted[] = []
  const { configMap, secret } = volume
  if (configMap !== undefined)
    wanted.push({
      kind: 'configmaps',
      name: configMap.name ?? '',
      optional: configMap.optional === true,
      items: configMap.items,
    })
  if (secret !== undefined)
    wanted.push({
      kind: 'secrets',
      name: secret.secretName ?? '',
      optional: secret.optional === true,
      items: secret.items,
    })
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap !== undefined)
      wanted.push({
        kind: 'configmaps',
        name: source.configMap.name ?? '',
        optional: source.configMap.optional === true,
        items: source.configMap.items,
      })
    if (source.secret !== undefined)
      wanted.push({
        kind: 'secrets',
        name: source.secret.name ?? '',
        optional: source.secret.optional === true,
        items: source.secret.items,
      })
  }
  return wanted
}

function referentTrouble(record: PodRecord, volume: Volume): string | undefined {
  for (const { kind, name, optional, items } of wantedBy(volume)) {
    const found = record.referents[`${kind}/${name}`]
    if (optional) continue
    if (found === null || found === undefined)
      return `${kind === 'configmaps' ? 'configmap' : 'secret'} "${name}" not found`
    const missing = items?.find(({ key }) => found.data[key] === undefined)
    if (missing !== undefined)
      return kind === 'configmaps'
        ? `configmap references non-existent config key: ${missing.key}`
        : `references non-existent secret key: ${missing.key}`
  }
  return undefined
}

/** What the types of hostPath ask for, and how their refusal names it. Models pkg/volume/hostpath checkType. */
const HOST_PATH_TYPES: Record<string, { kind: string; word: string }> = {
  Directory: { kind: 'directory', word: 'directory' },
  File: { kind: 'file', word: 'file' },
  Socket: { kind: 'socket', word: 'socket file' },
  CharDevice: { kind: 'character', word: 'character device' },
  BlockDevice: { kind: 'block', word: 'block device' },
}

function hostPathTrouble(
  name: string,
  { path, type = '' }: HostPathVolumeSource,
  facts: VolumeFacts,
): string | undefined {
  const wanted = HOST_PATH_TYPES[type.replace(/OrCreate$/, '')]
  if (wanted === undefined) return undefined
  const kind = facts.hostPathKind(path)
  if (kind === wanted.kind) return undefined
  if (kind === undefined && type === 'DirectoryOrCreate') return undefined
  if (kind !== undefined || type !== 'FileOrCreate')
    return setUpFailed(name, `hostPath type check failed: ${path} is not a ${wanted.word}`)
  const parent = path.slice(0, Math.max(1, path.lastIndexOf('/')))
  return facts.hostPathKind(parent) === 'directory'
    ? undefined
    : setUpFailed(name, `open ${path}: no such file or directory`)
}

function pick(found: Referent | undefined, items: KeyToPath[] | undefined): Record<string, string> {
  if (found === null || found === undefined) return {}
  if (items === undefined || items.length === 0) return found.data
  return Object.fromEntries(
    items.flatMap(({ key, path }) => (found.data[key] === undefined ? [] : [[path, found.data[key]]])),
  )
}

/** The files that a volume holds by itself; undefined for a volume that is somebody's directory. */
export function volumeFiles(record: PodRecord, volume: Volume, facts: VolumeFacts): Record<string, string> | undefined {
  const wanted = wantedBy(volume)
  if (volume.configMap !== undefined || volume.secret !== undefined)
    return pick(record.referents[`${wanted[0]?.kind}/${wanted[0]?.name}`], wanted[0]?.items)
  if (volume.downwardAPI !== undefined) return downward(record, volume.downwardAPI.items ?? [], facts)
  if (volume.projected === undefined) return undefined
  const files: Record<string, string> = {}
  for (const one of wanted) Object.assign(files, pick(record.referents[`${one.kind}/${one.name}`], one.items))
  for (const source of volume.projected.sources ?? []) {
    if (source.downwardAPI !== undefined) Object.assign(files, downward(record, source.downwardAPI.items ?? [], facts))
    if (source.serviceAccountToken !== undefined)
      putToken(files, source.serviceAccountToken.path, () =>
        facts.token(record.pod.spec?.serviceAccountName ?? 'default'),
      )
  }
  return files
}

/** A token is signed when somebody reads it. */
function putToken(files: Record<string, string>, path: string, token: () => string): void {
  Object.defineProperty(files, path, { get: token, enumerable: true, configurable: true })
}

type DownwardItems = NonNullable<NonNullable<Volume['downwardAPI']>['items']>

function downward(record: PodRecord, items: DownwardItems, facts: VolumeFacts): Record<string, string> {
  const owner = (record.pod.spec?.containers ?? [])[0] as Container
  return Object.fromEntries(
    items.map(({ path, fieldRef, resourceFieldRef }) => {
      if (fieldRef !== undefined) return [path, fieldValue(record, fieldRef.fieldPath, facts.hostIP)]
      return [
        path,
        resourceFieldRef === undefined ? '' : resourceValue(record.pod, owner, resourceFieldRef, facts.allocatable),
      ]
    }),
  )
}

/** The mounts of a container; `env` is what subPathExpr may name. */
export function mountsOf(
  record: PodRecord,
  container: Container,
  facts: VolumeFacts,
  env: Record<string, string> = {},
): VolumeMountSpec[] {
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const subPath =
      mount.subPathExpr?.replace(/\$\(([^)]+)\)/g, (all, name: string) => env[name] ?? all) ?? mount.subPath
    const volume = (record.pod.spec?.volumes ?? []).find(({ name }) => name === mount.name)
    if (volume === undefined) return []
    return [
      {
        path: mount.mountPath,
        ...(subPath !== undefined && subPath !== '' && { subPath }),
        readOnly: mount.readOnly === true,
        volume: volumeOf(record, volume, facts),
      },
    ]
  })
}

function volumeOf(record: PodRecord, volume: Volume, facts: VolumeFacts): VolumeMountSpec['volume'] {
  const id = `${record.uid}/${volume.name}`
  const files = volumeFiles(record, volume, facts)
  if (files !== undefined) return { kind: 'files', id, files }
  if (volume.hostPath !== undefined) return onHost(volume.hostPath)
  const behind = volumeBehind(record, volume.name)?.spec
  if (behind?.hostPath !== undefined) return onHost(behind.hostPath)
  if (behind?.local !== undefined) return onHost(behind.local)
  return { kind: 'emptyDir', id }
}

/** Paths of the host that mounting makes; a hostPath without a type is made by the container runtime. */
export function madeHostPaths(record: PodRecord): { path: string; kind: 'directory' | 'file' }[] {
  return usedVolumes(record.pod).flatMap((volume) => {
    const source = volume.hostPath ?? volumeBehind(record, volume.name)?.spec?.hostPath
    if (source === undefined || (source.type && !source.type.endsWith('OrCreate'))) return []
    return [{ path: source.path, kind: source.type === 'FileOrCreate' ? ('file' as const) : ('directory' as const) }]
  })
}

function onHost({ path, type }: HostPathVolumeSource): VolumeMountSpec['volume'] {
  return { kind: 'hostPath', path, ...(type === 'FileOrCreate' && { isFile: true }) }
}

/** The text of a file that a `files` volume shows at a path; undefined: not there (or not such a volume). */
export function mountedText(mounts: VolumeMountSpec[], path: string): string | undefined {
  for (const mount of mounts) {
    if (mount.volume.kind !== 'files') continue
    if (mount.subPath !== undefined && mount.path === path) return mount.volume.files[mount.subPath]
    const base = mount.path.endsWith('/') ? mount.path : `${mount.path}/`
    if (mount.subPath === undefined && path.startsWith(base)) return mount.volume.files[path.slice(base.length)]
  }
  return undefined
}

/** Whether a mount covers the path, so that the image's own file there is hidden. */
export function covered(mounts: VolumeMountSpec[], path: string): boolean {
  return mounts.some(
    (mount) => path === mount.path || path.startsWith(mount.path.endsWith('/') ? mount.path : `${mount.path}/`),
  )
}
