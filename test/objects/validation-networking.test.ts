import { describe, expect, it } from 'vitest'
import { changes, CIDR, DNS1035, LABEL, type Loose, NAME_PART, PORT, refusals, SUBDOMAIN } from './validation-cases.ts'

const GROUP = 'networking.k8s.io'
const WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const backend = { service: { name: 'web', port: { number: 80 } } }
const path = { path: '/', pathType: 'Prefix', backend }
const ingress = (spec: Loose, release?: string): string[] =>
  refusals(GROUP, 'Ingress', { spec }, release === undefined ? {} : { release })
const rule = (fields: Loose): string[] => ingress({ rules: [fields] })
const onPath = (fields: Loose): string[] => rule({ http: { paths: [{ ...path, ...fields }] } })
const at = 'spec.rules[0].http.paths[0]'

describe('Ingress (G5)', () => {
  it.each<[string, string[], string[]]>([
    ['a plain one', onPath({}), []],
    ['no rules', ingress({}), ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [
      'no rules, as a list',
      ingress({ rules: [] }),
      ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'no rules before 1.34',
      ingress({}, '1.33'),
      ['spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'host is an address',
      rule({ host: '10.0.0.1' }),
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    ['host', rule({ host: 'Foo.com' }), [`spec.rules[0].host: Invalid value: "Foo.com": ${SUBDOMAIN}`]],
    ['wildcard inside', rule({ host: 'a.*.com' }), [`spec.rules[0].host: Invalid value: "a.*.com": ${WILDCARD}`]],
    ['wildcard alone', rule({ host: '*' }), [`spec.rules[0].host: Invalid value: "*": ${WILDCARD}`]],
    ['wildcard', rule({ host: '*.example.com' }), []],
    ['no paths', rule({ http: { paths: [] } }), ['spec.rules[0].http.paths: Required value']],
    ['no path type', onPath({ pathType: undefined }), [`${at}.pathType: Required value: pathType must be specified`]],
    [
      'path type',
      onPath({ pathType: 'Regex' }),
      [`${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    ['relative path', onPath({ path: 'a' }), [`${at}.path: Invalid value: "a": must be an absolute path`]],
    [
      'relative path of any kind',
      onPath({ path: 'a', pathType: 'ImplementationSpecific' }),
      [`${at}.path: Invalid value: "a": must be an absolute path`],
    ],
    ['no path of any kind', onPath({ path: undefined, pathType: 'ImplementationSpecific' }), []],
    ['double slash', onPath({ path: '/a//b' }), [`${at}.path: Invalid value: "/a//b": must not contain '//'`]],
    [
      'dots',
      onPath({ path: '/a/../b/..' }),
      [
        `${at}.path: Invalid value: "/a/../b/..": must not contain '/../'`,
        `${at}.path: Invalid value: "/a/../b/..": cannot end with '/..'`,
      ],
    ],
    ['escaped slash', onPath({ path: '/a%2fb' }), [`${at}.path: Invalid value: "/a%2fb": must not contain '%2f'`]],
    [
      'no backend',
      onPath({ backend: {} }),
      [`${at}.backend: Invalid value: "": resource or service backend is required`],
    ],
    [
      'both backends',
      onPath({ backend: { ...backend, resource: { kind: 'A', name: 'b' } } }),
      [`${at}.backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      'no service name',
      onPath({ backend: { service: { port: { number: 80 } } } }),
      [`${at}.backend.service.name: Required value`],
    ],
    [
      'no service port',
      onPath({ backend: { service: { name: 'a' } } }),
      [`${at}.backend: Required value: port name or number is required`],
    ],
    [
      'both service ports',
      onPath({ backend: { service: { name: 'a', port: { name: 'b', number: 1 } } } }),
      [`${at}.backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      'service port number',
      onPath({ backend: { service: { name: 'a', port: { number: 65536 } } } }),
      [`${at}.backend.service.port.number: Invalid value: 65536: ${PORT}`],
    ],
    [
      'service port name',
      onPath({ backend: { service: { name: 'a', port: { name: 'a_b' } } } }),
      [
        `${at}.backend.service.port.name: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      ],
    ],
    [
      'resource without a name',
      onPath({ backend: { resource: { kind: 'A' } } }),
      [`${at}.backend.resource.name: Required value`],
    ],
    [
      'default backend',
      ingress({ defaultBackend: { service: { name: 'a' } } }),
      ['spec.defaultBackend: Required value: port name or number is required'],
    ],
    [
      'tls host',
      ingress({ defaultBackend: backend, tls: [{ hosts: ['A'], secretName: 'B' }] }),
      [
        `spec.tls[0].hosts[0]: Invalid value: "A": ${SUBDOMAIN}`,
        `spec.tls[0].secretName: Invalid value: "B": ${SUBDOMAIN}`,
      ],
    ],
    [
      'class name',
      ingress({ defaultBackend: backend, ingressClassName: 'A' }),
      [`spec.ingressClassName: Invalid value: "A": ${SUBDOMAIN}`],
    ],
    [
      'service name of digits before 1.36',
      ingress({ defaultBackend: { service: { name: '1a', port: { number: 1 } } } }, '1.35'),
      [`spec.defaultBackend.service.name: Invalid value: "1a": ${DNS1035}`],
    ],
    [
      'service name of digits',
      ingress({ defaultBackend: { service: { name: '1a', port: { number: 1 } } } }, '1.36'),
      [],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })

  it('holds the old annotation against the class', () => {
    const fields = {
      metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } },
      spec: { ingressClassName: 'b', defaultBackend: backend },
    }
    expect(refusals(GROUP, 'Ingress', fields)).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ])
  })

  const cls = (spec: Loose): string[] => refusals(GROUP, 'IngressClass', { spec })
  const parameters = { kind: 'A', name: 'b', scope: 'Cluster' }
  it.each<[string, Loose, string[]]>([
    ['no controller', {}, ['spec.controller: Required value']],
    [
      'no path',
      { controller: 'foo' },
      ['spec.controller: Invalid value: "foo": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    ['host', { controller: 'A.io/foo' }, [`spec.controller: Invalid value: "A.io": ${SUBDOMAIN}`]],
    [
      'parameters',
      { controller: 'a.io/b', parameters: {} },
      ['spec.parameters.kind: Required value', 'spec.parameters.name: Required value'],
    ],
    [
      'scope',
      { controller: 'a.io/b', parameters: { ...parameters, scope: 'X' } },
      ['spec.parameters.scope: Unsupported value: "X": supported values: "Cluster", "Namespace"'],
    ],
    [
      'namespace of a cluster',
      { controller: 'a.io/b', parameters: { ...parameters, namespace: 'n' } },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      'no namespace',
      { controller: 'a.io/b', parameters: { ...parameters, scope: 'Namespace' } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
  ])('class: %s', (_, spec, errors) => {
    expect(cls(spec)).toEqual(errors)
  })

  it('never changes the controller of a class', () => {
    const [a, b] = ['a.io/b', 'a.io/c'].map((controller) => ({ spec: { controller } }))
    expect(changes(GROUP, 'IngressClass', a!, b!)).toEqual([
      'spec.controller: Invalid value: "a.io/c": field is immutable',
    ])
  })
})

const policy = (spec: Loose, release?: string): string[] =>
  refusals(GROUP, 'NetworkPolicy', { spec: { podSelector: {}, ...spec } }, release === undefined ? {} : { release })
const peer = (fields: Loose): string[] => policy({ ingress: [{ from: [fields] }] })
const ports = (fields: Loose): string[] => policy({ egress: [{ ports: [fields] }] })

describe('NetworkPolicy (G6)', () => {
  it.each<[string, string[], string[]]>([
    ['everything', policy({}), []],
    [
      'selector',
      policy({ podSelector: { matchExpressions: [{ key: 'a', operator: 'Is' }] } }),
      ['spec.podSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'],
    ],
    [
      'selector label',
      policy({ podSelector: { matchLabels: { 'a b': 'c' } } }),
      [`spec.podSelector.matchLabels: Invalid value: "a b": ${NAME_PART}`],
    ],
    [
      'protocol',
      ports({ protocol: 'ICMP' }),
      ['spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"'],
    ],
    ['port', ports({ port: 70000 }), [`spec.egress[0].ports[0].port: Invalid value: 70000: ${PORT}`]],
    [
      'port name',
      ports({ port: 'A' }),
      [
        'spec.egress[0].ports[0].port: Invalid value: "A": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.egress[0].ports[0].port: Invalid value: "A": must contain at least one letter (a-z)',
      ],
    ],
    [
      'end before',
      ports({ port: 80, endPort: 79 }),
      ['spec.egress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`'],
    ],
    [
      'end of a name',
      ports({ port: 'http', endPort: 79 }),
      ['spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is non-numeric'],
    ],
    [
      'end of nothing',
      ports({ endPort: 79 }),
      ['spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is not specified'],
    ],
    ['empty peer', peer({}), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      'block and selector',
      peer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    ['no cidr', peer({ ipBlock: {} }), ['spec.ingress[0].from[0].ipBlock.cidr: Required value']],
    [
      'cidr',
      peer({ ipBlock: { cidr: '10.0.0.0/33' } }),
      [`spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": ${CIDR}`],
    ],
    [
      'except outside',
      peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['192.168.0.0/16'] } }),
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "192.168.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      'except all',
      peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }),
      ['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`'],
    ],
    ['except some', peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }), []],
    [
      'bits beyond',
      peer({ ipBlock: { cidr: '10.0.0.1/8' } }),
      [
        'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
      ],
    ],
    ['bits beyond before 1.36', policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }] }, '1.35'), []],
    [
      'type',
      policy({ policyTypes: ['Both'] }),
      ['spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"'],
    ],
    [
      'three types',
      policy({ policyTypes: ['Ingress', 'Egress', 'Both'] }),
      ['spec.policyTypes: Invalid value: ["Ingress","Egress","Both"]: may not specify more than two policyTypes'],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })

  it('lets CIDRs that stood there before stay', () => {
    const old = { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }] } }
    const next = { spec: { ...old.spec, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }] } }
    expect(changes(GROUP, 'NetworkPolicy', old, next)).toEqual([])
  })
})

