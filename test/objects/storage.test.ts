/** Claims, volumes and classes: what is refused, and which volume fits which claim (S1, S2, S3, S6, S9). */
import { describe, expect, it } from 'vitest'
import type { PlainObject } from '../../engine/objects/decode.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../engine/objects/types.gen.ts'
import { makeFieldError } from '../../engine/objects/validation/index.ts'
import type { FieldError } from '../../engine/objects/validation/index.ts'
import {
  validateAttachment,
  validateCsiDriver,
  validateStorageClass,
  validateStorageClassUpdate,
} from '../../engine/objects/validation/storage-classes.ts'
import {
  validateClaim,
  validateClaimUpdate,
  validateVolume,
  validateVolumeUpdate,
} from '../../engine/objects/validation/storage.ts'
import {
  boundClaim,
  boundVolume,
  defaultStorageClass,
  findMatchingVolume,
  volumeGroups,
  volumeUnfit,
} from '../../engine/objects/volume-match.ts'

const texts = (errors: FieldError[]): string[] => errors.map(makeFieldError)
const volumeOf = (spec: PlainObject): PlainObject => ({
  metadata: { name: 'pv' },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
})
const claimWith = (spec: PlainObject, status: PlainObject = {}): PlainObject => ({
  metadata: { name: 'c', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  status,
})

describe('what is refused of a volume', () => {
  it.each<[string, PlainObject, string[]]>([
    ['no source', {}, ['spec: Required value: must specify a volume type']],
    [
      'two sources',
      { hostPath: { path: '/a' }, nfs: { server: 's', path: '/p' } },
      ['spec.nfs: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      'a local volume anywhere',
      { local: { path: '/a' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      'an affinity without constraints',
      { hostPath: { path: '/a' }, nodeAffinity: {} },
      ['spec.nodeAffinity.required: Required value: must specify required node constraints'],
    ],
    [
      'no size',
      { capacity: undefined, hostPath: { path: '/a' } },
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: "null": supported values: "storage"'],
    ],
    [
      'nothing of size',
      { capacity: { storage: '0' }, hostPath: { path: '/a' } },
      ['spec.capacity[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      'one pod and many',
      { accessModes: ['ReadWriteOncePod', 'ReadOnlyMany'], hostPath: { path: '/a' } },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      'the root to be recycled',
      { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' },
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
    [
      'a way out',
      { hostPath: { path: '/a/../b' } },
      ['spec.hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
    ],
    ['a driver without volume', { csi: { driver: 'x.io' } }, ['spec.csi.volumeHandle: Required value']],
    [
      'a relative export',
      { nfs: { server: 's', path: 'p' } },
      ['spec.nfs.path: Invalid value: "p": must be an absolute path'],
    ],
  ])('%s', (_name, spec, expected) => {
    expect(texts(validateVolume(volumeOf(spec)))).toEqual(expected)
  })

  it('keeps source, mode and affinity', () => {
    const old = volumeOf({ hostPath: { path: '/a' }, volumeMode: 'Filesystem', nodeAffinity: { required: {} } })
    const now = volumeOf({ hostPath: { path: '/b' }, volumeMode: 'Block' })
    expect(texts(validateVolumeUpdate(now, old, { release: '1.33' }))).toEqual([
      expect.stringContaining(
        'is immutable after creation\n  core.PersistentVolumeSource{\n  \tGCEPersistentDisk:    nil,',
      ),
      'volumeMode: Invalid value: "Block": field is immutable',
      'nodeAffinity: Invalid value: "null": field is immutable',
    ])
  })
})

describe('what is refused of a claim', () => {
  it.each<[string, PlainObject, string[]]>([
    ['no size', { resources: {} }, ['spec.resources[storage]: Required value']],
    ['no access mode', { accessModes: [] }, ['spec.accessModes: Required value: at least 1 access mode is required']],
    [
      'a wrong mode',
      { volumeMode: 'Raw' },
      ['spec.volumeMode: Unsupported value: "Raw": supported values: "Block", "Filesystem"'],
    ],
    [
      'a source of the core group',
      { dataSource: { kind: 'Pod', name: 'p' } },
      [
        'spec.dataSource: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      ],
    ],
  ])('%s', (_name, spec, expected) => {
    expect(texts(validateClaim(claimWith(spec)))).toEqual(expected)
  })

  it('may only grow once bound, and shrink no further than what it has', () => {
    const old = claimWith(
      { resources: { requests: { storage: '5Gi' } } },
      { phase: 'Bound', capacity: { storage: '1Gi' } },
    )
    const ask = (storage: string): PlainObject =>
      claimWith({ resources: { requests: { storage } } }, old.status as PlainObject)
    expect(validateClaimUpdate(ask('9Gi'), old, { release: '1.35' })).toEqual([])
    expect(validateClaimUpdate(ask('3Gi'), old, { release: '1.35' })).toEqual([])
    const field = 'spec.resources.requests.storage: Forbidden: field can not be less than'
    expect(texts(validateClaimUpdate(ask('1Gi'), old, { release: '1.35' }))).toEqual([`${field} status.capacity`])
    expect(texts(validateClaimUpdate(ask('3Gi'), old, { release: '1.30' }))).toEqual([`${field} previous value`])
  })

  it('shows what changed as go-cmp does, before 1.34 (recording 40)', () => {
    const old = claimWith(
      { storageClassName: 'manual', volumeName: 'small', volumeMode: 'Filesystem' },
      { phase: 'Bound' },
    )
    const now = claimWith({ storageClassName: 'x', volumeName: 'small', volumeMode: 'Filesystem' }, { phase: 'Bound' })
    expect(validateClaimUpdate(now, old, { release: '1.33' })[0]?.detail.split('\n').slice(1)).toEqual([
      '  core.PersistentVolumeClaimSpec{',
      '  \t... // 2 identical fields',
      '  \tResources:        {Requests: {s"storage": {i: {...}, s: "1Gi", Format: "BinarySI"}}},',
      '  \tVolumeName:       "small",',
      '- \tStorageClassName: &"manual",',
      '+ \tStorageClassName: &"x",',
      '  \tVolumeMode:       &"Filesystem",',
      '  \tDataSource:       nil,',
      '  \t... // 2 identical fields',
      '  }',
      '',
    ])
  })

  it('may get a class late, once', () => {
    const old = claimWith({})
    expect(validateClaimUpdate(claimWith({ storageClassName: 'standard' }), old)).toEqual([])
    expect(validateClaimUpdate(old, claimWith({ storageClassName: 'standard' }))).toHaveLength(1)
  })
})

describe('what is refused of the kinds of storage.k8s.io', () => {
  const storageClass: PlainObject = { provisioner: 'a.io/b', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }

  it('of a class', () => {
    expect(validateStorageClass(storageClass)).toEqual([])
    expect(texts(validateStorageClass({ ...storageClass, provisioner: '', reclaimPolicy: 'Recycle' }))).toEqual([
      'provisioner: Required value',
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    ])
    const now = { ...storageClass, provisioner: 'x', parameters: { a: 'b' }, volumeBindingMode: 'WaitForFirstConsumer' }
    expect(texts(validateStorageClassUpdate(now, storageClass))).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ])
  })

  it('of a driver and an attachment', () => {
    const spec = {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      volumeLifecycleModes: ['Never'],
    }
    expect(texts(validateCsiDriver({ spec }))).toEqual([
      'spec.volumeLifecycleModes: Unsupported value: "Never": supported values: "Persistent", "Ephemeral"',
    ])
    expect(texts(validateAttachment({ spec: { attacher: 'x.io', source: {}, nodeName: 'n' } }))).toEqual([
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ])
  })
})

describe('which volume fits which claim', () => {
  const volume = (name: string, storage: string, spec: PersistentVolume['spec'] = {}): PersistentVolume => ({
    metadata: { name },
    spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], storageClassName: 'm', ...spec },
    status: { phase: 'Available' },
  })
  const claim: PersistentVolumeClaim = {
    metadata: { name: 'c', namespace: 'default', uid: 'u', resourceVersion: '7' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'm', resources: { requests: { storage: '2Gi' } } },
  }
  const found = (volumes: PersistentVolume[], options = {}): string | undefined =>
    findMatchingVolume(claim, volumes, options)?.metadata.name

  it('takes the smallest that is large enough', () => {
    expect(found([volume('a', '1Gi'), volume('b', '10Gi'), volume('c', '3Gi')])).toBe('c')
    expect(found([volume('a', '3Gi', { storageClassName: 'other' })])).toBeUndefined()
    expect(found([volume('a', '3Gi', { volumeMode: 'Block' })])).toBeUndefined()
  })

  it('takes the one that names it, of whatever class', () => {
    const reserved = volume('r', '50Gi', { storageClassName: '', claimRef: { namespace: 'default', name: 'c' } })
    expect(found([volume('a', '3Gi'), reserved], { delayed: true })).toBe('r')
    expect(found([volume('a', '3Gi'), reserved])).toBe('r')
    expect(found([volume('a', '3Gi')], { delayed: true })).toBeUndefined()
    const foreign = volume('f', '3Gi', { claimRef: { namespace: 'default', name: 'c', uid: 'another' } })
    expect(found([foreign])).toBeUndefined()
  })

  it('tries volumes with the fewest access modes first', () => {
    const wide = volume('wide', '2Gi', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] })
    const groups = volumeGroups(claim, [wide, volume('narrow', '9Gi')])
    expect(groups.map((group) => group.map(({ metadata }) => metadata.name))).toEqual([['narrow'], ['wide']])
  })

  it('says why a named volume does not do', () => {
    expect(volumeUnfit(volume('a', '1Gi'), claim)).toBe('requested PV is too small')
    expect(volumeUnfit(volume('a', '2Gi', { storageClassName: 'x' }), claim)).toBe('storageClassName does not match')
    expect(volumeUnfit(volume('a', '2Gi', { accessModes: ['ReadOnlyMany'] }), claim)).toBe('incompatible accessMode')
    expect(volumeUnfit(volume('a', '2Gi'), claim)).toBeUndefined()
  })

  it('writes both into each other, and once', () => {
    const first = boundVolume(volume('a', '2Gi'), claim)
    expect(first.metadata.annotations).toEqual({ 'pv.kubernetes.io/bound-by-controller': 'yes' })
    expect(first.spec?.claimRef).toMatchObject({ name: 'c', namespace: 'default', uid: 'u', resourceVersion: '7' })
    expect(boundVolume(first, claim)).toBe(first)
    const bound = boundClaim(claim, first)
    expect(bound.spec?.volumeName).toBe('a')
    expect(boundClaim(bound, first)).toBe(bound)
  })

  it('has the newest default class', () => {
    const of = (name: string, creationTimestamp: string, value: string): StorageClass => ({
      metadata: { name, creationTimestamp, annotations: { 'storageclass.kubernetes.io/is-default-class': value } },
      provisioner: 'p',
    })
    const classes = [
      of('b', '2026-01-01T00:00:00Z', 'true'),
      of('a', '2026-01-01T00:00:00Z', 'true'),
      of('c', '2026-01-02T00:00:00Z', 'false'),
    ]
    expect(defaultStorageClass(classes)?.metadata.name).toBe('a')
    expect(defaultStorageClass([...classes, of('d', '2026-01-03T00:00:00Z', 'true')])?.metadata.name).toBe('d')
  })
})
