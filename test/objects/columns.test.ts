import { describe, expect, it } from 'vitest'
import { summarizePod, tableColumns, tableRow } from '../../engine/objects/columns/index.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'
import type { ContainerState, ContainerStatus, ObjectMeta, Pod } from '../../engine/objects/types.gen.ts'

const kinds = new KindRegistry('1.36')
const NOW = Date.parse('2026-11-20T09:10:00Z')
const created = '2026-11-20T09:09:52Z'

function row(
  group: string,
  kind: string,
  object: Record<string, unknown>,
  release = '1.36',
): Record<string, string | number> {
  const entry = kinds.byKind(group, 'v1', kind) ?? kinds.byKind(group, 'v2', kind)!
  const metadata = { name: 'x', creationTimestamp: created, ...(object.metadata as object | undefined) }
  const cells = tableRow(entry, { ...object, metadata }, NOW, release)
  const names = tableColumns(entry, release).map((column) => column.name)
  expect(cells).toHaveLength(names.length)
  return Object.fromEntries(names.map((name, i) => [name, cells[i]!]))
}

const headers = (group: string, kind: string, release: string) =>
  tableColumns(kinds.byKind(group, 'v1', kind)!, release).map((column) => column.name + (column.priority ? '*' : ''))

const status = (name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  state,
  image: '',
  imageID: '',
  ready: state.running !== undefined,
  restartCount: 0,
  lastState: {},
  ...more,
})
const running = { running: { startedAt: created } }
const waiting = (reason: string) => ({ waiting: { reason } })
const ended = (exitCode: number, reason?: string) => ({ terminated: { exitCode, reason } })

function podOf(
  phase: string,
  statuses: ContainerStatus[],
  more: { metadata?: Partial<ObjectMeta>; spec?: Pod['spec']; status?: Pod['status'] } = {},
): Pod {
  const containers = statuses.map((one) => ({ name: one.name }))
  return {
    metadata: { name: 'x', creationTimestamp: created, ...more.metadata },
    spec: { containers, ...more.spec },
    status: { phase, containerStatuses: statuses, ...more.status },
  }
}

const shown = (pod: Pod, minor = 36) => {
  const { ready, total, status: word, restarts } = summarizePod(pod, minor)
  return `${ready}/${total} ${word} ${restarts}`
}

