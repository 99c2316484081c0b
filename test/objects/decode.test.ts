import { describe, expect, it } from 'vitest'
import { decodeStrict, strictDecodingError } from '../../engine/objects/decode.ts'
import { duplicateFields } from '../../engine/objects/duplicate-fields.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'

const kinds = new KindRegistry()
const pod = kinds.byKind('', 'v1', 'Pod')!
const deployment = kinds.byKind('apps', 'v1', 'Deployment')!
const inContainer = (fields: object) => ({ spec: { containers: [fields] } })

describe('strict decoding (K5, recording 31)', () => {
  it('names unknown fields by their path and prunes them', () => {
    const template = { spec: { containers: [{ name: 'c', imagePullpolicy: 'Always' }] } }
    const decoded = decodeStrict(deployment, { spec: { replica: 2, template } })
    expect(strictDecodingError(decoded)).toBe(
      'strict decoding error: unknown field "spec.replica", unknown field "spec.template.spec.containers[0].imagePullpolicy"',
    )
    expect(decoded.object).toEqual({ spec: { template: { spec: { containers: [{ name: 'c' }] } } } })
  })

  it.each([
    [
      deployment,
      { spec: { replicas: '2' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment,
      { spec: { paused: 'true' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool',
    ],
    [
      pod,
      { spec: { containers: {} } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      pod,
      inContainer({ command: 'sleep 5' }),
      'json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string',
    ],
    [
      pod,
      inContainer({ env: [{ name: 'A', value: true }] }),
      'json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      pod,
      inContainer({ env: [{ name: 'A', value: 5 }] }),
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      pod,
      { metadata: { annotations: { a: true } } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.annotations of type string',
    ],
    [
      deployment,
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      pod,
      inContainer({ resources: { requests: { cpu: 'abc' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      pod,
      { metadata: { creationTimestamp: 'noon' } },
      'parsing time "noon" as "2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"',
    ],
  ])('says what Go says of a wrong type: %#', (entry, raw, error) => {
    expect(decodeStrict(entry, raw).error).toBe(error)
  })

  it('writes quantities and times in canonical form', () => {
    const requests = { cpu: 0.5, memory: '1024Mi', 'ephemeral-storage': '1500M' }
    const decoded = decodeStrict(pod, {
      metadata: { creationTimestamp: '2026-11-20T10:00:00+01:00' },
      ...inContainer({ resources: { requests } }),
    })
    expect(decoded.error).toBeUndefined()
    expect(decoded.object).toEqual({
      metadata: { creationTimestamp: '2026-11-20T09:00:00Z' },
      spec: { containers: [{ resources: { requests: { cpu: '500m', memory: '1Gi', 'ephemeral-storage': '1500M' } } }] },
    })
  })

  it('drops nulls, and gives null members of lists and maps their zero value', () => {
    const decoded = decodeStrict(pod, { metadata: { labels: { a: null }, name: null }, spec: { containers: [null] } })
    expect(decoded.object).toEqual({ metadata: { labels: { a: '' } }, spec: { containers: [{}] } })
  })

  it('changes nothing the second time', () => {
    const once = decodeStrict(pod, {
      metadata: { name: 'a' },
      ...inContainer({ resources: { limits: { cpu: '1000m' } } }),
    })
    expect(decodeStrict(pod, once.object)).toEqual(once)
  })

  it('never changes what it is given', () => {
    const raw = Object.freeze({ metadata: Object.freeze({ name: 'a', bogus: 1 }) })
    expect(decodeStrict(pod, raw).object).toEqual({ metadata: { name: 'a' } })
  })

  it('decodes only the metadata of a custom resource', () => {
    const entry = { ...pod, group: 'example.com', kind: 'CronTab', schema: '' }
    const decoded = decodeStrict(entry, { metadata: { name: 'a', nope: 1 }, spec: { any: [null] } })
    expect(decoded.unknown).toEqual(['unknown field "metadata.nope"'])
    expect(decoded.object).toEqual({ metadata: { name: 'a' }, spec: { any: [null] } })
  })

  it('finds fields that stand twice in a text', () => {
    const text = '{"spec":{"replicas":1,"replicas":2,"list":[{"a":"}\\"","a":[]}]}}'
    expect(duplicateFields(text)).toEqual(['duplicate field "spec.replicas"', 'duplicate field "spec.list[0].a"'])
  })
})
