import { describe, expect, it } from 'vitest'
import { goName, makeName, makeRequest, poolKey } from '../../engine/pki/index.ts'
import { applyDefaults } from '../../engine/objects/defaults/index.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'
import { makeFieldError, validateCreate, validateUpdate } from '../../engine/objects/validation/index.ts'
import type { ValidationContext } from '../../engine/objects/validation/index.ts'

const kinds = new KindRegistry()
const entryOf = (group: string, kind: string) => kinds.byKind(group, 'v1', kind)!

type Loose = Record<string, unknown>

function complete(group: string, kind: string, fields: Loose): Loose {
  const entry = entryOf(group, kind)
  const given = { name: 'p', ...(fields.metadata as Loose | undefined) }
  const metadata = entry.namespaced ? { namespace: 'default', ...given } : given
  return applyDefaults(entry, { ...fields, metadata }) as Loose
}

const created = (group: string, kind: string, fields: Loose, ctx?: ValidationContext): string[] =>
  validateCreate(entryOf(group, kind), complete(group, kind, fields), ctx).map(makeFieldError)

const updated = (group: string, kind: string, old: Loose, fields: Loose, ctx?: ValidationContext): string[] =>
  validateUpdate(entryOf(group, kind), complete(group, kind, fields), complete(group, kind, old), ctx).map(
    makeFieldError,
  )

const c = { name: 'c', image: 'nginx' }
const pod = (spec: Loose): string[] => created('', 'Pod', { spec: { containers: [c], ...spec } })
const container = (fields: Loose): string[] => pod({ containers: [{ ...c, ...fields }] })
const at = 'spec.containers[0]'

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

describe('invalid pods (recording 27)', () => {
  it.each(['Upper', 'a_b', '-x', 'x.'])('refuses the name %s', (name) => {
    expect(created('', 'Pod', { metadata: { name }, spec: { containers: [c] } })).toEqual([
      `metadata.name: Invalid value: "${name}": ${SUBDOMAIN}`,
    ])
  })

  it('asks for a name and for containers', () => {
    expect(created('', 'Pod', { metadata: { name: '' } })).toEqual([
      'metadata.name: Required value: name or generateName is required',
      'spec.containers: Required value',
    ])
  })

  it.each<[string, string[], string]>([
    ['no image', pod({ containers: [{ name: 'c' }] }), `${at}.image: Required value`],
    [
      'same name twice',
      pod({ containers: [c, { ...c, image: 'redis' }] }),
      'spec.containers[1].name: Duplicate value: "c"',
    ],
    ['upper-case name', container({ name: 'C1' }), `${at}.name: Invalid value: "C1": ${LABEL}`],
    [
      'restart policy',
      pod({ restartPolicy: 'Sometimes' }),
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'pull policy',
      container({ imagePullPolicy: 'Maybe' }),
      `${at}.imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"`,
    ],
    [
      'port range',
      container({ ports: [{ containerPort: 70000 }] }),
      `${at}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
    ],
    [
      'port name twice',
      container({
        ports: [
          { containerPort: 80, name: 'http' },
          { containerPort: 81, name: 'http' },
        ],
      }),
      `${at}.ports[1].name: Duplicate value: "http"`,
    ],
    [
      'port name length',
      container({ ports: [{ containerPort: 80, name: 'this-port-name-is-too-long' }] }),
      `${at}.ports[0].name: Invalid value: "this-port-name-is-too-long": must be no more than 15 characters`,
    ],
    [
      'mount of nothing',
      container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      `${at}.volumeMounts[0].name: Not found: "v"`,
    ],
    [
      'volume twice',
      pod({ volumes: [{ name: 'v' }, { name: 'v', emptyDir: {} }] }),
      'spec.volumes[1].name: Duplicate value: "v"',
    ],
    [
      'two sources',
      pod({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] }),
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'request above limit',
      container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      `${at}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
    ],
    [
      'negative request',
      container({ resources: { requests: { cpu: '-1' } } }),
      `${at}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
    ],
    [
      'two handlers',
      container({ livenessProbe: { httpGet: { path: '/', port: 80 }, exec: { command: ['ls'] } } }),
      `${at}.livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type`,
    ],
    [
      'no handler',
      container({ livenessProbe: { periodSeconds: 3 } }),
      `${at}.livenessProbe: Required value: must specify a handler type`,
    ],
    [
      'success threshold',
      container({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 3 } }),
      `${at}.livenessProbe.successThreshold: Invalid value: 3: must be 1`,
    ],
    [
      'host port',
      pod({ hostNetwork: true, containers: [{ ...c, ports: [{ containerPort: 80, hostPort: 81 }] }] }),
      `${at}.ports[0].hostPort: Invalid value: 81: must match \`containerPort\` when \`hostNetwork\` is true`,
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual([expected])
  })

  it('says four things of a bare resource name', () => {
    const both = (list: string) => [
      `${at}.resources.${list}[gpu]: Invalid value: gpu: must be a standard resource type or fully qualified`,
      `${at}.resources.${list}[gpu]: Invalid value: gpu: must be a standard resource for containers`,
    ]
    expect(container({ resources: { limits: { gpu: '1' } } })).toEqual([...both('limits'), ...both('requests')])
  })

  it('takes any printable name of a variable from 1.32 on, and a negative grace period', () => {
    const env = [{ name: '1 X', value: 'a' }]
    expect(container({ env })).toEqual([])
    const old = created('', 'Pod', { spec: { containers: [{ ...c, env }] } }, { release: '1.31' })
    expect(old[0]).toContain(
      `${at}.env[0].name: Invalid value: "1 X": a valid environment variable name must consist of alphabetic`,
    )
    expect(pod({ terminationGracePeriodSeconds: -1 })).toEqual([])
  })
})

const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [c] } }
const workload = (spec: Loose = {}) => ({ spec: { selector: { matchLabels: { app: 'd' } }, template, ...spec } })

