import { expect, it } from 'vitest'
import type { KubeObject } from '../../engine/api/client.ts'
import type { Core } from '../../engine/api/core.ts'
import { objectWarnings } from '../../engine/api/warnings.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'

const kinds = new KindRegistry()
const told = (group: string, kind: string, fields: object, minor = 36, name = 'x'): string[] => {
  const object = { metadata: { name }, ...fields } as unknown as KubeObject
  return objectWarnings({ minor } as Core, kinds.byKind(group, 'v1', kind)!, object)
}
const c = { name: 'c', image: 'nginx' }

it.each<[string, string[], string[]]>([
  ['nothing', told('', 'Pod', { spec: { containers: [c] } }), []],
  [
    'old label',
    told('', 'Pod', { spec: { containers: [c], nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } }),
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    'overlapping ports',
    told('', 'Pod', {
      spec: {
        containers: [
          {
            ...c,
            ports: [
              { containerPort: 80, protocol: 'TCP' },
              { containerPort: 80, protocol: 'TCP', hostPort: 80 },
            ],
          },
        ],
      },
    }),
    ['spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]'],
  ],
  [
    'half a byte in a template',
    told('apps', 'Deployment', {
      spec: { template: { spec: { containers: [{ ...c, resources: { limits: { memory: '100m' } } }] } } },
    }),
    [
      'spec.template.spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
    ],
  ],
  [
    'headless',
    told('', 'Service', { spec: { type: 'ClusterIP', clusterIP: 'None', sessionAffinity: 'ClientIP' } }),
    ['spec.SessionAffinity is ignored for headless services'],
  ],
  [
    'leading zeros',
    told('', 'Service', { spec: { type: 'LoadBalancer', sessionAffinity: 'None', loadBalancerIP: '192.012.2.2' } }),
    [
      'spec.loadBalancerIP: non-standard IP address "192.012.2.2" will be considered invalid in a future Kubernetes release: use "192.12.2.2"',
    ],
  ],
  [
    'junk for TLS',
    told('', 'Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' } }),
    ['tls: failed to find any PEM data in certificate input'],
  ],
])('warns of %s', (_, warnings, expected) => {
  expect(warnings).toEqual(expected)
})
