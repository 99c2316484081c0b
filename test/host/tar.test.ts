/** Tar archives as texts: what is packed comes out again, and GNU tar of this machine agrees. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bytesOfText, textOfBytes } from '../../engine/host/bytes.ts'
import { makeTar, parseTar } from '../../engine/host/tar.ts'
import type { TarEntry } from '../../engine/host/tar.ts'

const OWNED = { mtimeMs: 1_700_000_000_000, owner: 'root', group: 'root' }
const ENTRIES: TarEntry[] = [
  { ...OWNED, name: 'd/', kind: 'directory', mode: 0o755, text: '' },
  { ...OWNED, name: 'd/héllo', kind: 'file', mode: 0o640, text: 'grüße\n' },
  { ...OWNED, name: 'd/raw', kind: 'file', mode: 0o600, text: textOfBytes(Uint8Array.of(0, 255, 128, 65)) },
  { ...OWNED, name: `d/${'long'.repeat(40)}`, kind: 'file', mode: 0o644, text: 'x'.repeat(513) },
  { ...OWNED, name: 'd/link', kind: 'symlink', mode: 0o777, text: '', target: 'héllo' },
]

describe('tar', () => {
  it('gives back what was packed', () => {
    expect(parseTar(makeTar(ENTRIES))).toEqual(ENTRIES)
    expect(parseTar(makeTar([]))).toEqual([])
  })

  it('tells what is no archive', () => {
    expect(parseTar('not an archive')).toBeUndefined()
    expect(parseTar('x'.repeat(1024))).toBeUndefined()
  })

  it('is read by a real tar', () => {
    const listed = execFileSync('tar', ['tf', '-', '--quoting-style=literal'], { input: bytesOfText(makeTar(ENTRIES)) })
    expect(listed.toString().trimEnd().split('\n')).toEqual(ENTRIES.map(({ name }) => name))
  })

  it('reads the names of pax', () => {
    const record = '22 path=other/name.txt\n'
    const pax = { ...OWNED, name: 'pax', kind: 'file' as const, mode: 0o644, text: record }
    const bytes = bytesOfText(makeTar([pax, { ...pax, name: 'short', text: 'body' }])).slice()
    bytes[156] = 'x'.charCodeAt(0)
    bytes.set(new TextEncoder().encode(`${checksum(bytes).toString(8).padStart(6, '0')}\0 `), 148)
    expect(parseTar(textOfBytes(bytes))?.map(({ name, text }) => [name, text])).toEqual([['other/name.txt', 'body']])
  })
})

const checksum = (bytes: Uint8Array): number =>
  bytes.subarray(0, 512).reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0)