describe('workloads', () => {
  it('accepts a plain Deployment, ReplicaSet, DaemonSet and StatefulSet', () => {
    for (const kind of ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'])
      expect(created('apps', kind, workload())).toEqual([])
  })

  it('refuses negative replicas', () => {
    const text = 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'
    expect(created('apps', 'Deployment', workload({ replicas: -1 }))).toEqual([text])
  })

  it('says three things of an empty Deployment (recording 09)', () => {
    expect(created('apps', 'Deployment', { spec: { template: {} } })).toEqual([
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      'spec.template.spec.containers: Required value',
    ])
  })

  it('refuses an update that cannot move, and settings of the other strategy (C)', () => {
    const stuck = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } }
    expect(created('apps', 'Deployment', workload({ strategy: stuck }))).toEqual([
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ])
    expect(created('apps', 'Deployment', workload({ strategy: { type: 'Recreate', rollingUpdate: {} } }))).toEqual([
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ])
  })

  it('never changes a selector: first the mismatch, then the immutability (recording 32)', () => {
    const changed = workload({ selector: { matchLabels: { app: 'x' } } })
    expect(updated('apps', 'Deployment', workload(), changed)).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"d"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ])
  })

  it('lets a StatefulSet change only some fields (recording 32)', () => {
    expect(updated('apps', 'StatefulSet', workload(), workload({ replicas: 4 }))).toEqual([])
    expect(updated('apps', 'StatefulSet', workload(), workload({ serviceName: 'other' }))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ])
  })

  it('fixes completions of a Job, and reads its schedule', () => {
    const job = (spec: Loose) => ({
      spec: {
        template: { metadata: { labels: { a: 'b' } }, spec: { restartPolicy: 'Never', containers: [c] } },
        ...spec,
      },
    })
    const own = { manualSelector: true, selector: { matchLabels: { a: 'b' } } }
    expect(
      updated('batch', 'Job', job({ ...own, completions: 1 }), job({ ...own, completions: 5, parallelism: 2 })),
    ).toEqual(['spec.completions: Invalid value: 5: field is immutable'])
    expect(created('batch', 'CronJob', { spec: { schedule: 'bogus', jobTemplate: job({}) } })).toEqual([
      'spec.schedule: Invalid value: "bogus": expected exactly 5 fields, found 1: [bogus]',
    ])
  })
})

