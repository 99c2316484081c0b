import { describe, expect, it } from 'vitest'
import { createApiClient } from '../../engine/api/client/create.ts'
import type { Answer, ApiClient, Change, KubeObject, Resource } from '../../engine/api/client.ts'
import { ApiServer } from '../../engine/api/server.ts'
import { EtcdMember } from '../../engine/etcd/member.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'

const HOSTS = ['cp', 'worker']

/** A component that keeps what its client tells it. */
class Owner {
  readonly client: ApiClient
  log: string[] = []
  answers: { code: number; failure: string | undefined }[] = []

  constructor(kernel: Kernel, fabric: Fabric, servers: string[] = ['cp']) {
    this.client = createApiClient(kernel, fabric, {
      address: 'owner',
      host: 'worker',
      servers: servers.map((host) => ({ host, port: 6443 })),
      identity: { user: 'system:kube-controller-manager', groups: ['system:masters'] },
      owner: this,
    })
    kernel.register('owner', this)
  }

  onAnswer({ code, failure }: Answer): void {
    this.answers.push({ code, failure })
  }

  onChange(_resource: Resource, { type, object }: Change): void {
    this.log.push(`${type} ${object.metadata.name}`)
  }

  handle(event: KernelEvent): void {
    this.client.handle(event)
  }

  dump(): unknown {
    return { client: this.client.dump(), log: this.log, answers: this.answers }
  }

  load(state: unknown): void {
    const saved = state as { client: unknown; log: string[]; answers: Owner['answers'] }
    this.client.load(saved.client)
    this.log = saved.log
    this.answers = saved.answers
  }
}

interface World {
  kernel: Kernel
  fabric: Fabric
  server: ApiServer
  owner: Owner
}

function world(): World {
  const kernel = new Kernel({ seed: 'client', epochMs: Date.UTC(2026, 10, 20, 9) })
  const fabric = new Fabric(kernel)
  for (const host of HOSTS) fabric.addHost(host)
  new EtcdMember(kernel, fabric, { name: 'cp', host: 'cp', peers: [{ name: 'cp', host: 'cp' }] })
  const server = new ApiServer({ kernel, fabric, host: 'cp', etcd: [{ host: 'cp' }], advertiseAddress: '10.0.0.1' })
  const owner = new Owner(kernel, fabric)
  return { kernel, fabric, server, owner }
}

function started(): World & {
  informer: { list: () => KubeObject[]; by: (index: string, value: string) => KubeObject[]; synced: boolean }
} {
  const made = world()
  const informer = made.owner.client.informer('v1/configmaps', {
    indexes: { color: ({ metadata }) => [metadata.labels?.color ?? ''] },
  })
  made.server.start()
  made.kernel.runUntil(5_000)
  made.owner.client.start()
  made.kernel.runUntil(6_000)
  return { ...made, informer }
}

const create = ({ owner }: World, name: string, labels: Record<string, string> = {}): void =>
  owner.client.call({
    verb: 'create',
    resource: 'v1/configmaps',
    namespace: 'default',
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } },
  })

const run = ({ kernel }: World, ms: number): void => kernel.runUntil(kernel.now + ms)

describe('client', () => {
  it('answers calls, and keeps caches with indexes', () => {
    const it_ = started()
    expect(it_.informer.synced).toBe(true)
    create(it_, 'a', { color: 'red' })
    create(it_, 'a')
    run(it_, 100)
    expect(it_.owner.answers.map(({ code }) => code)).toEqual([201, 409])
    expect(it_.informer.by('color', 'red')).toHaveLength(1)
    it_.owner.client.call({
      verb: 'patch',
      resource: 'v1/configmaps',
      namespace: 'default',
      name: 'a',
      patchType: 'merge',
      body: { metadata: { labels: { color: 'blue' } } },
    })
    run(it_, 100)
    expect([it_.informer.by('color', 'red').length, it_.informer.by('color', 'blue').length]).toEqual([0, 1])
    it_.owner.client.call({ verb: 'delete', resource: 'v1/configmaps', namespace: 'default', name: 'a' })
    run(it_, 100)
    expect(it_.owner.log).toEqual(['added a', 'modified a', 'deleted a'])
  })

  it('tells of a refused door at once, and of a silent wire after its deadline', () => {
    const it_ = started()
    it_.server.stop()
    create(it_, 'a')
    run(it_, 10)
    expect(it_.owner.answers).toEqual([{ code: 0, failure: 'dial tcp cp:6443: connect: connection refused' }])
    it_.fabric.cut('cp', 'worker')
    create(it_, 'b')
    run(it_, 31_000)
    expect(it_.owner.answers[1]).toEqual({ code: 0, failure: 'dial tcp: i/o timeout' })
  })

  it('takes up its watches again when the server comes back', () => {
    const it_ = started()
    it_.server.stop()
    run(it_, 2_000)
    it_.server.start()
    run(it_, 20_000)
    create(it_, 'a')
    run(it_, 100)
    expect(it_.owner.log).toEqual(['added a'])
  })

  it('loses nothing to a wire that was cut for a while', () => {
    const it_ = started()
    for (const [index, cutMs] of [10_000, 120_000].entries()) {
      it_.fabric.cut('cp', 'worker')
      const before = it_.owner.log.length
      it_.kernel.component('apiserver/cp')
      const request = {
        method: 'POST' as const,
        path: '/api/v1/namespaces/default/configmaps',
        query: {},
        headers: { 'content-type': 'application/json' },
        body: { metadata: { name: `m${index}` } },
        certificate: { commonName: 'admin', organizations: ['system:masters'] },
      }
      it_.kernel.send({
        to: 'apiserver/cp',
        type: 'http.request',
        data: { id: `x${index}`, from: 'cp', request, replyTo: { host: 'cp', address: 'nobody', tag: 'x' } },
      })
      run(it_, cutMs)
      expect(it_.owner.log.length).toBe(before)
      it_.fabric.mend('cp', 'worker')
      run(it_, 70_000)
      expect(it_.owner.log[it_.owner.log.length - 1]).toBe(`added m${index}`)
    }
  })

  it('goes on from a snapshot taken in mid-flight as if nothing had been', () => {
    const it_ = started()
    create(it_, 'a')
    it_.kernel.step()
    it_.kernel.step()
    const snapshot = it_.kernel.snapshot()
    create(it_, 'b')
    run(it_, 700_000)
    const twin = world()
    twin.owner.client.informer('v1/configmaps', {
      indexes: { color: ({ metadata }) => [metadata.labels?.color ?? ''] },
    })
    twin.kernel.restore(snapshot)
    create(twin, 'b')
    run(twin, 700_000)
    expect(twin.owner.log).toEqual(it_.owner.log)
    expect(twin.owner.log).toEqual(['added a', 'added b'])
    expect(JSON.stringify(twin.server.cache.dump())).toBe(JSON.stringify(it_.server.cache.dump()))
    expect(twin.kernel.journal.hash()).toBe(it_.kernel.journal.hash())
  })
})
