import { describe, expect, it } from 'vitest'
import type { PicturedPod } from '../../engine/index.ts'
import { makeTimer } from '../../web/app/time.ts'
import { inFlight, lastResult, nextScenario } from '../../web/catalogue/shelves.ts'
import { inOrder, lettersOf, moodOf } from '../../web/picture/pods.ts'
import type { AttemptSummary, CatalogueEntry } from '../../server/contract.ts'

const pod = (fields: Partial<PicturedPod>): PicturedPod => ({
  namespace: 'default',
  name: 'web-1',
  uid: 'u',
  phase: 'Running',
  status: 'Running',
  ready: true,
  restarts: 0,
  owner: '',
  ...fields,
})

describe('pods in the picture', () => {
  it.each([
    ['Running', true, 'ok'],
    ['Running', false, 'warn'],
    ['ContainerCreating', false, 'starting'],
    ['Init:0/2', false, 'starting'],
    ['Init:CrashLoopBackOff', false, 'bad'],
    ['ImagePullBackOff', false, 'bad'],
    ['Completed', false, 'done'],
    ['Terminating', true, 'leaving'],
  ] as const)('%s, ready %s, looks %s', (status, ready, mood) => {
    expect(moodOf(pod({ status, ready }))).toBe(mood)
  })

  it('carry two letters of their workload', () => {
    expect(lettersOf(pod({ owner: 'ReplicaSet/web-7bd4f58d84' }))).toBe('we')
    expect(lettersOf(pod({ name: 'kube-scheduler-controlplane' }))).toBe('ks')
    expect(lettersOf(pod({ owner: 'DaemonSet/kube-proxy' }))).toBe('kp')
  })

  it("stand in a fixed order, the system's last", () => {
    const names = inOrder([pod({ name: 'b' }), pod({ name: 'a', namespace: 'kube-system' }), pod({ name: 'a' })]).map(
      ({ namespace, name }) => `${namespace}/${name}`,
    )
    expect(names).toEqual(['default/a', 'default/b', 'kube-system/a'])
  })
})

describe('the catalogue', () => {
  const attempt = (id: string, fields: Partial<AttemptSummary>): AttemptSummary => ({
    id,
    scenario: 's1',
    title: 's',
    language: 'en',
    state: 'finished',
    seed: 'x',
    startedAt: '2026-01-01T00:00:00Z',
    timeMs: 1,
    ...fields,
  })
  const entry = (name: string, domain: string): CatalogueEntry => ({
    name,
    domain,
    title: { en: name },
    difficulty: 'core',
    timeMs: 1,
    points: 1,
    hints: 1,
  })

  it('shows the latest result of a scenario, and what is in flight', () => {
    const own = [
      attempt('old', {}),
      attempt('new', { startedAt: '2026-02-01T00:00:00Z' }),
      attempt('live', { state: 'running', startedAt: '2026-03-01T00:00:00Z' }),
    ]
    expect(lastResult(own, 's1')?.id).toBe('new')
    expect(inFlight(own).map(({ id }) => id)).toEqual(['live'])
  })

  it('leads on in the order that it shows: a domain to its end, then the next', () => {
    const shelves = [entry('a', 'x'), entry('b', 'y'), entry('c', 'x')]
    expect(nextScenario(shelves, 'a')?.name).toBe('c')
    expect(nextScenario(shelves, 'c')?.name).toBe('b')
    expect(nextScenario(shelves, 'b')).toBeUndefined()
  })
})

describe('times', () => {
  it('have hours only from an hour on', () => {
    expect([makeTimer(59_999), makeTimer(425_000), makeTimer(3_729_000)]).toEqual(['0:59', '7:05', '1:02:09'])
  })
})
