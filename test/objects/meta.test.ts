import { expect, it } from 'vitest'
import {
  conditionOf,
  isPodAvailable,
  isPodReady,
  microTimestamp,
  ownerOf,
  podPhaseActive,
  setCondition,
  timestamp,
} from '../../engine/objects/meta.ts'

const ready = { type: 'Ready', status: 'True', lastTransitionTime: '2026-11-20T09:00:00Z' }
const pod = { metadata: { name: 'p' }, status: { phase: 'Running', conditions: [ready] } }
const at = (seconds: number) => Date.parse('2026-11-20T09:00:00Z') + seconds * 1000

it('writes timestamps as the API does', () => {
  expect(timestamp(at(0) + 999)).toBe('2026-11-20T09:00:00Z')
  expect(microTimestamp(at(0) + 123)).toBe('2026-11-20T09:00:00.123000Z')
})

it('keeps the time of a condition whose status stays', () => {
  const next = { type: 'Ready', status: 'True', reason: 'x', lastTransitionTime: '2026-11-20T10:00:00Z' }
  expect(setCondition<typeof ready>([ready], next)).toEqual([{ ...next, lastTransitionTime: ready.lastTransitionTime }])
  expect(setCondition([ready], { ...next, status: 'False' })[0]!.lastTransitionTime).toBe('2026-11-20T10:00:00Z')
  expect(setCondition(undefined, ready)).toEqual([ready])
  expect(conditionOf([ready], 'Other')).toBeUndefined()
})

it('knows active, ready and available pods (C)', () => {
  expect(isPodReady(pod)).toBe(true)
  expect(isPodAvailable(pod, 0, at(0))).toBe(true)
  expect(isPodAvailable(pod, 10, at(9))).toBe(false)
  expect(isPodAvailable(pod, 10, at(10))).toBe(true)
  expect(podPhaseActive(pod)).toBe(true)
  expect(podPhaseActive({ ...pod, metadata: { name: 'p', deletionTimestamp: ready.lastTransitionTime } })).toBe(false)
  expect(podPhaseActive({ metadata: { name: 'p' }, status: { phase: 'Failed' } })).toBe(false)
})

it('finds the controller among the owners', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u', controller: true }
  expect(ownerOf({ metadata: { ownerReferences: [{ ...owner, controller: false }, owner] } })).toBe(owner)
  expect(ownerOf({})).toBeUndefined()
})
