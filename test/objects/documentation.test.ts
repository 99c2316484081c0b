/** What the server tells about its types (M), by release, and the fields that a release knows (J). */
import { describe, expect, it } from 'vitest'
import { deflateRawSync } from 'node:zlib'
import { decodeStrict } from '../../engine/objects/decode.ts'
import { describeField, describeType, valuesOf } from '../../engine/objects/documentation.ts'
import { inflateRaw } from '../../engine/objects/inflate.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'
import { knowsField, requiredIn } from '../../engine/objects/releases.ts'
import { hasType, schemaFile, typeOf } from '../../engine/objects/schema.ts'

const inflated = (text: string, level: number): string =>
  new TextDecoder().decode(inflateRaw(deflateRawSync(text, { level })))

describe('inflate', () => {
  it('takes back what deflate made: stored, fixed and dynamic blocks', () => {
    const long = Array.from({ length: 20_000 }, (_, i) => `line ${i % 97} ${(i * 7919) % 1009}\n`).join('')
    for (const text of ['', 'a', 'aaaaaaaaaaaaaaaaaaaaaaaaa', 'Grüße, 쿠버네티스', long])
      for (const level of [0, 1, 9]) expect(inflated(text, level)).toBe(text)
  })

  it('says so when the data is cut off', () => {
    expect(() => inflateRaw(deflateRawSync('a text of some length').subarray(0, 5))).toThrow(/inflate/)
  })
})

describe('documentation', () => {
  it('describes every kind and nearly every field of the newest release', () => {
    let [fields, silent] = [0, 0]
    for (const entry of new KindRegistry('1.36').all()) {
      expect(describeType(entry.schema, 36), entry.schema).not.toBe('')
      for (const name of typeOf(entry.schema).fields.keys()) {
        fields++
        if (describeField(entry.schema, name, 36) === '') silent++
      }
    }
    expect(silent / fields).toBeLessThan(0.02)
  })

  it('tells a field and its values as its release does', () => {
    expect(valuesOf('core.v1.Toleration', 'operator', 33)).toEqual(['Equal', 'Exists'])
    expect(valuesOf('core.v1.Toleration', 'operator', 36)).toEqual(['Equal', 'Exists', 'Gt', 'Lt'])
    expect(valuesOf('core.v1.Toleration', 'operator', 22)).toBeUndefined()
    expect(describeField('core.v1.Toleration', 'operator', 36)).toContain('Lt and Gt perform numeric comparisons')
    expect(describeField('autoscaling.v2.HPAScalingRules', 'tolerance', 33)).toContain('This is an alpha field')
  })

  it('keeps the lines of a text apart', () => {
    expect(describeField('batch.v1.CronJobSpec', 'concurrencyPolicy', 33)).toContain('Valid values are:\n\n- "Allow"')
  })
})

describe('releases', () => {
  it('knows from when on a field is there, and from when on it must be', () => {
    expect(knowsField('batch.v1.CronJobSpec', 'timeZone', 22)).toBe(false)
    expect(knowsField('batch.v1.CronJobSpec', 'timeZone', 35)).toBe(true)
    const { required } = typeOf('autoscaling.v1.HorizontalPodAutoscaler')
    expect(requiredIn('autoscaling.v1.HorizontalPodAutoscaler', required, 33)).not.toContain('spec')
    expect(requiredIn('autoscaling.v1.HorizontalPodAutoscaler', required, 36)).toContain('spec')
    expect(requiredIn('apps.v1.StatefulSetSpec', typeOf('apps.v1.StatefulSetSpec').required, 30)).toContain(
      'serviceName',
    )
  })

  it('makes an older release refuse fields that came later, and keep those that have gone', () => {
    const pod = new KindRegistry('1.22').byKind('', 'v1', 'Pod')!
    const raw = {
      metadata: { clusterName: 'old' },
      spec: { resources: {}, containers: [{ name: 'a', restartPolicy: 'Always' }] },
    }
    expect(decodeStrict(pod, raw, 36).unknown).toEqual(['unknown field "metadata.clusterName"'])
    const { unknown, object } = decodeStrict(pod, raw, 22)
    expect(unknown).toEqual(['unknown field "spec.resources"', 'unknown field "spec.containers[0].restartPolicy"'])
    expect(object.metadata).toEqual({ clusterName: 'old' })
  })

  it('has every type that an old version refers to', () => {
    const scalars = new Set(['string', 'int32', 'int64', 'double', 'boolean', 'base64', 'any'])
    for (const [name, { fields = {} }] of Object.entries(schemaFile)) {
      for (const field of Object.values(fields)) {
        const type = (typeof field === 'string' ? field : field[0]).replace(/[[\]{}]/g, '')
        expect(scalars.has(type) || hasType(type), `${name}: ${type}`).toBe(true)
      }
    }
  })
})
