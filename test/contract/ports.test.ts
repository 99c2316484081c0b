/** One body, two implementations: what the simulator's ports promise, the ones over a kubeconfig keep, on the same kind of cluster. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Flight, NotSupported } from '../../engine/index.ts'
import type { ClusterHands, ClusterView, ViewedObject } from '../../engine/index.ts'
import { serveCluster } from '../../server/cluster-server.ts'
import { connectReal } from '../../server/real/index.ts'

interface Subject {
  view: ClusterView
  hands: ClusterHands
  close(): Promise<void>
}

const OPTIONS = { seed: 'contract', epochMs: Date.UTC(2026, 0, 5, 9), release: '1.35', controlPlanes: 1, workers: 2 }

const SUBJECTS: Record<string, { simulated: boolean; open(): Promise<Subject> }> = {
  'the simulator': {
    simulated: true,
    open: async () => {
      const { view, hands } = await Flight.launch(OPTIONS)
      return { view, hands, close: async () => {} }
    },
  },
  'a kubeconfig': {
    simulated: false,
    open: async () => {
      const server = await serveCluster({ flight: OPTIONS, speed: 'max' })
      const folder = mkdtempSync(join(tmpdir(), 'kubeflight-contract-'))
      const kubeconfig = join(folder, 'config')
      writeFileSync(kubeconfig, server.kubeconfig)
      const close = async (): Promise<void> => {
        await server.close()
        rmSync(folder, { recursive: true })
      }
      return { ...connectReal(kubeconfig), close }
    },
  },
}

it('A flight advances by whole milliseconds only', async () => {
  const flight = await Flight.launch(OPTIONS)
  expect(() => flight.advance(0.5)).toThrow('advance takes whole milliseconds, not 0.5')
  expect(() => flight.advance(-1)).toThrow(RangeError)
  expect(() => flight.advance(Number.NaN)).toThrow(RangeError)
})

const CLIENT: ViewedObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client', namespace: 'contract', labels: { run: 'client' } },
  spec: { containers: [{ name: 'client', image: 'busybox:1.36', command: ['sleep', '86400'] }] },
}
const WEB: ViewedObject[] = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'contract', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'contract' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
]

/** Waits on the cluster's clock until something is so. */
async function until(view: ClusterView, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (await holds()) return
    await view.wait(500)
  }
  throw new Error('it never came to be')
}

const isReady = (one: ViewedObject | undefined): boolean => {
  const status = one?.['status'] as { conditions?: { type: string; status: string }[] } | undefined
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true
}

