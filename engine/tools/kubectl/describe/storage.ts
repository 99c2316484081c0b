/** Claims, volumes and their classes. Models kubectl/pkg/describe (K3, S10). */
import { formatAccessModes } from '../../../objects/columns/storage.ts'
import { humanDuration } from '../../../objects/duration.ts'
import type {
  CSINode,
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  Pod,
  StorageClass,
  VolumeAttributesClass,
} from '../../../objects/types.gen.ts'
import { isDefaultClass, storageClassOf } from '../../../objects/volume-match.ts'
import type { Run } from '../../../host/process.ts'
import { listAll } from '../builder.ts'
import type { Context } from '../command.ts'
import type { Describer } from './describer.ts'
import { sourceLines, titleText } from './volume-sources.ts'
import { annotationLines, labelLines, timeText, type Writer } from './writer.ts'

function* statusOf(object: PersistentVolume | PersistentVolumeClaim, ctx: Context): Run<string> {
  const { deletionTimestamp } = object.metadata
  if (!deletionTimestamp) return object.status?.phase ?? ''
  return `Terminating (lasts ${humanDuration((yield* ctx.p.now()) - Date.parse(deletionTimestamp))})`
}

export const pvcDescriber: Describer = {
  kinds: ['PersistentVolumeClaim'],
  *lines(w, object, ctx) {
    const claim = object as unknown as PersistentVolumeClaim
    const { metadata, spec, status } = claim
    w.field('Name', metadata.name)
    w.field('Namespace', metadata.namespace)
    w.field('StorageClass', storageClassOf(claim))
    w.field('Status', yield* statusOf(claim, ctx))
    w.field('Volume', spec?.volumeName ?? '')
    labelLines(w, 'Labels', metadata.labels)
    annotationLines(w, metadata.annotations)
    w.field('Finalizers', `[${(metadata.finalizers ?? []).join(' ')}]`)
    w.field('Capacity', spec?.volumeName ? (status?.capacity?.storage ?? '0') : '')
    w.field('Access Modes', spec?.volumeName ? formatAccessModes(status?.accessModes) : '')
    w.optional('VolumeMode', spec?.volumeMode)
    dataSourceLines(w, spec)
    const users = yield* usersOf(claim, ctx)
    if (users.length === 0) w.field('Used By', '<none>')
    users.forEach((name, i) => w.line(0, `${i === 0 ? 'Used By:' : ''}\t${name}`))
    conditionLines(w, status?.conditions ?? [])
  },
}

function dataSourceLines(w: Writer, spec: PersistentVolumeClaimSpec | undefined): void {
  const { dataSource } = spec ?? {}
  if (dataSource === undefined) return
  w.line(0, 'DataSource:')
  w.optional('APIGroup', dataSource.apiGroup, 1)
  w.field('Kind', dataSource.kind, 1)
  w.field('Name', dataSource.name, 1)
}

/** Pods that name the claim, then those that own it. */
function* usersOf({ metadata }: PersistentVolumeClaim, ctx: Context): Run<string[]> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const pods = (yield* listAll(ctx, type, metadata.namespace ?? '')) as unknown as Pod[]
  const named = pods.filter(({ spec }) =>
    (spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === metadata.name),
  )
  const owners = (metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'Pod').map(({ uid }) => uid)
  const owning = pods.filter((pod) => owners.includes(pod.metadata.uid ?? '') && !named.includes(pod))
  return [...named, ...owning].map((pod) => pod.metadata.name)
}

type Conditions = NonNullable<NonNullable<PersistentVolumeClaim['status']>['conditions']>

function conditionLines(w: Writer, conditions: Conditions): void {
  if (conditions.length === 0) return
  const never = 'Mon, 01 Jan 0001 00:00:00 +0000'
  w.line(0, 'Conditions:')
  w.line(1, 'Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage')
  w.line(1, '----\t------\t-----------------\t------------------\t------\t-------')
  for (const { type, status, lastProbeTime, lastTransitionTime, reason = '', message = '' } of conditions) {
    const times = [lastProbeTime, lastTransitionTime].map((time) => timeText(time) || never)
    w.line(1, `${type} \t${status} \t${times.join(' \t')} \t${reason} \t${message}`)
  }
}

