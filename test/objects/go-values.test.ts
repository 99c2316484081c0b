/** Go values in errors: go-cmp's diff before 1.34, a unified diff of JSON after, `%#v` (recordings 10, 32, 40). */
import { expect, test } from 'vitest'
import { goType } from '../../engine/objects/validation/go-structs.ts'
import { goSyntax, inReleaseSyntax } from '../../engine/objects/validation/go-values.ts'
import { specDiff } from '../../engine/objects/validation/spec-diff.ts'
import diffs from './fixtures/go-diffs.json' with { type: 'json' }

/** The answers are those of github.com/google/go-cmp for the same specs. */
test.each(diffs.map((row, i) => ({ i, ...row })))(
  'a pod spec differs as go-cmp tells: $i',
  ({ before, after, diff }) => {
    expect(specDiff('PodSpec', before, after, { release: '1.33' })).toBe(diff)
  },
)

const pod = {
  containers: [{ name: 'p', image: 'nginx:1.26', terminationMessagePath: '/dev/termination-log' }],
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
}

test('from 1.34 on the difference is one of JSON with every field', () => {
  const after = { ...pod, restartPolicy: 'Never' }
  expect(specDiff('PodSpec', pod, after, { release: '1.36' })).toBe(
    [
      '@@ -35,7 +35,7 @@',
      '   }',
      '  ],',
      '  "EphemeralContainers": null,',
      '- "RestartPolicy": "Always",',
      '+ "RestartPolicy": "Never",',
      '  "TerminationGracePeriodSeconds": 30,',
      '  "ActiveDeadlineSeconds": null,',
      '  "DNSPolicy": "",',
      '',
    ].join('\n'),
  )
})

test('changes far apart are hunks of their own, and a release shows its own fields', () => {
  const after = { ...pod, schedulerName: 'mine', hostNetwork: true }
  const newest = specDiff('PodSpec', pod, after, { release: '1.36' })
  expect(newest.match(/^@@/gm)).toHaveLength(2)
  expect(newest).toContain('+  "HostNetwork": true,')
  expect(specDiff('PodSpec', pod, after, { release: '1.31' })).toContain('... // 14 identical fields\n  \t},')
})

test('a claim and a volume show their quantities and sources', () => {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'a' }
  expect(specDiff('PersistentVolumeClaimSpec', claim, { ...claim, storageClassName: 'b' }, { release: '1.33' })).toBe(
    [
      '  core.PersistentVolumeClaimSpec{',
      '  \t... // 2 identical fields',
      '  \tResources:        {Requests: {s"storage": {i: {...}, s: "1Gi", Format: "BinarySI"}}},',
      '  \tVolumeName:       "",',
      '- \tStorageClassName: &"a",',
      '+ \tStorageClassName: &"b",',
      '  \tVolumeMode:       nil,',
      '  \tDataSource:       nil,',
      '  \t... // 2 identical fields',
      '  }',
      '',
    ].join('\n'),
  )
  const path = (path: string): unknown => ({ hostPath: { path, type: '' } })
  expect(specDiff('PersistentVolumeSource', path('/a'), path('/b'), { release: '1.33' })).toContain(
    ['  \tHostPath: &core.HostPathVolumeSource{', '- \t\tPath: "/a",', '+ \t\tPath: "/b",', '  \t\tType: &"",'].join(
      '\n',
    ),
  )
})

test.each([
  [
    'v1.LabelSelector',
    { matchLabels: { app: 'x' } },
    'v1.LabelSelector{MatchLabels:map[string]string{"app":"x"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}',
  ],
  ['intstr.IntOrString', '150%', 'intstr.IntOrString{Type:1, IntVal:0, StrVal:"150%"}'],
  ['intstr.IntOrString', 0, 'intstr.IntOrString{Type:0, IntVal:0, StrVal:""}'],
  ['map[string]string', undefined, 'map[string]string(nil)'],
  ['rbac.RoleRef', { apiGroup: 'g', kind: 'Role', name: 'n' }, 'rbac.RoleRef{APIGroup:"g", Kind:"Role", Name:"n"}'],
  ['*int64', undefined, '(*int64)(nil)'],
  [
    'ResourceList',
    { cpu: '100m' },
    'core.ResourceList{"cpu":resource.Quantity{i:resource.int64Amount{value:100, scale:-3}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"100m", Format:"DecimalSI"}}',
  ],
])('%%#v of %s', (type, value, text) => {
  expect(goSyntax(goType(type, 33), value)).toBe(text)
})

test('a template is shown with all its fields', () => {
  const error = {
    type: 'Invalid' as const,
    field: 'spec.template',
    detail: 'field is immutable',
    badValue: { metadata: { labels: { a: 'b' } }, spec: pod },
  }
  const shown = (release: string): string => inReleaseSyntax([error], { release })[0]!.shown!
  expect(shown('1.33')).toMatch(
    /^core\.PodTemplateSpec\{ObjectMeta:v1\.ObjectMeta\{Name:"", GenerateName:"", .*CreationTimestamp:time\.Date\(1, time\.January, 1, 0, 0, 0, 0, time\.UTC\), DeletionTimestamp:<nil>, DeletionGracePeriodSeconds:\(\*int64\)\(nil\), Labels:map\[string\]string\{"a":"b"\}/,
  )
  expect(shown('1.33')).toContain('TerminationGracePeriodSeconds:(*int64)(0xc')
  expect(shown('1.36')).toMatch(
    /^\{"labels":\{"a":"b"\},"Spec":\{"Volumes":null,"InitContainers":null,"Containers":\[\{"Name":"p"/,
  )
})
