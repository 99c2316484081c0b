/** The autoscaler's arithmetic (R5.2, R5.3), by hand-worked cases. */
import { describe, expect, it } from 'vitest'
import {
  normalizeDesired,
  normalizeWithBehavior,
  withScaleEvent,
} from '../../engine/controllers/horizontalpodautoscaler/behavior.ts'
import type { History, Rules } from '../../engine/controllers/horizontalpodautoscaler/behavior.ts'
import { podMetricsOf, selectorText } from '../../engine/controllers/horizontalpodautoscaler/metrics.ts'
import { byAverage, byUtilization } from '../../engine/controllers/horizontalpodautoscaler/replicas.ts'
import type { PodMetrics } from '../../engine/controllers/horizontalpodautoscaler/metrics.ts'
import type { Pod } from '../../engine/objects/types.gen.ts'

const NOW = Date.UTC(2026, 0, 1)
const iso = (ms: number): string => new Date(ms).toISOString()

/** A pod that has been ready for an hour and asks for 100m. */
const pod = (
  name: string,
  own: { phase?: string; readySinceMs?: number; ready?: 'True' | 'False'; requests?: object } = {},
): Pod =>
  ({
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', resources: { requests: own.requests ?? { cpu: '100m' } } }] },
    status: {
      phase: own.phase ?? 'Running',
      startTime: iso(NOW - (own.readySinceMs ?? 3_600_000)),
      conditions: [
        { type: 'Ready', status: own.ready ?? 'True', lastTransitionTime: iso(NOW - (own.readySinceMs ?? 3_600_000)) },
      ],
    },
  }) as unknown as Pod

const metrics = (values: Record<string, number>): PodMetrics =>
  new Map(
    Object.entries(values).map(([name, milli]) => [name, { value: BigInt(milli), timestampMs: NOW, windowMs: 15_000 }]),
  )

const ask = (
  pods: Pod[],
  values: Record<string, number>,
  target: number,
  current = pods.length,
): ReturnType<typeof byUtilization> =>
  byUtilization(
    { nowMs: NOW, pods, metrics: metrics(values), resource: 'cpu', current, tolerances: { up: 0.1, down: 0.1 } },
    target,
  )

describe('replicas by utilization', () => {
  const three = [pod('a'), pod('b'), pod('c')]

  it('scales by the ratio of usage and target, rounded up', () => {
    expect(ask(three, { a: 30, b: 50, c: 70 }, 30)).toEqual({ replicas: 5, utilization: 50, raw: 50n })
    expect(ask(three, { a: 10, b: 10, c: 10 }, 30)).toMatchObject({ replicas: 1 })
  })

  it('stays within a tolerance of a tenth', () => {
    expect(ask(three, { a: 54, b: 54, c: 54 }, 50)).toMatchObject({ replicas: 3 })
    expect(ask(three, { a: 46, b: 46, c: 46 }, 50)).toMatchObject({ replicas: 3 })
    expect(ask(three, { a: 56, b: 56, c: 56 }, 50)).toMatchObject({ replicas: 4 })
  })

  it('takes pods without metrics for idle when it grows, and for busy when it shrinks', () => {
    expect(ask(three, { a: 100, b: 100 }, 50)).toMatchObject({ replicas: 4, utilization: 100 })
    expect(ask(three, { a: 10, b: 10 }, 50)).toMatchObject({ replicas: 3, utilization: 10 })
  })

  it('leaves out what ends, and counts what is not ready as idle when it grows', () => {
    const mixed = [pod('a'), pod('b', { phase: 'Failed' }), pod('c', { phase: 'Pending' })]
    expect(ask(mixed, { a: 100 }, 50, 1)).toMatchObject({ replicas: 1 })
    expect(ask([pod('a', { readySinceMs: 5_000 })], { a: 100 }, 50)).toEqual({
      error: 'did not receive metrics for targeted pods (pods might be unready)',
    })
  })

  it('says which container asks for nothing', () => {
    expect(ask([pod('a', { requests: {} })], { a: 5 }, 50)).toEqual({
      error: 'missing request for cpu in container c of Pod a',
    })
    expect(ask([], {}, 50, 1)).toEqual({ error: 'no pods returned by selector while calculating replica count' })
  })
})

