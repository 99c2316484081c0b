import { describe, expect, it } from 'vitest'
import { templateHash } from '../../engine/objects/template-hash.ts'
import {
  compareKubeVersions,
  compareReleases,
  makeRelease,
  minorDistance,
  parseRelease,
  releaseAtLeast,
} from '../../engine/objects/versions.ts'

describe('releases', () => {
  it('read and print', () => {
    expect(parseRelease('1.35')).toEqual({ major: 1, minor: 35, patch: 0, pre: '' })
    expect(makeRelease(parseRelease('v1.36.0-rc.1+build'))).toBe('v1.36.0-rc.1')
    expect(() => parseRelease('latest')).toThrow('could not parse "latest" as version')
  })

  it('compare', () => {
    expect(['v1.36.0', '1.9.3', '1.36.0-rc.1', '1.36.0-alpha.2', '1.36.0-alpha.10'].sort(compareReleases)).toEqual([
      '1.9.3',
      '1.36.0-alpha.2',
      '1.36.0-alpha.10',
      '1.36.0-rc.1',
      'v1.36.0',
    ])
    expect(minorDistance('1.33', 'v1.35.2')).toBe(-2)
    expect(releaseAtLeast('1.35.0-rc.0', '1.35')).toBe(true)
  })
})

it('API versions order by stability', () =>
  expect(['v1alpha1', 'foo', 'v2', 'v1beta2', 'v11alpha2', 'v1', 'v1beta1', 'bar'].sort(compareKubeVersions)).toEqual([
    'v2',
    'v1',
    'v1beta2',
    'v1beta1',
    'v11alpha2',
    'v1alpha1',
    'bar',
    'foo',
  ]))

describe('pod template hash (C5)', () => {
  const template = { spec: { containers: [{ name: 'a', image: 'x' }] } }

  it('holds only the characters that digits can become', () =>
    expect(templateHash(template, undefined, '1.35')).toMatch(/^[456789bcdf]{1,10}$/))

  it('depends on content, collision count and release, not on the order of keys', () => {
    const hash = templateHash(template, undefined, '1.35')
    expect(templateHash({ spec: { containers: [{ image: 'x', name: 'a' }] } }, undefined, '1.35')).toBe(hash)
    const others = [
      templateHash(template, 0, '1.35'),
      templateHash(template, 1, '1.35'),
      templateHash(template, undefined, '1.36'),
      templateHash({ spec: {} }, undefined, '1.35'),
    ]
    expect(new Set([hash, ...others]).size).toBe(5)
  })
})
