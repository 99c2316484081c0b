import { describe, expect, it } from 'vitest'

import { textOfBytes } from '../../engine/host/bytes.ts'
import { makeGzip, parseGzip } from '../../engine/host/gzip.ts'
import { etcdArchive } from '../../engine/host/packages/repository/etcd-release.ts'
import { parseTar } from '../../engine/host/tar.ts'

describe('gzip of stored blocks (Q)', () => {
  it.each(['', 'plain', 'ümlaut', 'x'.repeat(200_000), textOfBytes(Uint8Array.from([0, 255, 31, 139]))])(
    'gives back what was packed',
    (text) => {
      expect(parseGzip(makeGzip(text))).toBe(text)
    },
  )

  it('does not know anything else', () => {
    expect(parseGzip('plain')).toBeUndefined()
    expect(parseGzip(makeGzip('cut off').slice(0, -9))).toBeUndefined()
  })
})

describe("etcd's releases", () => {
  const path = (version: string): string =>
    `/etcd-io/etcd/releases/download/v${version}/etcd-v${version}-linux-amd64.tar.gz`

  it('hold the programs, executable', () => {
    const entries = parseTar(parseGzip(etcdArchive(path('3.6.6')) ?? '') ?? '') ?? []
    const programs = entries.filter(({ kind }) => kind === 'file')
    expect(programs.map(({ name }) => name.split('/')[1])).toEqual(['etcd', 'etcdctl', 'etcdutl'])
    expect(programs.every(({ mode }) => (mode & 0o111) === 0o111)).toBe(true)
  })

  it('are not there when nobody made them', () => {
    expect(etcdArchive(path('3.6.99'))).toBeUndefined()
    expect(etcdArchive('/etcd-io/etcd/releases/download/v3.6.6/etcd-v3.6.5-linux-amd64.tar.gz')).toBeUndefined()
  })
})
