import { describe, expect, it } from 'vitest'
import {
  changes,
  CIDR,
  DNS1035,
  IP,
  LABEL,
  type Loose,
  NAME_PART,
  PORT,
  refusals,
  SUBDOMAIN,
} from './validation-cases.ts'

const port = { port: 80, protocol: 'TCP' }
const service = (spec: Loose, release?: string, metadata: Loose = {}): string[] =>
  refusals('', 'Service', { metadata, spec: { ports: [port], ...spec } }, release === undefined ? {} : { release })

describe('Services (G1)', () => {
  it.each<[string, Loose, string[]]>([
    ['a plain one', {}, []],
    ['no ports', { ports: [] }, ['spec.ports: Required value']],
    ['no ports, headless', { ports: [], clusterIP: 'None', clusterIPs: ['None'] }, []],
    [
      'port out of range',
      { ports: [{ port: 70000 }] },
      [`spec.ports[0].port: Invalid value: 70000: ${PORT}`, `spec.ports[0].targetPort: Invalid value: 70000: ${PORT}`],
    ],
    ['port zero', { ports: [{ port: 0, targetPort: 80 }] }, [`spec.ports[0].port: Invalid value: 0: ${PORT}`]],
    [
      'two ports without names',
      { ports: [port, { port: 81 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'a name twice',
      {
        ports: [
          { ...port, name: 'a' },
          { port: 81, name: 'a' },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'upper-case port name',
      { ports: [{ ...port, name: 'HTTP' }] },
      [`spec.ports[0].name: Invalid value: "HTTP": ${LABEL}`],
    ],
    [
      'protocol',
      { ports: [{ port: 80, protocol: 'ICMP' }] },
      ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'target port name',
      { ports: [{ port: 80, targetPort: 'this-is-far-too-long' }] },
      ['spec.ports[0].targetPort: Invalid value: "this-is-far-too-long": must be no more than 15 characters'],
    ],
    [
      'target port of digits',
      { ports: [{ port: 80, targetPort: '80' }] },
      ['spec.ports[0].targetPort: Invalid value: "80": must contain at least one letter (a-z)'],
    ],
    [
      'application protocol',
      { ports: [{ ...port, appProtocol: 'h 2' }] },
      [`spec.ports[0].appProtocol: Invalid value: "h 2": ${NAME_PART}`],
    ],
    [
      'node port of a cluster IP',
      { ports: [{ ...port, nodePort: 30001 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'node port twice',
      {
        type: 'NodePort',
        ports: [
          { ...port, name: 'a', nodePort: 30001 },
          { port: 81, name: 'b', nodePort: 30001 },
        ],
      },
      ['spec.ports[1].nodePort: Duplicate value: 30001'],
    ],
    [
      'same port twice',
      {
        ports: [
          { ...port, name: 'a' },
          { ...port, name: 'b' },
        ],
      },
      [
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      'type',
      { type: 'Clusterip' },
      [
        'spec.type: Unsupported value: "Clusterip": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'headless node port',
      { type: 'NodePort', clusterIP: 'None', clusterIPs: ['None'] },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    [
      'headless balancer',
      { type: 'LoadBalancer', clusterIP: 'None', clusterIPs: ['None'] },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services'],
    ],
    ['no external name', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'bad external name',
      { type: 'ExternalName', externalName: 'a_b' },
      [`spec.externalName: Invalid value: "a_b": ${SUBDOMAIN}`],
    ],
    ['external name with a dot at its end', { type: 'ExternalName', externalName: 'example.com.' }, []],
    [
      'external name with an address',
      { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.0.9' },
      ['spec.clusterIPs: Forbidden: may not be set for ExternalName services'],
    ],
    [
      'external name with families',
      { type: 'ExternalName', externalName: 'a.b', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
      [
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
      ],
    ],
    [
      'affinity',
      { sessionAffinity: 'Cookie' },
      ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
    ],
    [
      'affinity config of none',
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } },
      ['spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None'],
    ],
    [
      'affinity timeout',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'affinity of no time',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'family',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv5'] },
      ['spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"'],
    ],
    [
      'family twice',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv4', 'IPv4'] },
      ['spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    ],
    [
      'family policy',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilyPolicy: 'Dual' },
      [
        'spec.ipFamilyPolicy: Unsupported value: "Dual": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
      ],
    ],
    [
      'pair of addresses',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.8'] },
      ['spec.clusterIPs: Invalid value: ["10.96.0.8"]: first value must match `clusterIP`'],
    ],
    [
      'two of a family',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', '10.96.0.8'] },
      ['spec.clusterIPs: Invalid value: ["10.96.0.9","10.96.0.8"]: may specify no more than one IP for each IP family'],
    ],
    [
      'family and address',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv6'] },
      ['spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    ],
    ['external address', { externalIPs: ['1.2.3'] }, [`spec.externalIPs[0]: Invalid value: "1.2.3": ${IP}`]],
    [
      'loopback',
      { externalIPs: ['127.0.0.1'] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      'link-local',
      { externalIPs: ['169.254.1.1', 'fe80::1'] },
      [
        'spec.externalIPs[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
        'spec.externalIPs[1]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      ],
    ],
    [
      'unspecified',
      { externalIPs: ['0.0.0.0'] },
      ['spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'],
    ],
    [
      'ranges of no balancer',
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'bad range',
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0'] },
      [`spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": ${CIDR}`],
    ],
    [
      'class of no balancer',
      { loadBalancerClass: 'a.b/c' },
      ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'bad class',
      { type: 'LoadBalancer', loadBalancerClass: '-' },
      [`spec.loadBalancerClass: Invalid value: "-": ${NAME_PART}`],
    ],
    [
      'allocation of no balancer',
      { allocateLoadBalancerNodePorts: true },
      ["spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
    [
      'external policy of a cluster IP',
      { externalTrafficPolicy: 'Local' },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      'external policy',
      { type: 'NodePort', externalTrafficPolicy: 'Near' },
      ['spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"'],
    ],
    [
      'internal policy',
      { internalTrafficPolicy: 'Near' },
      ['spec.internalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"'],
    ],
    [
      'health check',
      { healthCheckNodePort: 30100 },
      [
        "spec.healthCheckNodePort: Invalid value: 30100: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    ],
    [
      'distribution',
      { trafficDistribution: 'Far' },
      [
        'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
      ],
    ],
    ['selector', { selector: { 'a b': 'c' } }, [`spec.selector: Invalid value: "a b": ${NAME_PART}`]],
  ])('%s', (_, spec, errors) => {
    expect(service(spec)).toEqual(errors)
  })

  it('shows Go values before 1.34, and knows fewer ways of distribution', () => {
    expect(
      service(
        {
          ports: [
            { ...port, name: 'a' },
            { ...port, name: 'b' },
          ],
        },
        '1.33',
      ),
    ).toEqual([
      'spec.ports[1]: Duplicate value: core.ServicePort{Name:"", Protocol:"TCP", AppProtocol:(*string)(nil), Port:80, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}',
    ])
    expect(service({ trafficDistribution: 'PreferSameNode' }, '1.33')).toEqual([
      'spec.trafficDistribution: Unsupported value: "PreferSameNode": supported values: "PreferClose"',
    ])
  })

  it('lets names begin with a digit from 1.36 on', () => {
    expect(service({}, '1.35', { name: '1st' })).toEqual([`metadata.name: Invalid value: "1st": ${DNS1035}`])
    expect(service({}, '1.36', { name: '1st' })).toEqual([])
    expect(service({}, '1.36', { name: 'a.b' })).toEqual([`metadata.name: Invalid value: "a.b": ${LABEL}`])
  })

  it('refuses leading zeros and mapped addresses from 1.36 on', () => {
    expect(service({ externalIPs: ['10.0.0.01'] }, '1.35')).toEqual([])
    expect(service({ externalIPs: ['10.0.0.01', '::ffff:10.0.0.1'] }, '1.36')).toEqual([
      'spec.externalIPs[0]: Invalid value: "10.0.0.01": must not have leading 0s',
      'spec.externalIPs[1]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address',
    ])
  })

  const placed = {
    ports: [port],
    clusterIP: '10.96.0.9',
    clusterIPs: ['10.96.0.9'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  }
  it.each<[string, Loose, Loose, string[]]>([
    [
      'another address',
      {},
      { clusterIP: '10.96.0.8' },
      ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set'],
    ],
    ['headless', {}, { clusterIP: 'None' }, ['spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set']],
    [
      'no address',
      {},
      { clusterIP: undefined, clusterIPs: undefined },
      ['spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset'],
    ],
    [
      'family',
      {},
      { ipFamilies: ['IPv6'] },
      [
        'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
        'spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`',
      ],
    ],
    [
      'class',
      { type: 'LoadBalancer', loadBalancerClass: 'a.b/c' },
      { type: 'LoadBalancer', loadBalancerClass: 'a.b/d' },
      ['spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set'],
    ],
    [
      'health check',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30100 },
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30101 },
      ['spec.healthCheckNodePort: Forbidden: field is immutable'],
    ],
    ['nothing', {}, {}, []],
  ])('update: %s', (_, old, next, errors) => {
    expect(changes('', 'Service', { spec: { ...placed, ...old } }, { spec: { ...placed, ...next } })).toEqual(errors)
  })
})

const endpoints = (subset: Loose): string[] => refusals('', 'Endpoints', { subsets: [subset] })

describe('Endpoints and EndpointSlices (G2)', () => {
  it.each<[string, Loose, string[]]>([
    [
      'no addresses',
      { ports: [port] },
      ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    ],
    [
      'address',
      { addresses: [{ ip: 'x' }] },
      [
        `subsets[0].addresses[0].ip: Invalid value: "x": ${IP}`,
        'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address',
      ],
    ],
    [
      'loopback',
      { notReadyAddresses: [{ ip: '127.0.0.1' }] },
      [
        'subsets[0].notReadyAddresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      'host name',
      { addresses: [{ ip: '10.0.0.1', hostname: 'A' }] },
      [`subsets[0].addresses[0].hostname: Invalid value: "A": ${LABEL}`],
    ],
    [
      'node name',
      { addresses: [{ ip: '10.0.0.1', nodeName: 'A' }] },
      [`subsets[0].addresses[0].nodeName: Invalid value: "A": ${SUBDOMAIN}`],
    ],
    [
      'ports without names',
      { addresses: [{ ip: '10.0.0.1' }], ports: [port, { port: 81 }] },
      ['subsets[0].ports[0].name: Required value', 'subsets[0].ports[1].name: Required value'],
    ],
    [
      'port',
      { addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 0 }] },
      [`subsets[0].ports[0].port: Invalid value: 0: ${PORT}`],
    ],
  ])('Endpoints: %s', (_, subset, errors) => {
    expect(endpoints(subset)).toEqual(errors)
  })

  const slice = (fields: Loose): string[] =>
    refusals('discovery.k8s.io', 'EndpointSlice', { addressType: 'IPv4', endpoints: [], ...fields })
  it.each<[string, Loose, string[]]>([
    ['type', { addressType: 'IP' }, ['addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"']],
    ['no type', { addressType: undefined }, ['addressType: Required value']],
    [
      'no address',
      { endpoints: [{ addresses: [] }] },
      ['endpoints[0].addresses: Required value: must contain at least 1 address'],
    ],
    [
      'other family',
      { endpoints: [{ addresses: ['fd00::1'] }] },
      ['endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address'],
    ],
    [
      'short name',
      { addressType: 'FQDN', endpoints: [{ addresses: ['host'] }] },
      [
        'endpoints[0].addresses[0]: Invalid value: "host": should be a domain with at least two segments separated by dots',
      ],
    ],
    [
      'port name twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'a', port: 2 },
        ],
      },
      ['ports[1].name: Duplicate value: "a"'],
    ],
    [
      'protocol',
      { ports: [{ name: 'a', port: 1, protocol: 'X' }] },
      ['ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'many addresses',
      { endpoints: [{ addresses: Array.from({ length: 101 }, () => '10.0.0.1') }] },
      ['endpoints[0].addresses: Too many: 101: must have at most 100 items'],
    ],
  ])('EndpointSlice: %s', (_, fields, errors) => {
    expect(slice(fields)).toEqual(errors)
  })

  it('never changes the address type', () => {
    const [four, six] = ['IPv4', 'IPv6'].map((addressType) => ({ addressType, endpoints: [] }))
    expect(changes('discovery.k8s.io', 'EndpointSlice', four!, six!)).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ])
  })
})