describe('Access (A3)', () => {
  const RBAC = 'rbac.authorization.k8s.io'
  const role = (kind: string, fields: Loose): string[] => refusals(RBAC, kind, fields)
  const all = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }
  const ref = { apiGroup: RBAC, kind: 'ClusterRole', name: 'view' }
  const binding = (kind: string, roleRef: Loose, subjects: Loose[] = []): string[] => role(kind, { roleRef, subjects })
  it.each<[string, string[], string[]]>([
    [
      'no verbs',
      role('Role', { rules: [{ ...all, verbs: [] }] }),
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'no groups, no resources',
      role('Role', { rules: [{ verbs: ['get'] }] }),
      [
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      'URLs in a namespace',
      role('Role', { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] }),
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
    ],
    [
      'URLs and resources',
      role('ClusterRole', { rules: [{ ...all, nonResourceURLs: ['/x'] }] }),
      [
        'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
    [
      'aggregation',
      role('ClusterRole', { aggregationRule: {} }),
      [
        'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
      ],
    ],
    [
      'group of the role',
      binding('RoleBinding', { ...ref, apiGroup: 'rbac' }),
      ['roleRef.apiGroup: Unsupported value: "rbac": supported values: "rbac.authorization.k8s.io"'],
    ],
    [
      'kind of the role',
      binding('ClusterRoleBinding', { ...ref, kind: 'Role' }),
      ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    ],
    ['no name', binding('RoleBinding', { ...ref, name: '' }), ['roleRef.name: Required value']],
    [
      'name with a slash',
      binding('RoleBinding', { ...ref, name: 'a/b' }),
      ['roleRef.name: Invalid value: "a/b": may not contain \'/\''],
    ],
    [
      'kind of the subject',
      binding('RoleBinding', ref, [{ kind: 'Robot', name: 'a' }]),
      ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"'],
    ],
    [
      'account without a namespace',
      binding('ClusterRoleBinding', ref, [{ kind: 'ServiceAccount', name: 'a' }]),
      ['subjects[0].namespace: Required value'],
    ],
    [
      'account name',
      binding('RoleBinding', ref, [{ kind: 'ServiceAccount', name: 'A' }]),
      [`subjects[0].name: Invalid value: "A": ${SUBDOMAIN}`],
    ],
    [
      'account group',
      binding('RoleBinding', ref, [{ kind: 'ServiceAccount', name: 'a', apiGroup: RBAC }]),
      ['subjects[0].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""'],
    ],
    [
      'nameless user',
      binding('RoleBinding', ref, [{ kind: 'User', name: '', apiGroup: RBAC }]),
      ['subjects[0].name: Required value', 'subjects[0].name: Invalid value: "": user name cannot be empty'],
    ],
    [
      'group of another group',
      binding('RoleBinding', ref, [{ kind: 'Group', name: 'a', apiGroup: 'x' }]),
      ['subjects[0].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"'],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })
})

describe('Small kinds', () => {
  const node = (fields: Loose): string[] => refusals('', 'Node', fields)
  const taint = { key: 'a', effect: 'NoSchedule' }
  it.each<[string, string[], string[]]>([
    ['taint without effect', node({ spec: { taints: [{ key: 'a' }] } }), ['metadata.taints[0].effect: Required value']],
    [
      'taint effect',
      node({ spec: { taints: [{ key: 'a', effect: 'X' }] } }),
      [
        'metadata.taints[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      'taint twice',
      node({ spec: { taints: [taint, taint] } }),
      [
        'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      ],
    ],
    ['pod range', node({ spec: { podCIDR: 'x', podCIDRs: ['x'] } }), [`spec.podCIDRs[0]: Invalid value: "x": ${CIDR}`]],
    [
      'half a pod',
      node({ status: { capacity: { pods: '1500m' } } }),
      ['capacity', 'allocatable'].map((list) => `status.${list}.pods: Invalid value: "1500m": must be an integer`),
    ],
    [
      'runtime handler',
      refusals('node.k8s.io', 'RuntimeClass', { handler: 'A' }),
      [`handler: Invalid value: "A": ${LABEL}`],
    ],
    [
      'system class',
      refusals('scheduling.k8s.io', 'PriorityClass', { metadata: { name: 'system-mine' }, value: 1 }),
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
      ],
    ],
    [
      'system value',
      refusals('scheduling.k8s.io', 'PriorityClass', { metadata: { name: 'system-node-critical' }, value: 1 }),
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
      ],
    ],
    [
      'preemption',
      refusals('scheduling.k8s.io', 'PriorityClass', { value: 1, preemptionPolicy: 'X' }),
      ['preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'],
    ],
    [
      'lease',
      refusals('coordination.k8s.io', 'Lease', { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }),
      [
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
    [
      'preferred holder',
      refusals('coordination.k8s.io', 'Lease', { spec: { preferredHolder: 'a' } }),
      ['spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined'],
    ],
    [
      'TLS secret',
      refusals('', 'Secret', { type: 'kubernetes.io/tls', data: {} }),
      ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
    ],
    [
      'basic auth',
      refusals('', 'Secret', { type: 'kubernetes.io/basic-auth' }),
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    [
      'registry',
      refusals('', 'Secret', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'bm90anNvbg==' } }),
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'n\' looking for beginning of value',
      ],
    ],
    [
      'ssh',
      refusals('', 'Secret', { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } }),
      ['data[ssh-privatekey]: Required value'],
    ],
    [
      'token',
      refusals('', 'Secret', { type: 'kubernetes.io/service-account-token' }),
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [
      'key in both',
      refusals('', 'ConfigMap', { data: { a: 'b' }, binaryData: { a: 'Yg==' } }),
      ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    ],
    [
      'key',
      refusals('', 'ConfigMap', { data: { 'a b': 'c' } }),
      [
        "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [
      'dots',
      refusals('', 'ConfigMap', { data: { '..a': 'c' } }),
      ['data[..a]: Invalid value: "..a": must not start with \'..\''],
    ],
    [
      'APIService',
      refusals('apiregistration.k8s.io', 'APIService', {
        metadata: { name: 'v1.x.io' },
        spec: { group: 'y.io', version: 'v1', groupPriorityMinimum: 0, versionPriority: 1001 },
      }),
      [
        'metadata.name: Invalid value: "v1.x.io": must be `spec.version+"."+spec.group`: "v1.y.io"',
        'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
        'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
      ],
    ],
    [
      'finalizers',
      refusals('', 'ConfigMap', { metadata: { finalizers: ['a b', 'plain'] } }),
      [
        `metadata.finalizers: Invalid value: "a b": ${NAME_PART}`,
        'metadata.finalizers[0]: Invalid value: "a b": name is neither a standard finalizer name nor is it fully qualified',
        'metadata.finalizers[1]: Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      'an Event as owner',
      refusals('', 'ConfigMap', {
        metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'a', uid: 'b' }] },
      }),
      [
        'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"a","uid":"b"}: /v1, Kind=Event is disallowed from being an owner',
      ],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })

  it('keeps what a node was given once', () => {
    const old = { spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'], providerID: 'a' } }
    const next = { spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'], providerID: 'b' } }
    expect(changes('', 'Node', old, next)).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ])
  })
})