describe('STATUS of a pod (F1)', () => {
  it.each<[string, Pod, string]>([
    ['running', podOf('Running', [status('a', running), status('b', running)]), '2/2 Running 0'],
    ['not ready is still Running', podOf('Running', [status('a', running, { ready: false })]), '0/1 Running 0'],
    ['creating', podOf('Pending', [status('a', waiting('ContainerCreating'))]), '0/1 ContainerCreating 0'],
    [
      'the first container wins',
      podOf('Pending', [status('a', waiting('ErrImagePull')), status('b', waiting('CrashLoopBackOff'))]),
      '0/2 ErrImagePull 0',
    ],
    ['crash', podOf('Running', [status('a', ended(1, 'Error'), { restartCount: 2 })]), '0/1 Error 2'],
    ['exit code without a reason', podOf('Failed', [status('a', ended(3))]), '0/1 ExitCode:3 0'],
    ['completed', podOf('Succeeded', [status('a', ended(0, 'Completed'))]), '0/1 Completed 0'],
    [
      'completed beside running',
      podOf('Running', [status('a', ended(0, 'Completed')), status('b', running)]),
      '1/2 NotReady 0',
    ],
    [
      'completed beside failed',
      podOf('Running', [status('a', ended(0, 'Completed')), status('b', ended(2, 'OOMKilled'))]),
      '0/2 OOMKilled 0',
    ],
    ['evicted', podOf('Failed', [], { status: { reason: 'Evicted' } }), '0/0 Evicted 0'],
  ])('%s', (_, pod, expected) => {
    expect(shown(pod)).toBe(expected)
  })

  const initSpec = { containers: [{ name: 'a' }], initContainers: [{ name: 'i' }, { name: 'j' }] }
  const init = (statuses: ContainerStatus[], spec = initSpec) =>
    podOf('Pending', [status('a', waiting('PodInitializing'))], { spec, status: { initContainerStatuses: statuses } })

  it('counts init containers, and names what stops them', () => {
    expect(shown(init([status('i', running), status('j', waiting('PodInitializing'))]))).toBe('0/1 Init:0/2 0')
    expect(shown(init([status('i', ended(0)), status('j', running)]))).toBe('0/1 Init:1/2 0')
    expect(shown(init([status('i', ended(1, 'Error'), { restartCount: 1 })]))).toBe('0/1 Init:Error 1')
    expect(shown(init([status('i', waiting('CrashLoopBackOff'), { restartCount: 3 })]))).toBe(
      '0/1 Init:CrashLoopBackOff 3',
    )
    expect(shown(init([status('i', ended(7))]))).toBe('0/1 Init:ExitCode:7 0')
  })

  it('counts a started sidecar as a container', () => {
    const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 's', restartPolicy: 'Always' }] }
    const sidecar = status('s', running, { started: true, restartCount: 1 })
    const pod = podOf('Running', [status('a', running)], { spec, status: { initContainerStatuses: [sidecar] } })
    expect(shown(pod)).toBe('2/2 Running 1')
  })

  it('says Terminating, but not of what is over (1.27)', () => {
    const deleted = { metadata: { deletionTimestamp: created } }
    expect(shown(podOf('Running', [status('a', running)], deleted))).toBe('1/1 Terminating 0')
    expect(shown(podOf('Succeeded', [status('a', ended(0, 'Completed'))], deleted))).toBe('0/1 Completed 0')
    expect(shown(podOf('Succeeded', [status('a', ended(0, 'Completed'))], deleted), 26)).toBe('0/1 Terminating 0')
    expect(shown(podOf('Running', [], { ...deleted, status: { reason: 'NodeLost' } }))).toBe('0/0 Unknown 0')
  })

  it('says how long ago the last restart was', () => {
    const lastState = { terminated: { exitCode: 1, finishedAt: '2026-11-20T09:04:58Z' } }
    const pod = podOf('Running', [status('a', running, { restartCount: 4, lastState })])
    expect(row('', 'Pod', { ...pod })).toMatchObject({
      Ready: '1/1',
      Restarts: '4 (5m2s ago)',
      Age: '8s',
      IP: '<none>',
      Node: '<none>',
    })
  })
})

