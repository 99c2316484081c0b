import { describe, expect, it } from 'vitest'
import { FileTree } from '../../engine/host/files.ts'
import { baseImage } from '../../engine/host/images/base-tree.ts'
import type { HostNetwork } from '../../engine/host/network-port.ts'
import { HOST_PROGRAM_SET } from '../../engine/host/programs.ts'
import { ProcessTable } from '../../engine/host/runtime/table.ts'
import { ProcessRuntime } from '../../engine/kubelet/processRuntime.ts'
import { shellPrograms } from '../../engine/shell/index.ts'
import { addPod, makeBench, stateOf } from './bench.ts'
import type { NodeBench } from './bench.ts'

interface Whole extends NodeBench {
  host: FileTree
  runtime: ProcessRuntime
}

/** A node whose containers run real programs. */
function makeNode(): Whole {
  let runtime: ProcessRuntime | undefined
  let host: FileTree | undefined
  const bench = makeBench({
    images: ['busybox:1.36', 'nginx:1.27'],
    ports: {
      containers: {
        start: (...args) => runtime?.start(...args),
        signal: (...args) => runtime?.signal(...args),
        exec: (...args) => runtime?.exec(...args),
        input: (...args) => runtime?.input(...args),
        hangUp: (...args) => runtime?.hangUp(...args),
        readFile: (...args) => runtime?.readFile(...args),
        remove: (...args) => runtime?.remove(...args),
        removePod: (...args) => runtime?.removePod(...args),
        hasProgram: (...args) => runtime?.hasProgram(...args) ?? false,
      },
    },
  })
  const { kernel } = bench
  const tree = new FileTree({ kernel, base: baseImage('ubuntu-host') })
  host = tree
  const table = new ProcessTable(kernel, {
    tree: (_host, root) => (root.kind === 'host' ? tree : runtime?.tree(root.id)),
    groups: (_host, _root, user) => [user],
    home: () => '/root',
    network: () => ({}) as HostNetwork,
    programs: new Map([...Object.entries(shellPrograms), ...Object.entries(HOST_PROGRAM_SET)]),
    syscalls: {},
    release: () => '1.35.2',
    clockMs: () => kernel.clockMs,
  })
  runtime = new ProcessRuntime({ kernel, host: 'worker-1', processes: table, hostTree: () => host })
  return { ...bench, host: tree, runtime }
}

function logsOf(node: Whole, pod = 'web', container?: string): string[] {
  return node.kubelet
    .criList()
    .containers.filter((one) => one.pod === pod && (container === undefined || one.name === container))
    .flatMap(({ logs }) => logs.map(({ text }) => text))
}

describe('containers with real processes', () => {
  it('a shell loop prints each second, and KILL ends it after the grace period', () => {
    const node = makeNode()
    addPod(
      node,
      {
        image: 'busybox:1.36',
        command: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo "tick $i $GREETING"; sleep 1; done'],
        env: [{ name: 'GREETING', value: 'hi' }],
      },
      { terminationGracePeriodSeconds: 2 },
    )
    node.run(5_000)
    expect(stateOf(node.pod())).toBe('Running')
    expect(logsOf(node).slice(0, 3)).toEqual(['tick 1 hi', 'tick 2 hi', 'tick 3 hi'])
    node.api.deletePod('web')
    node.run(4_000)
    expect(node.pod()).toBeUndefined()
  })

  it("the exit code of a script is the container's", () => {
    const node = makeNode()
    addPod(node, { image: 'busybox:1.36', command: ['sh', '-c', 'x=$(echo 4); exit $x'] }, { restartPolicy: 'Never' })
    node.run(4_000)
    expect(node.pod().status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 4, reason: 'Error' })
  })

  it('an init container fills an emptyDir that nginx serves', () => {
    const node = makeNode()
    const mount = { name: 'html', mountPath: '/work' }
    addPod(
      node,
      { volumeMounts: [{ name: 'html', mountPath: '/usr/share/nginx/html' }] },
      {
        volumes: [{ name: 'html', emptyDir: {} }],
        initContainers: [
          {
            name: 'prep',
            image: 'busybox:1.36',
            command: ['sh', '-c', 'echo "made by $HOSTNAME" > /work/index.html'],
            volumeMounts: [mount],
          },
        ],
      },
    )
    node.run(6_000)
    expect(stateOf(node.pod())).toBe('Running')
    const ip = node.pod().status?.podIP ?? ''
    expect(
      node.kubelet.listeners.respond(ip, 80, { method: 'GET', path: '/', query: {}, headers: {} }, '10.244.0.1')?.body,
    ).toBe('made by web\n')
  })

  it('the exec liveness probe of the documentation: a file that goes away', () => {
    const node = makeNode()
    addPod(
      node,
      {
        image: 'busybox:1.36',
        command: ['/bin/sh', '-c', 'touch /tmp/healthy; sleep 10; rm -f /tmp/healthy; sleep 600'],
        livenessProbe: { exec: { command: ['cat', '/tmp/healthy'] }, initialDelaySeconds: 2, periodSeconds: 2 },
      },
      { terminationGracePeriodSeconds: 1 },
    )
    node.run(9_000)
    expect(node.events().filter((text) => text.startsWith('Unhealthy'))).toEqual([])
    node.run(12_000)
    expect(node.events().find((text) => text.startsWith('Unhealthy'))).toMatch(
      /Liveness probe failed: cat: .*\/tmp\/healthy.*: No such file or directory/,
    )
    expect(node.pod().status?.containerStatuses?.[0]?.restartCount).toBe(1)
  })

  it('survives a snapshot in the middle of its loop', () => {
    const make = (): Whole => {
      const node = makeNode()
      addPod(node, {
        image: 'busybox:1.36',
        command: ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo "tick $i"; sleep 1; done'],
      })
      return node
    }
    const whole = make()
    whole.run(3_500)
    const snapshot = whole.kernel.snapshot()
    const objects = structuredClone([...whole.api.objects])
    whole.run(10_000)
    const other = make()
    other.api.objects = new Map(objects)
    other.kernel.restore(snapshot)
    other.run(10_000)
    expect(logsOf(other)).toEqual(logsOf(whole))
    expect(logsOf(other).length).toBeGreaterThan(8)
  })
})
