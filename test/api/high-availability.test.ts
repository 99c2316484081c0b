import { describe, expect, it } from 'vitest'
import { API_PORT, ApiServer } from '../../engine/api/server.ts'
import { EtcdMember } from '../../engine/etcd/member.ts'
import { Fabric } from '../../engine/fabric/fabric.ts'
import { HTTP } from '../../engine/fabric/http.ts'
import type { HttpRequest, HttpResponse, HttpResponseData } from '../../engine/fabric/http.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { Body } from '../harness/api.ts'

const HOSTS = ['cp1', 'cp2', 'cp3']

interface Cluster {
  kernel: Kernel
  fabric: Fabric
  servers: ApiServer[]
  request: (host: string, method: HttpRequest['method'], path: string, body?: unknown) => HttpResponse
}

function cluster(): Cluster {
  const kernel = new Kernel({ seed: 'ha', epochMs: Date.UTC(2026, 10, 20, 9) })
  const fabric = new Fabric(kernel)
  for (const host of [...HOSTS, 'outside']) fabric.addHost(host)
  const peers = HOSTS.map((host) => ({ name: host, host }))
  for (const host of HOSTS) new EtcdMember(kernel, fabric, { name: host, host, peers })
  const servers = HOSTS.map(
    (host, index) => new ApiServer({ kernel, fabric, host, etcd: [{ host }], advertiseAddress: `10.0.0.${index + 1}` }),
  )
  for (const server of servers) server.start()
  const answers = new Map<string, HttpResponse>()
  kernel.register('caller', {
    handle: ({ type, data }) => {
      if (type === HTTP.response) answers.set((data as HttpResponseData).tag, (data as HttpResponseData).response)
    },
    dump: () => undefined,
    load: () => undefined,
  })
  let serial = 0
  const request: Cluster['request'] = (host, method, path, body) => {
    const tag = `r${serial++}`
    const given: HttpRequest = {
      method,
      path,
      query: {},
      headers: { 'content-type': 'application/json' },
      body,
      certificate: { commonName: 'admin', organizations: ['system:masters'] },
    }
    fabric.send({
      from: 'outside',
      to: host,
      port: API_PORT,
      event: {
        to: `apiserver/${host}`,
        type: HTTP.request,
        data: { id: tag, from: 'outside', request: given, replyTo: { host: 'outside', address: 'caller', tag } },
      },
    })
    const limit = kernel.now + 120_000
    while (!answers.has(tag) && kernel.now < limit) kernel.step()
    return answers.get(tag) as HttpResponse
  }
  kernel.runUntil(25_000)
  return { kernel, fabric, servers, request }
}

const addresses = ({ request }: Cluster, host: string): string[] => {
  const { subsets } = request(host, 'GET', '/api/v1/namespaces/default/endpoints/kubernetes').body as {
    subsets: { addresses: { ip: string }[] }[]
  }
  return subsets[0]?.addresses.map(({ ip }) => ip) ?? []
}

const MAPS = '/api/v1/namespaces/default/configmaps'

describe('three API servers', () => {
  it('read each other’s writes at once', () => {
    const made = cluster()
    expect(made.request('cp1', 'POST', MAPS, { metadata: { name: 'a' } }).code).toBe(201)
    for (const host of HOSTS) expect(made.request(host, 'GET', `${MAPS}/a`).code).toBe(200)
    const refused = made.request('cp2', 'POST', MAPS, { metadata: { name: 'a' } })
    expect((refused.body as Body).reason).toBe('AlreadyExists')
  })

  it('stand in the endpoints of the kubernetes Service while their leases last', () => {
    const made = cluster()
    expect(addresses(made, 'cp1')).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
    made.fabric.setUp('cp3', false)
    made.kernel.runUntil(made.kernel.now + 45_000)
    expect(addresses(made, 'cp1')).toEqual(['10.0.0.1', '10.0.0.2'])
  })

  it('do not write, and do not read what they cannot be sure of, on the side without a quorum', () => {
    const made = cluster()
    made.fabric.isolate('cp1')
    made.fabric.mend('cp1', 'outside')
    made.kernel.runUntil(made.kernel.now + 5_000)
    expect(made.request('cp2', 'POST', MAPS, { metadata: { name: 'b' } }).code).toBe(201)
    expect(made.request('cp1', 'GET', `${MAPS}/b`).code).toBeGreaterThanOrEqual(500)
    expect(made.request('cp1', 'POST', MAPS, { metadata: { name: 'c' } }).code).toBeGreaterThanOrEqual(500)
    made.fabric.rejoin('cp1')
    made.kernel.runUntil(made.kernel.now + 20_000)
    expect(made.request('cp1', 'GET', `${MAPS}/b`).code).toBe(200)
  })
})
