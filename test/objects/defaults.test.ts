import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyDefaults } from '../../engine/objects/defaults/index.ts'
import { defaultPullPolicy } from '../../engine/objects/defaults/pods.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'

const kinds = new KindRegistry()
const entry = (group: string, kind: string, version = 'v1') => kinds.byKind(group, version, kind)!
const container = { name: 'c', image: 'nginx:1.25' }
const filled = {
  ...container,
  imagePullPolicy: 'IfNotPresent',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}
const podSpec = {
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
}

describe('defaults', () => {
  it('fills a Deployment as a real API server does (recording 04)', () => {
    const spec = { selector: {}, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } } }
    expect(applyDefaults(entry('apps', 'Deployment'), { metadata: { name: 'web' }, spec })).toEqual({
      metadata: { name: 'web' },
      spec: {
        progressDeadlineSeconds: 600,
        replicas: 1,
        revisionHistoryLimit: 10,
        selector: {},
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { ...podSpec, containers: [filled] } },
      },
      status: {},
    })
  })

  it('keeps a Recreate strategy as it is', () => {
    const object = applyDefaults(entry('apps', 'Deployment'), { spec: { strategy: { type: 'Recreate' } } })
    expect(object.spec.strategy).toEqual({ type: 'Recreate' })
  })

  it('gives pods, not templates, service links and requests from limits', () => {
    const limited = { ...container, resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } } }
    const pod = applyDefaults(entry('', 'Pod'), { metadata: { name: 'p' }, spec: { containers: [limited] } })
    expect(pod.spec).toMatchObject({ enableServiceLinks: true, ...podSpec })
    expect(pod.spec.containers[0]!.resources.requests).toEqual({ cpu: '500m', memory: '1Gi' })
    const template = { spec: { containers: [limited] } }
    const set = applyDefaults(entry('apps', 'ReplicaSet'), { spec: { template } })
    expect(set.spec.template.spec.containers[0]!.resources.requests).toEqual({ cpu: '500m' })
    expect(set.spec.template.spec).not.toHaveProperty('enableServiceLinks')
  })

  it('fills ports, probes and volumes', () => {
    const ports = [{ containerPort: 80 }]
    const readinessProbe = { httpGet: { port: 80 } }
    const volumes = [{ name: 'a' }, { name: 'b', secret: { secretName: 's' } }]
    const spec = { hostNetwork: true, containers: [{ ...container, ports, readinessProbe }], volumes }
    expect(applyDefaults(entry('', 'Pod'), { spec }).spec).toMatchObject({
      containers: [
        {
          ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
          readinessProbe: { httpGet: { path: '/', port: 80, scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 3 },
        },
      ],
      volumes: [
        { name: 'a', emptyDir: {} },
        { name: 'b', secret: { secretName: 's', defaultMode: 420 } },
      ],
    })
  })

  it('pulls always for latest and for no tag (F5)', () => {
    const policies = ['nginx', 'nginx:latest', 'nginx:1', 'r:5000/nginx', 'r:5000/nginx:2', 'nginx@sha256:ab'].map(
      defaultPullPolicy,
    )
    expect(policies).toEqual(['Always', 'Always', 'IfNotPresent', 'Always', 'IfNotPresent', 'IfNotPresent'])
  })

  it('fills Services by type', () => {
    const service = applyDefaults(entry('', 'Service'), { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } })
    expect(service).toEqual({
      spec: {
        allocateLoadBalancerNodePorts: true,
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        sessionAffinity: 'None',
        type: 'LoadBalancer',
      },
      status: { loadBalancer: {} },
    })
  })

  it('shares what did not change, and changes nothing the second time', () => {
    const pod = entry('', 'Pod')
    const labels = { a: 'b' }
    fc.assert(
      fc.property(fc.boolean(), fc.option(fc.string()), fc.integer(), (hostNetwork, image, port) => {
        const spec = { hostNetwork, containers: [{ name: 'c', image: image ?? '', ports: [{ containerPort: port }] }] }
        const once = applyDefaults(pod, { metadata: { name: 'p', labels }, spec })
        expect(once.metadata.labels).toBe(labels)
        expect(applyDefaults(pod, once)).toBe(once)
      }),
    )
  })

  it('is stable for every kind, even for an empty object', () => {
    for (const kind of kinds.all()) {
      const once = applyDefaults(kind, { metadata: { name: 'x' } })
      expect(applyDefaults(kind, once)).toEqual(once)
    }
  })
})