export const pvDescriber: Describer = {
  kinds: ['PersistentVolume'],
  *lines(w, object, ctx) {
    const volume = object as unknown as PersistentVolume
    const { metadata, spec, status } = volume
    w.field('Name', metadata.name)
    labelLines(w, 'Labels', metadata.labels)
    annotationLines(w, metadata.annotations)
    w.field('Finalizers', `[${(metadata.finalizers ?? []).join(' ')}]`)
    w.field('StorageClass', storageClassOf(volume))
    w.field('Status', yield* statusOf(volume, ctx))
    w.field('Claim', spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '')
    w.field('Reclaim Policy', spec?.persistentVolumeReclaimPolicy)
    w.field('Access Modes', formatAccessModes(spec?.accessModes))
    w.optional('VolumeMode', spec?.volumeMode)
    w.field('Capacity', spec?.capacity?.storage ?? '0')
    nodeAffinity(w, spec)
    w.field('Message', status?.message ?? '')
    w.line(0, 'Source:')
    const lines = sourceLines(spec ?? {}, true)
    if (lines === undefined) w.line(1, '<unknown>')
    for (const [title, value] of lines ?? [])
      w.line(2, title === '' ? `\t${String(value)}` : `${titleText(title)}\t${String(value)}`)
  },
}

function nodeAffinity(w: Writer, spec: PersistentVolume['spec']): void {
  const required = spec?.nodeAffinity?.required
  if (required === undefined) return w.line(0, 'Node Affinity:\t<none>')
  w.line(0, 'Node Affinity:\t')
  w.line(1, 'Required Terms:\t')
  required.nodeSelectorTerms.forEach(({ matchExpressions = [] }, i) => {
    const texts = matchExpressions.map(({ key, operator, values = [] }) => {
      const head = `${key} ${operator.toLowerCase()}`
      return values.length > 0 ? `${head} [${values.join(', ')}]` : head
    })
    termLines(w, 2, i, texts)
  })
}

function termLines(w: Writer, level: number, index: number, texts: string[]): void {
  w.line(level, `Term ${index}:\t${texts[0] ?? '<none>'}`)
  for (const text of texts.slice(1)) w.line(level, `\t${text}`)
}

/** `a=b,c=d`. Models labels.FormatLabels. */
function formatted(labels: Record<string, string> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort()
  return keys.map((key) => `${key}=${labels?.[key]}`).join(',') || '<none>'
}

export const storageClassDescriber: Describer = {
  kinds: ['StorageClass.storage.k8s.io'],
  *lines(w, object) {
    const of = object as unknown as StorageClass
    const { allowVolumeExpansion: expands, mountOptions = [], allowedTopologies } = of
    w.field('Name', of.metadata.name)
    w.field('IsDefaultClass', isDefaultClass(of) ? 'Yes' : 'No')
    w.field('Annotations', formatted(of.metadata.annotations))
    w.field('Provisioner', of.provisioner)
    w.field('Parameters', formatted(of.parameters))
    w.field('AllowVolumeExpansion', expands === undefined ? '<unset>' : expands ? 'True' : 'False')
    if (mountOptions.length === 0) w.field('MountOptions', '<none>')
    else w.line(0, ['MountOptions:', ...mountOptions.map((option) => `  ${option}`)].join('\n'))
    w.optional('ReclaimPolicy', of.reclaimPolicy)
    w.optional('VolumeBindingMode', of.volumeBindingMode)
    if (allowedTopologies === undefined) return
    w.line(0, 'AllowedTopologies:\t')
    allowedTopologies.forEach(({ matchLabelExpressions = [] }, i) =>
      termLines(
        w,
        1,
        i,
        matchLabelExpressions.map(({ key, values }) => `${key} in [${values.join(', ')}]`),
      ),
    )
  },
}

export const attributesClassDescriber: Describer = {
  kinds: ['VolumeAttributesClass.storage.k8s.io'],
  *lines(w, object) {
    const of = object as unknown as VolumeAttributesClass
    w.field('Name', of.metadata.name)
    w.field('Annotations', formatted(of.metadata.annotations))
    w.field('DriverName', of.driverName)
    w.field('Parameters', formatted(of.parameters))
  },
}

export const csiNodeDescriber: Describer = {
  kinds: ['CSINode.storage.k8s.io'],
  *lines(w, object) {
    const { metadata, spec } = object as unknown as CSINode
    w.field('Name', metadata.name)
    labelLines(w, 'Labels', metadata.labels)
    annotationLines(w, metadata.annotations)
    w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
    w.line(0, 'Spec:')
    if ((spec?.drivers ?? []).length > 0) w.line(1, 'Drivers:')
    for (const { name, nodeID, allocatable, topologyKeys } of spec?.drivers ?? []) {
      w.line(2, `${name}:`)
      w.field('Node ID', nodeID, 3)
      if (allocatable?.count !== undefined) {
        w.line(3, 'Allocatables:')
        w.field('Count', allocatable.count, 4)
      }
      if (topologyKeys !== undefined) w.field('Topology Keys', `[${topologyKeys.join(' ')}]`, 3)
    }
  },
}
