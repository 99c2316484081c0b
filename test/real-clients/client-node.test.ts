/** The JavaScript client: list, watch, exec. */
import { PassThrough } from 'node:stream'
import { CoreV1Api, Exec, KubeConfig, Watch } from '@kubernetes/client-node'
import type { V1Status } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'

describe('@kubernetes/client-node', () => {
  let server: ClusterServer
  const config = new KubeConfig()
  beforeAll(async () => {
    server = await serveCluster({
      flight: { seed: 'node', epochMs: Date.now(), release: '1.35', controlPlanes: 1, workers: 1 },
      speed: 60,
    })
    config.loadFromString(server.kubeconfig)
  })
  afterAll(() => server.close())

  it('lists, creates, watches and runs a command', async () => {
    const core = config.makeApiClient(CoreV1Api)
    expect((await core.listNode()).items.map(({ metadata }) => metadata?.name)).toEqual(['controlplane', 'worker-1'])
    const seen: string[] = []
    let stop = new AbortController()
    const running = new Promise<void>((resolve, reject) => {
      const told = (type: string, pod: { status?: { phase?: string }; metadata: { name: string } }): void => {
        seen.push(`${type} ${pod.metadata.name} ${pod.status?.phase}`)
        if (pod.status?.phase === 'Running') resolve()
      }
      new Watch(config)
        .watch(
          '/api/v1/namespaces/default/pods',
          {},
          told,
          (error: unknown) => void (error !== null && reject(error as Error)),
        )
        .then((controller) => (stop = controller), reject)
    })
    await core.createNamespacedPod({
      namespace: 'default',
      body: {
        metadata: { name: 'box' },
        spec: { containers: [{ name: 'box', image: 'busybox:1.36', command: ['sleep', '6000'] }] },
      },
    })
    await running
    expect(seen[0]).toBe('ADDED box Pending')
    stop.abort()

    const stdout = new PassThrough()
    let text = ''
    stdout.on('data', (part: Buffer) => void (text += part.toString()))
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec('default', 'box', 'box', ['sh', '-c', 'echo out; exit 4'], stdout, null, null, false, resolve)
        .catch(reject)
    })
    expect(text).toBe('out\n')
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' })
    await expect(core.readNamespacedPod({ namespace: 'default', name: 'nope' })).rejects.toMatchObject({ code: 404 })
  })
})