it('scales by an average amount', () => {
  const pods = [pod('a'), pod('b')]
  const question = {
    nowMs: NOW,
    pods,
    metrics: metrics({ a: 3000, b: 5000 }),
    resource: 'memory',
    current: 2,
    tolerances: { up: 0.1, down: 0.1 },
  }
  expect(byAverage(question, 2000n)).toEqual({ replicas: 4, raw: 4000n })
})

describe('stabilization and limits', () => {
  const empty: History = { recommendations: [], scaleUps: [], scaleDowns: [] }
  const wish = (current: number, desired: number, max = 100): Parameters<typeof normalizeDesired>[0] => ({
    nowMs: NOW,
    current,
    desired,
    limits: { min: 1, max },
  })

  it('doubles at most, or grows to four', () => {
    expect(normalizeDesired(wish(1, 50), empty)).toMatchObject({
      replicas: 4,
      limited: { status: 'True', reason: 'ScaleUpLimit' },
    })
    expect(normalizeDesired(wish(10, 50), empty)).toMatchObject({ replicas: 20, limited: { reason: 'ScaleUpLimit' } })
    expect(normalizeDesired(wish(10, 50, 12), empty)).toMatchObject({
      replicas: 12,
      limited: { reason: 'TooManyReplicas' },
    })
  })

  it('shrinks to the highest recommendation of five minutes', () => {
    const recent = {
      ...empty,
      recommendations: [
        { value: 8, atMs: NOW - 200_000 },
        { value: 9, atMs: NOW - 301_000 },
      ],
    }
    const next = normalizeDesired(wish(10, 2), recent)
    expect(next).toMatchObject({ replicas: 8, able: { reason: 'ScaleDownStabilized' }, limited: { status: 'False' } })
    expect(next.recommendations).toEqual([
      { value: 8, atMs: NOW - 200_000 },
      { value: 2, atMs: NOW },
    ])
  })

  const rules: Rules = {
    up: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    down: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Min',
      policies: [
        { type: 'Pods', value: 2, periodSeconds: 60 },
        { type: 'Percent', value: 10, periodSeconds: 60 },
      ],
    },
  }

  it('keeps to the rates of a behavior, counting what was done in their periods', () => {
    expect(normalizeWithBehavior(wish(10, 50), rules, empty).replicas).toBe(20)
    const grown = withScaleEvent(empty, rules, NOW - 5_000, 5, 10)
    expect(normalizeWithBehavior(wish(10, 50), rules, grown).replicas).toBe(10)
    expect(normalizeWithBehavior(wish(10, 1), rules, empty)).toMatchObject({
      replicas: 9,
      limited: { reason: 'ScaleDownLimit' },
    })
    const disabled = { ...rules, down: { ...rules.down, selectPolicy: 'Disabled' } }
    expect(normalizeWithBehavior(wish(10, 1), disabled, empty).replicas).toBe(10)
  })

  it('grows to the lowest recommendation of its window', () => {
    const slow = { ...rules, up: { ...rules.up, stabilizationWindowSeconds: 60 } }
    const recent = { ...empty, recommendations: [{ value: 11, atMs: NOW - 30_000 }] }
    expect(normalizeWithBehavior(wish(10, 15), slow, recent)).toMatchObject({
      replicas: 11,
      able: { reason: 'ScaleUpStabilized' },
    })
  })
})

it('reads pod metrics, and prints selectors as Go does', () => {
  const item = {
    metadata: { name: 'a' },
    timestamp: iso(NOW),
    window: '14.987s',
    containers: [{ name: 'c', usage: { cpu: '123456789n', memory: '1Mi' } }],
  }
  expect(podMetricsOf([item], 'cpu', undefined, 'default')).toEqual(
    new Map([['a', { value: 124n, timestampMs: NOW, windowMs: 14_987 }]]),
  )
  expect(podMetricsOf([item], 'cpu', 'x', 'default')).toEqual({
    error: 'container x not present in metrics for pod default/a',
  })
  expect(selectorText(undefined)).toBe('nil')
  expect(selectorText({ matchLabels: { b: '2', a: '1' } })).toBe(
    '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},}',
  )
})