describe.each(Object.entries(SUBJECTS))('the ports to %s', (_name, { simulated, open }) => {
  let subject: Subject
  const pod = (name: string) => ({ kind: 'Pod', name, namespace: 'contract' })

  beforeAll(async () => {
    subject = await open()
    const { view, hands } = subject
    await hands.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } })
    for (const manifest of [CLIENT, ...WEB]) await hands.apply(manifest)
    await until(view, async () => isReady(await view.object(pod('client'))) && isReady(await view.object(pod('web'))))
  }, 120_000)
  afterAll(async () => subject.close())

  it('name one object by kind, resource or short name, and miss what is not there', async () => {
    const { view } = subject
    for (const kind of ['Pod', 'pods', 'po'])
      expect((await view.object({ ...pod('web'), kind }))?.metadata.name).toBe('web')
    expect(await view.object(pod('nobody'))).toBeUndefined()
    await expect(view.object({ ...pod('web'), kind: 'Spaceship' })).rejects.toThrow()
  })

  it('list by labels and fields, in one namespace or all', async () => {
    const { view } = subject
    const names = (list: ViewedObject[]): string[] => list.map(({ metadata }) => metadata.name ?? '').sort()
    expect(names(await view.objects({ kind: 'Pod', namespace: 'contract' }))).toEqual(['client', 'web'])
    expect(names(await view.objects({ kind: 'Pod', labelSelector: 'app=web' }))).toEqual(['web'])
    expect(names(await view.objects({ kind: 'Pod', fieldSelector: 'metadata.name=client' }))).toEqual(['client'])
    const nodes = await view.objects({ kind: 'Node' })
    expect(nodes.map(({ kind }) => kind)).toEqual(['Node', 'Node', 'Node'])
  })

  it('apply over what is there, patch, and remove', async () => {
    const { view, hands } = subject
    const config = { kind: 'ConfigMap', name: 'settings', namespace: 'contract' }
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'contract' } }
    await hands.apply({ ...manifest, data: { a: '1' } })
    await hands.apply({ ...manifest, data: { a: '2' } })
    await hands.patch(config, { data: { b: '3' } })
    expect((await view.object(config))?.['data']).toEqual({ a: '2', b: '3' })
    await hands.remove(config)
    expect(await view.object(config)).toBeUndefined()
    await expect(hands.patch(config, { data: { b: '3' } })).rejects.toThrow('not found')
  })

  it('answer who may do what', async () => {
    const { view } = subject
    const question = { verb: 'list', resource: 'pods', namespace: 'contract' }
    expect(await view.canI({ ...question, as: 'somebody' })).toBe(false)
    expect(await view.canI({ ...question, as: 'chief', groups: ['system:masters'] })).toBe(true)
  })

  it('run commands in pods, with their output and exit code', async () => {
    const { view } = subject
    expect(await view.run({ pod: 'client', namespace: 'contract' }, 'echo out; echo err >&2; exit 3')).toMatchObject({
      code: 3,
      stdout: 'out\n',
    })
    expect((await view.run({ pod: 'client', namespace: 'contract' }, 'true')).code).toBe(0)
  })

  it('reach a Service, and are refused where nothing listens', async () => {
    const { view } = subject
    const from = { pod: 'client', namespace: 'contract' }
    const answer = await view.reach(from, 'http://web.contract')
    expect(answer).toMatchObject({ outcome: 'open', status: 200 })
    expect('body' in answer && answer.body).toContain('Welcome to nginx')
    const [address = ''] = await view.resolve(from, 'web.contract.svc.cluster.local')
    expect(address).toMatch(/^10\./)
    const web = (await view.object(pod('web')))?.['status'] as { podIP: string }
    expect((await view.reach(from, `http://${web.podIP}:81`)).outcome).toBe('refused')
    expect((await view.reach(from, 'http://nobody.contract')).outcome).toBe('unresolved')
    expect(await view.resolve(from, 'nobody.contract.svc.cluster.local')).toEqual([])
  })

  it('have a clock that goes on while waiting', async () => {
    const { view } = subject
    const before = await view.now()
    await view.wait(1_100)
    expect((await view.now()) - before).toBeGreaterThanOrEqual(900)
  })

  it('copy the cluster, or say why not', async () => {
    const { view, hands } = subject
    if (!simulated) return expect(hands.fork()).rejects.toThrow(NotSupported)
    const copy = await hands.fork()
    await copy.hands.remove(pod('client'), { graceSeconds: 0 })
    expect(await copy.view.object(pod('client'))).toBeUndefined()
    expect(await view.object(pod('client'))).toBeDefined()
  })

  it('read units and files of hosts, or say why not', async () => {
    const { view, hands } = subject
    if (!simulated) return expect(view.unit('worker-1', 'kubelet')).rejects.toThrow(NotSupported)
    expect(await view.unit('worker-1', 'kubelet')).toEqual({ active: true, enabled: true })
    expect(await view.unit('worker-1', 'nothing')).toBeUndefined()
    await hands.writeFile('worker-1', '/etc/note', 'hello\n')
    expect(await view.file('worker-1', '/etc/note')).toBe('hello\n')
    expect(await view.file('worker-1', '/etc/nothing')).toBeUndefined()
  })
})
