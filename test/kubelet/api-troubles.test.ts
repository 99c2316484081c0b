/** A kubelet whose API server cannot be reached, or does not know it (O4, B1). */
import { describe, expect, it } from 'vitest'
import { failureText, reflectorLines } from '../../engine/kubelet/apiTroubles.ts'
import type { Answer } from '../../engine/api/client.ts'
import { structured } from '../../engine/kubelet/klog.ts'
import { makeBench } from './bench.ts'

const SERVER = 'https://172.30.1.2:6444'
const REFUSED = 'dial tcp 172.30.1.2:6444: connect: connection refused'

describe('what the log says (O4)', () => {
  const trouble = {
    resource: 'v1/nodes',
    path: '/api/v1/nodes',
    failure: REFUSED,
    fieldSelector: 'metadata.name=worker-1',
    server: SERVER,
  }
  const shown = (minor: number): string[] =>
    reflectorLines({ ...trouble, minor }).map((said) => {
      if (typeof said === 'string') return said
      return said.bare === true ? said.message : structured(said.message, said.facts)
    })
  const list = `failed to list *v1.Node: Get \\"${SERVER}/api/v1/nodes?fieldSelector=metadata.name%3Dworker-1&limit=500&resourceVersion=0\\": ${REFUSED}`

  it('a list that fails, by release', () => {
    expect(shown(33)).toEqual([
      `"Failed to watch" err="${list}" logger="UnhandledError" reflector="k8s.io/client-go/informers/factory.go:160" type="*v1.Node"`,
    ])
    expect(shown(32)[1]).toContain(
      '"Unhandled Error" err="k8s.io/client-go/informers/factory.go:160: Failed to watch *v1.Node: failed to list',
    )
    expect(shown(30)[1]).toMatch(/^k8s\.io\/client-go\/informers\/factory\.go:160: Failed to watch/)
  })

  it('a call that fails', () => {
    const call = {
      verb: 'get' as const,
      resource: 'coordination.k8s.io/v1/leases',
      namespace: 'kube-node-lease',
      name: 'worker-1',
    }
    const answer: Answer = { call, tag: null, code: 0, body: undefined, failure: REFUSED }
    expect(failureText(answer, SERVER, '?timeout=10s')).toBe(
      `Get "${SERVER}/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-1?timeout=10s": ${REFUSED}`,
    )
    expect(failureText({ ...answer, code: 403, body: { message: 'leases is forbidden' } }, SERVER, '')).toBe(
      'leases is forbidden',
    )
  })

  it('registration and lease are tried again, ever more seldom', () => {
    const log: string[] = []
    const bench = makeBench({ ports: { log: (text) => log.push(text) } })
    bench.run(20_000)
    log.length = 0
    bench.api.reachable = false
    bench.run(60_000)
    const intervals = log.flatMap((line) => /interval="([^"]+)"/.exec(line)?.[1] ?? [])
    expect(log.filter((line) => line.includes('Failed to update lease'))).toHaveLength(5)
    expect(intervals.slice(0, 8)).toEqual(['200ms', '400ms', '800ms', '1.6s', '3.2s', '6.4s', '7s', '7s'])
    bench.api.reachable = true
    bench.run(10_000)
    const renewed = bench.api.get<{ metadata: { name: string }; spec: { renewTime: string } }>(
      'coordination.k8s.io/v1/leases',
      'kube-node-lease',
      'worker-1',
    )
    expect(Date.parse(renewed?.spec.renewTime ?? '')).toBeGreaterThan(bench.kernel.clockMs - 10_000)
  })
})
