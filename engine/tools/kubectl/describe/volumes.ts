/** Volumes of a pod. Models kubectl/pkg/describe describeVolumes. */
import type { Volume } from '../../../objects/types.gen.ts'
import { sourceLines, titleText } from './volume-sources.ts'
import type { Line } from './volume-sources.ts'
import type { Writer } from './writer.ts'

/** A list of volumes; `space` indents those of a template. */
export function volumeLines(w: Writer, volumes: readonly Volume[] | undefined, space: string): void {
  if (!volumes?.length) return w.line(0, `${space}Volumes:\t<none>`)
  w.line(0, `${space}Volumes:`)
  for (const volume of volumes) {
    w.line(1, `${space ? ' ' : ''}${volume.name}:`)
    for (const [title, value] of linesOf(volume))
      w.line(
        2,
        title === ''
          ? `\t${String(value)}`
          : `${titleText(title)}\t${value === undefined || value === null ? '' : String(value)}`,
      )
    if (volume.ephemeral) claimTemplate(w, volume.ephemeral)
    if (volume.downwardAPI) downwardItems(w, volume)
  }
}

function downwardItems(w: Writer, volume: Volume): void {
  w.line(2, 'Items:')
  for (const item of volume.downwardAPI?.items ?? [])
    w.line(3, `${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource} -> ${item.path}`)
}

const EPHEMERAL = 'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)'

/** The claim that an ephemeral volume asks for. */
function claimTemplate(w: Writer, { volumeClaimTemplate }: NonNullable<Volume['ephemeral']>): void {
  if (volumeClaimTemplate === undefined) return
  const { metadata, spec } = volumeClaimTemplate
  w.field('StorageClass', spec.storageClassName ?? '', 2)
  w.field('Volume', spec.volumeName ?? '', 2)
  nestedLines(w, 'Labels', metadata?.labels, '=')
  nestedLines(w, 'Annotations', metadata?.annotations, ': ')
  w.field('Capacity', '', 2)
  w.field('Access Modes', '', 2)
  w.optional('VolumeMode', spec.volumeMode, 2)
}

/** Upstream's nested writer indents each of its pieces, so also the cells. */
function nestedLines(w: Writer, title: string, map: Record<string, string> | undefined, between: string): void {
  const cells = Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}${between}${map![key]}`)
  if (cells.length === 0) cells.push('<none>')
  cells.forEach((cell, i) => w.line(2, `${i === 0 ? `${title}:` : INDENT}\t${INDENT}${cell}`))
}

const INDENT = '    '

function linesOf(volume: Volume): Line[] {
  const { emptyDir, secret, configMap, persistentVolumeClaim, projected } = volume
  if (emptyDir)
    return [
      ['Type', "EmptyDir (a temporary directory that shares a pod's lifetime)"],
      ['Medium', emptyDir.medium ?? ''],
      ['SizeLimit', emptyDir.sizeLimit ?? '<unset>'],
    ]
  if (secret)
    return [
      ['Type', 'Secret (a volume populated by a Secret)'],
      ['SecretName', secret.secretName],
      ['Optional', secret.optional ?? false],
    ]
  if (configMap)
    return [
      ['Type', 'ConfigMap (a volume populated by a ConfigMap)'],
      ['Name', configMap.name],
      ['Optional', configMap.optional ?? false],
    ]
  if (persistentVolumeClaim)
    return [
      ['Type', 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)'],
      ['ClaimName', persistentVolumeClaim.claimName],
      ['ReadOnly', persistentVolumeClaim.readOnly ?? false],
    ]
  if (projected) return projectedLines(projected.sources ?? [])
  if (volume.downwardAPI) return [['Type', 'DownwardAPI (a volume populated by information about the pod)']]
  if (volume.ephemeral) return [['Type', EPHEMERAL]]
  return sourceLines(volume, false) ?? [['Type', '<unknown>']]
}

type Source = NonNullable<NonNullable<Volume['projected']>['sources']>[number]

function projectedLines(sources: readonly Source[]): Line[] {
  const lines: Line[] = [['Type', 'Projected (a volume that contains injected data from multiple sources)']]
  for (const source of sources) {
    if (source.secret) lines.push(['SecretName', source.secret.name], ['Optional', source.secret.optional ?? false])
    else if (source.downwardAPI) lines.push(['DownwardAPI', true])
    else if (source.configMap)
      lines.push(['ConfigMapName', source.configMap.name], ['Optional', source.configMap.optional ?? false])
    else if (source.serviceAccountToken)
      lines.push(['TokenExpirationSeconds', source.serviceAccountToken.expirationSeconds ?? 3600])
  }
  return lines
}
