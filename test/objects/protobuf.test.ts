import { describe, expect, it } from 'vitest'
import { decodeProtobuf, encodeProtobuf } from '../../engine/objects/protobuf.ts'

const roundTrip = (object: Record<string, unknown>): unknown => decodeProtobuf(encodeProtobuf(object)).object

describe('protobuf', () => {
  it('law: a Pod comes back: embedded structs, quantities, times, int-or-string, maps', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'p',
        labels: { b: '2', a: '1' },
        creationTimestamp: '2026-01-01T00:00:00Z',
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }],
      },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'i',
            command: ['sh', '-c'],
            env: [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }],
            resources: { limits: { cpu: '100m', memory: '1Gi' } },
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 10 },
            readinessProbe: { tcpSocket: { port: 80 } },
          },
        ],
        volumes: [{ name: 'v', emptyDir: {} }],
        terminationGracePeriodSeconds: 0,
      },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:01Z' }],
      },
    }
    expect(roundTrip(pod)).toEqual(pod)
  })

  it.each([
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { k: 'aGk=' }, type: 'Opaque' },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {},
      spec: { holderIdentity: 'n', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.123456Z' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {},
      spec: { replicas: 0, strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } } },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {},
      spec: { rules: [{ host: 'h', http: { paths: [{ path: '/', pathType: 'Prefix' }] } }] },
    },
    { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Foreground' },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { managedFields: [{ manager: 'm', operation: 'Update', fieldsV1: { 'f:data': {} } }] },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {},
      spec: { storageClassName: '', resources: { requests: { storage: '1Gi' } } },
    },
  ])('law: $kind comes back', (object) => expect(roundTrip(object)).toEqual(object))

  it('reads bytes taken from the wire', () => {
    const bytes = Uint8Array.from([
      0x6b,
      0x38,
      0x73,
      0,
      0x0a,
      0x0f,
      0x0a,
      2,
      0x76,
      0x31,
      0x12,
      9,
      ...Array.from('Namespace', (c) => c.charCodeAt(0)),
      0x12,
      9,
      0x0a,
      3,
      0x0a,
      1,
      0x78,
      0x12,
      0,
      0x1a,
      0,
    ])
    expect(decodeProtobuf(bytes)).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' }, spec: {}, status: {} },
    })
  })

  it('refuses other bytes', () =>
    expect(() => decodeProtobuf(new Uint8Array([123, 125]))).toThrow('does not appear to be a protobuf message'))
})
