/** What an API server says of wrong Jobs, CronJobs and StatefulSets (R1.1, R2.1, R2.5, R3). */
import { describe, expect, it } from 'vitest'
import { applyDefaults } from '../../engine/objects/defaults/index.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'
import { makeFieldError, validateCreate, validateUpdate } from '../../engine/objects/validation/index.ts'

type Loose = Record<string, unknown>

const kinds = new KindRegistry()
const NEWEST = { release: '1.36' }
const c = { name: 'c', image: 'busybox' }
const labels = { a: 'b' }

const entryOf = (group: string, kind: string) => kinds.byKind(group, 'v1', kind)!

function complete(group: string, kind: string, fields: Loose): Loose {
  const metadata = { name: 'p', namespace: 'default', ...(fields.metadata as Loose | undefined) }
  return applyDefaults(entryOf(group, kind), { ...fields, metadata }) as Loose
}

const template = (spec: Loose = {}): Loose => ({
  metadata: { labels },
  spec: { restartPolicy: 'Never', containers: [c], ...spec },
})
const job = (spec: Loose): Loose => ({
  spec: { manualSelector: true, selector: { matchLabels: labels }, template: template(), ...spec },
})
const cronJob = (spec: Loose): Loose => ({
  spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: template() } }, ...spec },
})
const statefulSet = (spec: Loose): Loose => ({
  spec: {
    serviceName: 's',
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [c] } },
    ...spec,
  },
})

const errorsOf = (group: string, kind: string, fields: Loose): string[] =>
  validateCreate(entryOf(group, kind), complete(group, kind, fields), NEWEST).map(makeFieldError)

const jobErrors = (spec: Loose): string[] => errorsOf('batch', 'Job', job(spec))

function changeErrors(group: string, kind: string, old: Loose, next: Loose, release = '1.36'): string[] {
  const [after, before] = [complete(group, kind, next), complete(group, kind, old)]
  return validateUpdate(entryOf(group, kind), after, before, { release }).map(makeFieldError)
}

describe('Jobs', () => {
  it.each([
    [{ parallelism: -1 }, 'spec.parallelism: Invalid value: -1: must be greater than or equal to 0'],
    [
      { completionMode: 'Indexed', parallelism: 2 },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      { completionMode: 'Both' },
      'spec.completionMode: Unsupported value: "Both": supported values: "NonIndexed", "Indexed"',
    ],
    [{ backoffLimitPerIndex: 1 }, 'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
    [
      { managedBy: 'me' },
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      { podReplacementPolicy: 'Never' },
      'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"',
    ],
    [
      { template: template({ restartPolicy: 'Always' }) },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      { template: template({ restartPolicy: 'OnFailure' }), podFailurePolicy: { rules: [] } },
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
  ])('%o', (spec, error) => {
    expect(jobErrors(spec)).toEqual([error])
  })

  it('reads the rules of a pod failure policy', () => {
    const rules = [
      { action: '', onPodConditions: [{ type: 'DisruptionTarget', status: 'Maybe' }] },
      { action: 'FailIndex', onExitCodes: { operator: 'In', containerName: 'x', values: [3, 0, 3] } },
      { action: 'Count' },
    ]
    expect(jobErrors({ podFailurePolicy: { rules } })).toEqual([
      'spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
      'spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      'spec.podFailurePolicy.rules[1].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
      'spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template',
      'spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
      'spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Duplicate value: 3',
      'spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
      'spec.podFailurePolicy.rules[2]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
    ])
  })

  it('reads the indexes of a success policy', () => {
    const rules = [
      { succeededIndexes: '0,2-9' },
      { succeededIndexes: '1-0' },
      { succeededIndexes: '0', succeededCount: 2 },
      {},
    ]
    expect(jobErrors({ completionMode: 'Indexed', completions: 5, successPolicy: { rules } })).toEqual([
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0,2-9": error parsing succeededIndexes: too large index: "9"',
      'spec.successPolicy.rules[1].succeededIndexes: Invalid value: "1-0": error parsing succeededIndexes: non-increasing order, previous: 1, current: 0',
      'spec.successPolicy.rules[2].succeededCount: Invalid value: 2: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)',
      'spec.successPolicy.rules[3]: Required value: at least one of succeededCount or succeededIndexes must be specified',
    ])
  })

  it('changes its completions only with its parallelism, and its template only while it is stopped', () => {
    const change = (old: Loose, next: Loose): string[] => changeErrors('batch', 'Job', job(old), job(next))
    const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 }
    expect(change(indexed, { ...indexed, completions: 4, parallelism: 4 })).toEqual([])
    expect(change(indexed, { ...indexed, completions: 4 })).toEqual([
      'spec.completions: Invalid value: 4: can only be modified in tandem with spec.parallelism',
    ])
    const moved = { template: template({ nodeSelector: { disk: 'ssd' } }) }
    expect(change({ suspend: true }, { suspend: true, ...moved })).toEqual([])
    expect(change({}, moved)[0]).toMatch(
      /^spec\.template: Invalid value: \{"labels":\{"a":"b"\},.*: field is immutable$/,
    )
  })
})

describe('CronJobs', () => {
  it.each([
    [
      { schedule: '61 * * * *' },
      'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
    ],
    [
      { schedule: 'TZ=UTC 0 * * * *' },
      'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [{ timeZone: 'Foo/Bar' }, 'spec.timeZone: Invalid value: "Foo/Bar": unknown time zone Foo/Bar'],
    [
      { timeZone: 'Local' },
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      { concurrencyPolicy: 'Never' },
      'spec.concurrencyPolicy: Unsupported value: "Never": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      { successfulJobsHistoryLimit: -1 },
      'spec.successfulJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
    ],
  ])('%o', (spec, error) => {
    expect(errorsOf('batch', 'CronJob', cronJob(spec))).toEqual([error])
  })

  it('keeps a zone that is in its schedule already', () => {
    const old = cronJob({ schedule: 'TZ=UTC 0 * * * *' })
    expect(changeErrors('batch', 'CronJob', old, cronJob({ schedule: 'TZ=UTC 5 * * * *' }))).toEqual([])
  })
})

describe('StatefulSets', () => {
  it.each([
    [
      { podManagementPolicy: 'Slow' },
      `spec.podManagementPolicy: Invalid value: "Slow": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      { updateStrategy: { type: 'Recreate' } },
      `spec.updateStrategy: Invalid value: {"Type":"Recreate","RollingUpdate":null}: must be 'RollingUpdate' or 'OnDelete'`,
    ],
    [
      { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Never' } },
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Never": supported values: "Retain", "Delete"',
    ],
    [{ ordinals: { start: -1 } }, 'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0'],
  ])('%o', (spec, error) => {
    expect(errorsOf('apps', 'StatefulSet', statefulSet(spec))).toEqual([error])
  })

  it('looks at the pods only when they are made: their volumes may come from claims', () => {
    const spec = { containers: [{ ...c, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] }
    expect(errorsOf('apps', 'StatefulSet', statefulSet({ template: { metadata: { labels }, spec } }))).toEqual([])
  })

  it('tells by release what may change', () => {
    const change = (release: string): string[] =>
      changeErrors('apps', 'StatefulSet', statefulSet({}), statefulSet({ serviceName: 'other' }), release)
    const text = (names: string): string[] => [
      `spec: Forbidden: updates to statefulset spec for fields other than ${names} are forbidden`,
    ]
    expect(change('1.33')).toEqual(
      text(
        "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'",
      ),
    )
    expect(change('1.32')).toEqual(
      text(
        "'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'",
      ),
    )
  })
})
