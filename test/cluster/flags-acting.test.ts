/** Settings that act: on the API server's kinds and users, on the scheduler's profiles (O2, O3, E1). */
import { describe, expect, it } from 'vitest'
import { pluginsOf } from '../../engine/scheduler/profile.ts'
import { startApi } from '../harness/api.ts'

describe('--runtime-config', () => {
  it('takes groups and versions away', () => {
    const api = startApi({ flags: { runtimeConfig: { 'batch/v1': 'false', 'autoscaling/v2': 'false' } } })
    api.run(5_000)
    expect(api.request('GET', '/apis/batch/v1/jobs').code).toBe(404)
    expect(api.request('GET', '/apis/autoscaling/v2/horizontalpodautoscalers').code).toBe(404)
    expect(api.request('GET', '/apis/apps/v1/deployments').code).toBe(200)
    expect(JSON.stringify(api.request('GET', '/apis').body)).not.toContain('"batch"')
  })
})

describe('--token-auth-file and --enable-bootstrap-token-auth', () => {
  it('knows the users of the file', () => {
    const tokens = [{ token: 'secret', user: 'alice', uid: '1', groups: ['system:masters'] }]
    const api = startApi({ flags: { tokens } })
    api.run(5_000)
    const as = (token: string): number =>
      api.request('GET', '/api/v1/nodes', undefined, {
        certificate: null,
        headers: { authorization: `Bearer ${token}` },
      }).code
    expect(as('secret')).toBe(200)
    expect(as('other')).toBe(401)
  })
})

describe('profiles of the scheduler', () => {
  it('runs what a profile names, with its weights', () => {
    const plugins = pluginsOf([
      {
        schedulerName: 'packer',
        filters: ['NodeResourcesFit', 'DynamicResources'],
        scores: [{ name: 'NodeAffinity', weight: 9 }],
        preempts: false,
      },
    ])
    expect([...plugins.keys()]).toEqual(['packer'])
    const packer = plugins.get('packer')
    expect(packer?.filters.map(({ name }) => name)).toEqual(['NodeResourcesFit'])
    expect(packer?.scores.map(({ name, weight }) => [name, weight])).toEqual([['NodeAffinity', 9]])
  })

  it('is the default scheduler with everything when no file says otherwise', () => {
    const plugins = pluginsOf(undefined).get('default-scheduler')
    expect(plugins?.filters.length).toBeGreaterThan(10)
    expect(plugins?.preempts).toBe(true)
  })
})
