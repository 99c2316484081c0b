/** Old versions against the stored one (J4). */
import { describe, expect, it } from 'vitest'
import { converted } from '../../engine/objects/conversion/index.ts'
import { hubOf, KindRegistry } from '../../engine/objects/kinds.ts'

const metadata = { name: 'x' }

/** There and back: the old form, the version, the stored form and its version. */
const PAIRS: [kind: string, from: string, old: object, to: string, stored: object][] = [
  [
    'Ingress',
    'networking.k8s.io/v1beta1',
    {
      metadata,
      spec: {
        backend: { serviceName: 'd', servicePort: 80 },
        rules: [
          {
            host: 'a',
            http: { paths: [{ path: '/', pathType: 'Exact', backend: { serviceName: 's', servicePort: 'http' } }] },
          },
        ],
      },
    },
    'networking.k8s.io/v1',
    {
      metadata,
      spec: {
        defaultBackend: { service: { name: 'd', port: { number: 80 } } },
        rules: [
          {
            host: 'a',
            http: {
              paths: [{ path: '/', pathType: 'Exact', backend: { service: { name: 's', port: { name: 'http' } } } }],
            },
          },
        ],
      },
    },
  ],
  [
    'HorizontalPodAutoscaler',
    'autoscaling/v2beta1',
    {
      metadata,
      spec: {
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', targetAverageUtilization: 50 } },
          { type: 'Pods', pods: { metricName: 'hits', targetAverageValue: '10' } },
          { type: 'External', external: { metricName: 'queue', targetValue: '5' } },
        ],
      },
    },
    'autoscaling/v2',
    {
      metadata,
      spec: {
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
          { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '5' } } },
        ],
      },
    },
  ],
  [
    'EndpointSlice',
    'discovery.k8s.io/v1beta1',
    {
      metadata,
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          nodeName: 'n',
          topology: { 'kubernetes.io/hostname': 'n', 'topology.kubernetes.io/zone': 'z', rack: '7' },
        },
      ],
    },
    'discovery.k8s.io/v1',
    { metadata, endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n', zone: 'z', deprecatedTopology: { rack: '7' } }] },
  ],
  [
    'PriorityLevelConfiguration',
    'flowcontrol.apiserver.k8s.io/v1beta2',
    { metadata, spec: { type: 'Limited', limited: { assuredConcurrencyShares: 5 } } },
    'flowcontrol.apiserver.k8s.io/v1',
    { metadata, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5 } } },
  ],
  [
    'Event',
    'events.k8s.io/v1',
    { metadata, note: 'it happened', regarding: { kind: 'Pod' }, deprecatedCount: 2 },
    'v1',
    { metadata, message: 'it happened', involvedObject: { kind: 'Pod' }, count: 2 },
  ],
]

describe('conversion', () => {
  for (const [kind, from, old, to, stored] of PAIRS) {
    it(`${from} ${kind} is stored as ${to}, and comes back`, () => {
      expect(converted(old as Record<string, unknown>, kind, from, to)).toEqual(stored)
      expect(converted(stored as Record<string, unknown>, kind, to, from)).toEqual(old)
    })
  }

  it('keeps what autoscaling/v1 has no field for in annotations', () => {
    const stored = {
      metadata,
      spec: {
        maxReplicas: 3,
        behavior: { scaleDown: { selectPolicy: 'Disabled' } },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '10Mi' } } },
        ],
      },
      status: { conditions: [{ type: 'AbleToScale', status: 'True' }] },
    }
    const old = converted(stored, 'HorizontalPodAutoscaler', 'autoscaling/v2', 'autoscaling/v1')
    expect(old.spec).toEqual({ maxReplicas: 3, targetCPUUtilizationPercentage: 50 })
    expect(old.metadata).toEqual({
      name: 'x',
      annotations: {
        'autoscaling.alpha.kubernetes.io/metrics':
          '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"10Mi"}}]',
        'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"AbleToScale","status":"True"}]',
        'autoscaling.alpha.kubernetes.io/behavior': '{"scaleDown":{"selectPolicy":"Disabled"}}',
      },
    })
    expect(converted(old, 'HorizontalPodAutoscaler', 'autoscaling/v1', 'autoscaling/v2')).toEqual(stored)
  })

  it('gives old webhooks their own defaults', () => {
    const old = { metadata, webhooks: [{ name: 'a.b.c', clientConfig: { url: 'https://x/' } }] }
    const [hook] = converted(
      old,
      'ValidatingWebhookConfiguration',
      'admissionregistration.k8s.io/v1beta1',
      'admissionregistration.k8s.io/v1',
    ).webhooks as Record<string, unknown>[]
    expect(hook).toMatchObject({
      failurePolicy: 'Ignore',
      matchPolicy: 'Exact',
      sideEffects: 'Unknown',
      timeoutSeconds: 30,
    })
  })

  it('moves the schema of an old definition into its version, and back', () => {
    const validation = { openAPIV3Schema: { type: 'object' } }
    const old = {
      metadata,
      spec: {
        group: 'x.com',
        version: 'v1',
        names: { plural: 'foos', kind: 'Foo' },
        validation,
        additionalPrinterColumns: [{ name: 'A', type: 'string', JSONPath: '.a' }],
      },
    }
    const stored = converted(old, 'CustomResourceDefinition', 'apiextensions.k8s.io/v1beta1', 'apiextensions.k8s.io/v1')
    expect(stored.spec).toMatchObject({
      names: { singular: 'foo', listKind: 'FooList' },
      preserveUnknownFields: true,
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: validation,
          additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.a' }],
        },
      ],
    })
    const back = converted(
      stored,
      'CustomResourceDefinition',
      'apiextensions.k8s.io/v1',
      'apiextensions.k8s.io/v1beta1',
    )
    expect(back.spec).toMatchObject({ version: 'v1', validation, additionalPrinterColumns: [{ JSONPath: '.a' }] })
  })
})

describe('old versions', () => {
  it('are served while the release has them, with their own shape', () => {
    const before = new KindRegistry('1.21')
    expect(before.byKind('extensions', 'v1beta1', 'Ingress')).toMatchObject({
      wire: 'extensions.v1beta1.Ingress',
      schema: 'networking.v1.Ingress',
    })
    expect(hubOf(before.byKind('extensions', 'v1beta1', 'Ingress')!)).toMatchObject({
      group: 'networking.k8s.io',
      version: 'v1',
    })
    expect(before.byKind('policy', 'v1beta1', 'PodSecurityPolicy')?.shortNames).toEqual(['psp'])
    const after = new KindRegistry('1.25')
    for (const [group, kind] of [
      ['extensions', 'Ingress'],
      ['policy', 'PodSecurityPolicy'],
      ['batch', 'CronJob'],
      ['autoscaling', 'HorizontalPodAutoscaler'],
    ] as const)
      expect(after.byKind(group, group === 'autoscaling' ? 'v2beta1' : 'v1beta1', kind)).toBeUndefined()
    expect(new KindRegistry('1.28').byKind('flowcontrol.apiserver.k8s.io', 'v1beta3', 'FlowSchema')).toBeDefined()
  })
})
