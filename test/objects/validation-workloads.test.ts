import { describe, expect, it } from 'vitest'
import { type Loose, refusals } from './validation-cases.ts'

const labels = { app: 'web' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
const whole = { selector: { matchLabels: labels }, template }
const PERCENT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
const of =
  (kind: string) =>
  (spec: Loose, release = '1.36'): string[] =>
    refusals('apps', kind, { spec: { ...whole, ...spec } }, { release })
const deployment = of('Deployment')
const daemons = of('DaemonSet')
const stateful = of('StatefulSet')
const rolling = (rollingUpdate: Loose, release?: string): string[] =>
  deployment({ strategy: { type: 'RollingUpdate', rollingUpdate } }, release)
const rollingDaemons = (rollingUpdate: Loose): string[] =>
  daemons({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
const r = 'spec.strategy.rollingUpdate'
const d = 'spec.updateStrategy.rollingUpdate'

describe('Workloads (C)', () => {
  it.each<[string, string[], string[]]>([
    [
      'nothing may move',
      rolling({ maxSurge: 0, maxUnavailable: 0 }),
      [`${r}.maxUnavailable: Invalid value: 0: may not be 0 when \`maxSurge\` is 0`],
    ],
    [
      'nothing may move, before 1.34',
      rolling({ maxSurge: 0, maxUnavailable: 0 }, '1.33'),
      [
        `${r}.maxUnavailable: Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:""}: may not be 0 when \`maxSurge\` is 0`,
      ],
    ],
    [
      'percentages of none',
      rolling({ maxSurge: '0%', maxUnavailable: '0%' }),
      [`${r}.maxUnavailable: Invalid value: "0%": may not be 0 when \`maxSurge\` is 0`],
    ],
    [
      'negative',
      rolling({ maxSurge: -1, maxUnavailable: 1 }),
      [`${r}.maxSurge: Invalid value: -1: must be greater than or equal to 0`],
    ],
    [
      'no percentage',
      rolling({ maxSurge: 'some', maxUnavailable: 1 }),
      [`${r}.maxSurge: Invalid value: "some": ${PERCENT}`],
    ],
    [
      'above all',
      rolling({ maxSurge: 1, maxUnavailable: '101%' }),
      [`${r}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`],
    ],
    [
      'strategy',
      deployment({ strategy: { type: 'Rolling' } }),
      ['spec.strategy.type: Unsupported value: "Rolling": supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      'selector operator',
      deployment({ selector: { matchExpressions: [{ key: 'a', operator: 'Is', values: ['b'] }] } }),
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Is","values":["b"]}]}: invalid label selector',
      ],
    ],
    [
      'deadline',
      deployment({ progressDeadlineSeconds: 5, minReadySeconds: 5 }),
      ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
    ],
    [
      'history',
      deployment({ revisionHistoryLimit: -1 }),
      ['spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'daemons: neither',
      rollingDaemons({ maxSurge: 0, maxUnavailable: 0 }),
      [`${d}.maxUnavailable: Required value: cannot be 0 when maxSurge is 0`],
    ],
    [
      'daemons: both',
      rollingDaemons({ maxSurge: 1, maxUnavailable: 1 }),
      [`${d}.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero`],
    ],
    [
      'daemons: strategy',
      daemons({ updateStrategy: { type: 'X' } }),
      ['spec.updateStrategy.type: Unsupported value: "X": supported values: "RollingUpdate", "OnDelete"'],
    ],
    [
      'daemons: restart policy',
      daemons({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'sets: none unavailable',
      stateful({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } }),
      [`${d}.maxUnavailable: Invalid value: 0: cannot be 0`],
    ],
    [
      'sets: partition',
      stateful({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } }),
      [`${d}.partition: Invalid value: -1: must be greater than or equal to 0`],
    ],
    [
      'sets: policy',
      stateful({ podManagementPolicy: 'X' }),
      ["spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'"],
    ],
    [
      'sets: mismatch',
      stateful({ selector: { matchLabels: { a: 'b' } } }),
      ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
    ],
    [
      'ephemeral containers',
      deployment({
        template: { ...template, spec: { ...template.spec, ephemeralContainers: [{ name: 'e', image: 'a' }] } },
      }),
      ['spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
    ],
    [
      'a padded image passes',
      deployment({ template: { ...template, spec: { containers: [{ name: 'c', image: ' nginx' }] } } }),
      [],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })

  it('holds replication controllers and pod templates to the same', () => {
    const controller = (spec: Loose): string[] => refusals('', 'ReplicationController', { spec: { template, ...spec } })
    expect(controller({ selector: { app: 'x' } })).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ])
    expect(refusals('', 'PodTemplate', { template: { spec: { containers: [] } } })).toEqual([
      'template.spec.containers: Required value',
    ])
  })
})
