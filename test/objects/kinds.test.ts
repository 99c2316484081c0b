import { describe, expect, it } from 'vitest'
import { deprecationWarning, groupResource, KindRegistry } from '../../engine/objects/kinds.ts'
import { coreTypeForKind, typeOf } from '../../engine/objects/schema.ts'

describe('kinds a release serves (J)', () => {
  it('serves 1.35 by default, with the preferred version first', () => {
    const kinds = new KindRegistry()
    expect(kinds.release).toBe('1.35')
    expect(kinds.preferred('autoscaling', 'horizontalpodautoscalers')?.version).toBe('v2')
    expect(kinds.groups().find((group) => group.name === 'autoscaling')).toEqual({
      name: 'autoscaling',
      versions: ['v2', 'v1'],
      preferredVersion: 'v2',
    })
    expect(kinds.byKind('policy', 'v1beta1', 'PodDisruptionBudget')).toBeUndefined()
  })

  it('serves policy/v1beta1 budgets until 1.24 and policy/v1 ones from 1.21', () => {
    const versions = (release: string) =>
      new KindRegistry(release)
        .all()
        .filter((entry) => entry.kind === 'PodDisruptionBudget')
        .map((entry) => `${entry.version}${entry.storage ? ' stored' : ''}`)
    expect(versions('1.20')).toEqual(['v1beta1 stored'])
    expect(versions('1.24')).toEqual(['v1 stored', 'v1beta1'])
    expect(versions('1.25')).toEqual(['v1 stored'])
  })

  it('leaves alpha versions, and beta ones introduced from 1.24 on, switched off', () => {
    const entries = new KindRegistry('1.36').all()
    expect(entries.filter((entry) => /alpha|beta/.test(entry.version))).toEqual([])
    expect(entries.map(groupResource)).toContain('deviceclasses.resource.k8s.io')
    expect(new KindRegistry('1.33').byKind('resource.k8s.io', 'v1', 'DeviceClass')).toBeUndefined()
  })

  it('knows where the kind of a subresource lives', () => {
    const pods = new KindRegistry().byResource('', 'v1', 'pods')!
    expect(pods.subresources.find((sub) => sub.name === 'eviction')).toMatchObject({ group: 'policy', version: 'v1' })
    expect(pods.shortNames).toEqual(['po'])
    expect(new KindRegistry('1.32').byResource('', 'v1', 'pods')!.subresources.map((sub) => sub.name)).not.toContain(
      'resize',
    )
  })

  it('gives every built-in kind a schema type', () => {
    for (const release of ['1.18', '1.24', '1.33', '1.36']) {
      for (const entry of new KindRegistry(release).all())
        expect(coreTypeForKind(entry)?.fields.size).toBeGreaterThan(0)
    }
    expect(typeOf('core.v1.PodSpec').fields.get('containers')?.shape.goType).toBe('[]v1.Container')
  })

  it('refuses releases it has no facts of', () => {
    expect(() => new KindRegistry('1.11')).toThrow('not simulated: Kubernetes 1.11')
  })

  it('takes kinds at run time, and takes them out again', () => {
    const kinds = new KindRegistry()
    const entry = {
      ...kinds.byKind('', 'v1', 'ConfigMap')!,
      group: 'example.com',
      kind: 'CronTab',
      resource: 'crontabs',
      schema: '',
    }
    kinds.add(entry)
    expect(kinds.byResource('example.com', 'v1', 'crontabs')).toBe(entry)
    kinds.remove(entry)
    expect(kinds.byKind('example.com', 'v1', 'CronTab')).toBeUndefined()
  })

  it("warns of deprecated versions in upstream's words", () => {
    const old = new KindRegistry('1.22')
    expect(deprecationWarning(old.byKind('policy', 'v1beta1', 'PodDisruptionBudget')!, '1.22')).toBe(
      'policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget',
    )
    const endpoints = new KindRegistry().byKind('', 'v1', 'Endpoints')!
    expect(deprecationWarning(endpoints, '1.36')).toBe(
      'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    )
    expect(deprecationWarning(endpoints, '1.32')).toBeUndefined()
  })
})