describe('tables (K1, recording 04)', () => {
  const labels = { matchLabels: { app: 'web' } }
  const template = {
    spec: {
      containers: [
        { name: 'nginx', image: 'nginx:1.25' },
        { name: 'side', image: 'busybox:1.36' },
      ],
    },
  }

  it("has upstream's columns", () => {
    expect(headers('', 'Pod', '1.36')).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP*',
      'Node*',
      'Nominated Node*',
      'Readiness Gates*',
    ])
    expect(headers('batch', 'Job', '1.30')).not.toContain('Status')
    expect(headers('batch', 'Job', '1.31')).toContain('Status')
    expect(headers('', 'ServiceAccount', '1.33')).toEqual(['Name', 'Secrets', 'Age'])
    expect(headers('', 'ServiceAccount', '1.36')).toEqual(['Name', 'Age'])
  })

  it('prints workloads', () => {
    const spec = { replicas: 2, selector: labels, template }
    const counts = { replicas: 2, readyReplicas: 2, updatedReplicas: 2, availableReplicas: 1 }
    expect(row('apps', 'Deployment', { spec, status: counts })).toEqual({
      Name: 'x',
      Ready: '2/2',
      'Up-to-date': 2,
      Available: 1,
      Age: '8s',
      Containers: 'nginx,side',
      Images: 'nginx:1.25,busybox:1.36',
      Selector: 'app=web',
    })
    expect(row('apps', 'ReplicaSet', { spec, status: counts })).toMatchObject({ Desired: 2, Current: 2, Ready: 2 })
    expect(
      row('apps', 'DaemonSet', { spec: { selector: labels, template }, status: { numberReady: 3 } }),
    ).toMatchObject({ Ready: 3, 'Node Selector': '<none>' })
    expect(row('batch', 'Job', { spec: { completions: 3 }, status: { startTime: created } })).toMatchObject({
      Status: 'Running',
      Completions: '0/3',
      Duration: '8s',
    })
  })

  it('prints services and their endpoints', () => {
    const ports = [
      { port: 80, nodePort: 30080, protocol: 'TCP' },
      { port: 443, nodePort: 30443, protocol: 'TCP' },
    ]
    expect(
      row('', 'Service', { spec: { type: 'NodePort', clusterIP: '10.98.18.111', ports, selector: { app: 'web' } } }),
    ).toEqual({
      Name: 'x',
      Type: 'NodePort',
      'Cluster-IP': '10.98.18.111',
      'External-IP': '<none>',
      'Port(s)': '80:30080/TCP,443:30443/TCP',
      Age: '8s',
      Selector: 'app=web',
    })
    expect(row('', 'Service', { spec: { type: 'LoadBalancer', ports } })['External-IP']).toBe('<pending>')
    const subsets = [{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 80 }, { port: 8443 }] }]
    expect(row('', 'Endpoints', { subsets }).Endpoints).toBe('10.0.0.1:80,10.0.0.2:80,10.0.0.1:8443 + 1 more...')
    expect(row('', 'Endpoints', {}).Endpoints).toBe('<none>')
    expect(
      row('discovery.k8s.io', 'EndpointSlice', {
        addressType: 'IPv4',
        ports: [{ port: 8443 }, { port: 80 }],
        endpoints: [],
      }),
    ).toMatchObject({ Ports: '8443,80', Endpoints: '<unset>' })
  })

  it('prints nodes', () => {
    const metadata = { labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'a' } }
    const nodeInfo = {
      kubeletVersion: 'v1.36.3',
      kernelVersion: '6.1.0',
      architecture: 'amd64',
      osImage: 'Debian',
      containerRuntimeVersion: 'containerd://2.0',
    }
    const conditions = [{ type: 'Ready', status: 'Unknown' }]
    const node = {
      metadata,
      spec: { unschedulable: true },
      status: { conditions, nodeInfo, addresses: [{ type: 'InternalIP', address: '10.0.0.5' }] },
    }
    expect(row('', 'Node', node)).toEqual({
      Name: 'x',
      Status: 'NotReady,SchedulingDisabled',
      Roles: 'a,control-plane',
      Age: '8s',
      Version: 'v1.36.3',
      'Internal-IP': '10.0.0.5',
      'External-IP': '<none>',
      'OS-Image': 'Debian',
      'Kernel-Version': '6.1.0 (amd64)',
      'Container-Runtime': 'containerd://2.0',
    })
    expect(row('', 'Node', node, '1.35')['Kernel-Version']).toBe('6.1.0')
  })

  it('prints budgets, autoscalers, claims and events', () => {
    expect(
      row('policy', 'PodDisruptionBudget', { spec: { minAvailable: 1 }, status: { disruptionsAllowed: 1 } }),
    ).toMatchObject({ 'Min Available': '1', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 1 })
    const metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]
    const hpa = {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 6, metrics },
    }
    const v2 = kinds.byKind('autoscaling', 'v2', 'HorizontalPodAutoscaler')!
    expect(tableRow(v2, { metadata: { name: 'web' }, ...hpa }, NOW, '1.36')).toEqual([
      'web',
      'Deployment/web',
      'cpu: <unknown>/70%',
      '2',
      6,
      0,
      '<unknown>',
    ])
    expect(tableRow(v2, { metadata: { name: 'web' }, ...hpa }, NOW, '1.29')[2]).toBe('<unknown>/70%')
    const claim = {
      spec: { volumeName: 'v', storageClassName: 'manual' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] },
    }
    expect(row('', 'PersistentVolumeClaim', claim)).toMatchObject({
      Status: 'Bound',
      'Access Modes': 'RWO,RWX',
      VolumeAttributesClass: '<unset>',
    })
    const event = {
      involvedObject: { kind: 'Node', name: 'z0' },
      lastTimestamp: created,
      type: 'Normal',
      reason: 'R',
      message: 'm \n',
      source: { component: 'kubelet', host: 'z0' },
    }
    expect(row('', 'Event', event)).toMatchObject({
      'Last Seen': '8s',
      Object: 'node/z0',
      Source: 'kubelet, z0',
      Message: 'm',
      Count: 1,
    })
  })

  it('prints every kind, even one that has nothing but a name', () => {
    for (const entry of kinds.all()) {
      const bare = { metadata: { name: 'x' }, spec: {}, status: {} }
      const cells = tableRow(entry, bare, NOW, '1.36')
      expect(cells).toHaveLength(tableColumns(entry, '1.36').length)
      expect(cells).not.toContain(undefined)
    }
  })
})