describe('updates (recording 32)', () => {
  const spec = { containers: [c], tolerations: [{ key: 'a', operator: 'Exists' }], activeDeadlineSeconds: 600 }
  const change = (fields: Loose, ctx?: ValidationContext) =>
    updated('', 'Pod', { spec }, { spec: { ...spec, ...fields } }, ctx)

  it('lets images, added tolerations and a shorter deadline pass', () => {
    const tolerations = [...spec.tolerations, { key: 'b', operator: 'Exists' }]
    const fields = {
      containers: [{ ...c, image: 'nginx:1', imagePullPolicy: 'Always' }],
      tolerations,
      activeDeadlineSeconds: 60,
    }
    expect(change(fields)).toEqual([])
    expect(change({ activeDeadlineSeconds: 900 })).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 900: must be less than or equal to previous value',
    ])
  })

  it('forbids the rest, with the difference', () => {
    const [text] = change({ containers: [{ ...c, command: ['ls'] }] })
    expect(text).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,.*\n@@ -/,
    )
    expect(text).toContain('\n+   "Command": [\n+    "ls"\n+   ],\n')
    expect(change({ nodeName: 'z2' }, { subresource: 'status' })).toEqual([])
  })

  it('freezes immutable ConfigMaps, and types of Secrets', () => {
    const frozen = { data: { a: '1' }, immutable: true }
    expect(updated('', 'ConfigMap', frozen, { ...frozen, data: { a: '2' } })).toEqual([
      'data: Forbidden: field is immutable when `immutable` is set',
    ])
    expect(updated('', 'ConfigMap', frozen, { ...frozen, immutable: false })).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
    ])
    expect(updated('', 'Secret', { data: { a: 'MQ==' } }, { data: { a: 'MQ==' }, type: 'kubernetes.io/tls' })).toEqual([
      'type: Invalid value: "kubernetes.io/tls": field is immutable',
      'data[tls.crt]: Required value',
      'data[tls.key]: Required value',
    ])
  })

  it('keeps cluster IPs, roles of bindings and uids', () => {
    const service = (clusterIP: string) => ({ spec: { clusterIP, ports: [{ port: 80 }] } })
    expect(updated('', 'Service', service('10.96.0.5'), service('10.96.100.100'))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.100.100"]: may not change once set',
    ])
    const binding = (name: string) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name } })
    expect(updated('rbac.authorization.k8s.io', 'RoleBinding', binding('r'), binding('other'))).toEqual([
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef',
    ])
    expect(updated('', 'ConfigMap', { metadata: { uid: 'a' } }, { metadata: { uid: 'x' } })).toEqual([
      'metadata.uid: Invalid value: "x": field is immutable',
    ])
  })

  it('adds no finalizer to what is being deleted (recording 16)', () => {
    const metadata = { deletionTimestamp: '2026-11-20T09:00:00Z', finalizers: ['example.com/a'] }
    expect(
      updated(
        '',
        'ConfigMap',
        { metadata },
        { metadata: { ...metadata, finalizers: ['example.com/a', 'example.com/more'] } },
      ),
    ).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
    ])
  })
})

describe('metadata and small kinds', () => {
  it.each<[string, string[], string]>([
    [
      'namespace name',
      created('', 'Namespace', { metadata: { name: 'Lab' } }),
      `metadata.name: Invalid value: "Lab": ${LABEL}`,
    ],
    [
      'owner without uid',
      created('', 'ConfigMap', {
        metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '' }] },
      }),
      'metadata.ownerReferences.uid: Invalid value: "": uid must not be empty',
    ],
    [
      'bare finalizer',
      created('', 'ConfigMap', { metadata: { finalizers: ['notqualified'] } }),
      'metadata.finalizers[0]: Invalid value: "notqualified": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      'no verbs',
      created('rbac.authorization.k8s.io', 'Role', { rules: [{ apiGroups: [''], resources: ['pods'] }] }),
      'rules[0].verbs: Required value: verbs must contain at least one value',
    ],
    [
      'both budgets',
      created('policy', 'PodDisruptionBudget', { spec: { minAvailable: 1, maxUnavailable: 1 } }),
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      'high priority',
      created('scheduling.k8s.io', 'PriorityClass', { value: 2000000000 }),
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ],
    ['no ports', created('', 'Service', { spec: { selector: { a: 'b' } } }), 'spec.ports: Required value'],
    [
      'class change',
      updated('storage.k8s.io', 'StorageClass', { provisioner: 'a' }, { provisioner: 'b' }),
      'provisioner: Forbidden: updates to provisioner are forbidden.',
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual([expected])
  })

  it('knows the names a quota may count (recording 26)', () => {
    expect(
      created('', 'ResourceQuota', { spec: { hard: { foo: '1', pods: '-1', 'count/deployments.apps': '2' } } }),
    ).toEqual([
      'spec.hard[foo]: Invalid value: foo: must be a standard resource type or fully qualified',
      'spec.hard[foo]: Invalid value: foo: must be a standard resource for quota',
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ])
  })

  it('checks what a certificate request asks for (recording 22)', () => {
    const request = btoa(makeRequest(makeName(goName('jane')), poolKey(0), []))
    const spec = { request, signerName: 'mine', usages: ['flying'], expirationSeconds: 60 }
    const errors = created('certificates.k8s.io', 'CertificateSigningRequest', { spec })
    expect(errors[0]).toMatch(
      /^spec\.usages\[0\]: Unsupported value: "flying": supported values: "any", "cert sign", "client auth"/,
    )
    expect(errors.slice(1)).toEqual([
      `spec.signerName: Invalid value: "mine": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
      'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)',
    ])
  })

  it('refuses a ConfigMap above a mebibyte (recording 46)', () => {
    expect(created('', 'ConfigMap', { data: { a: 'x'.repeat(1024 * 1024 + 1) } })).toEqual([
      '[]: Too long: may not be more than 1048576 bytes',
    ])
  })
})
