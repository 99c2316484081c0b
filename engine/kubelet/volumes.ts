/**
 * Volumes of a pod as files. Models pkg/volume (configmap, secret, projected, downwardapi, emptydir, hostpath).
 * Not modelled: CSI, NFS and other networked volumes beyond their name, subPathExpr, fsGroup, modes.
 */
import type { Container, KeyToPath, Pod, Volume } from '../objects/types.gen.ts'
import { fieldValue, resourceValue } from './env.ts'
import type { VolumeMountSpec } from './runtime.ts'
import type { PodRecord, Referent } from './state.ts'

export interface VolumeFacts {
  hostIP: string
  allocatable: Record<string, string | number>
  token(serviceAccount: string): string
  hostPathKind(path: string): 'directory' | 'file' | 'socket' | undefined
  claimName?(claim: string): string
}

/** Volumes that some container mounts; the others never matter. */
export function usedVolumes(pod: Pod): Volume[] {
  const used = new Set<string>()
  for (const container of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    for (const mount of container.volumeMounts ?? []) used.add(mount.name)
  }
  return (pod.spec?.volumes ?? []).filter(({ name }) => used.has(name))
}

/** `configmaps/name` and `secrets/name` that the volumes need. */
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
  return [...found]
}

/** Why a volume cannot be set up, in upstream's words; undefined when all can. */
export function mountTrouble(record: PodRecord, facts: VolumeFacts): { volume: string; message: string } | undefined {
  for (const volume of usedVolumes(record.pod)) {
    const message = referentTrouble(record, volume) ?? hostPathTrouble(volume, facts)
    if (message !== undefined)
      return { volume: volume.name, message: `MountVolume.SetUp failed for volume "${volume.name}" : ${message}` }
  }
  return undefined
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

function hostPathTrouble(volume: Volume, facts: VolumeFacts): string | undefined {
  const { path, type } = volume.hostPath ?? {}
  if (path === undefined || type === undefined || type === '' || type.endsWith('OrCreate')) return undefined
  const kind = facts.hostPathKind(path)
  const wanted = type.toLowerCase()
  return kind === wanted ? undefined : `hostPath type check failed: ${path} is not a ${wanted}`
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
      files[source.serviceAccountToken.path] = facts.token(record.pod.spec?.serviceAccountName ?? 'default')
  }
  return files
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

/** The mounts of a container. */
export function mountsOf(record: PodRecord, container: Container, facts: VolumeFacts): VolumeMountSpec[] {
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const volume = (record.pod.spec?.volumes ?? []).find(({ name }) => name === mount.name)
    if (volume === undefined) return []
    return [
      {
        path: mount.mountPath,
        ...(mount.subPath !== undefined && { subPath: mount.subPath }),
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
  if (volume.hostPath !== undefined) return { kind: 'hostPath', path: volume.hostPath.path }
  if (volume.persistentVolumeClaim !== undefined) {
    const claim = volume.persistentVolumeClaim.claimName
    return { kind: 'claim', id: facts.claimName?.(claim) ?? `${record.namespace}/${claim}`, claim }
  }
  return { kind: 'emptyDir', id }
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
