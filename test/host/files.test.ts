import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileTree, ROOT } from '../../engine/host/files.ts'
import type { Actor } from '../../engine/host/files.ts'
import { BASE_IMAGE_NAMES, baseImage } from '../../engine/host/images/base-tree.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import type { KernelEvent } from '../../engine/kernel/queue.ts'

const CANDIDATE: Actor = { user: 'candidate', groups: ['candidate', 'sudo', 'adm'] }

function tree(
  base = 'ubuntu-host',
  more: { quotaBytes?: number; volumes?: Record<string, FileTree> } = {},
): { kernel: Kernel; files: FileTree } {
  const kernel = new Kernel({ seed: 'files', epochMs: 0 })
  const { volumes = {}, ...options } = more
  return { kernel, files: new FileTree({ kernel, base: baseImage(base), volumeOf: (id) => volumes[id], ...options }) }
}

describe('FileTree', () => {
  it('reads the base, writes the overlay, and dumps only the overlay', () => {
    const { files } = tree()
    expect(files.text('/etc/os-release')).toContain('Ubuntu 24.04')
    files.write('/etc/crictl.yaml', 'x\n')
    files.remove('/etc/fstab')
    expect(Object.keys(files.dump().overlay).sort()).toEqual(['/etc/crictl.yaml', '/etc/fstab'])
    const { files: other } = tree()
    expect(other.text('/etc/crictl.yaml')).not.toBe('x\n')
    other.load(structuredClone(files.dump()))
    expect(other.text('/etc/crictl.yaml')).toBe('x\n')
    expect(other.exists('/etc/fstab')).toBe(false)
  })

  it('checks permissions of those who are not root', () => {
    const { files } = tree()
    expect(files.list('/root', CANDIDATE)).toEqual({ error: 'EACCES' })
    expect(files.write('/etc/x', '', CANDIDATE)).toEqual({ error: 'EACCES' })
    expect(files.write('/home/candidate/x', '1', CANDIDATE)).toEqual({ ok: true })
    expect(files.stat('/home/candidate/x')).toMatchObject({ owner: 'candidate', group: 'candidate', mode: 0o644 })
    expect(files.chown('/home/candidate/x', 'root', undefined, CANDIDATE)).toEqual({ error: 'EACCES' })
    files.write('/tmp/of-root', '')
    expect(files.remove('/tmp/of-root', CANDIDATE)).toEqual({ error: 'EACCES' })
    files.put('/etc/kubernetes/admin.conf', 'secret', { mode: 0o600 })
    expect(files.read('/etc/kubernetes/admin.conf', CANDIDATE)).toEqual({ error: 'EACCES' })
  })

  it('answers with errno as Linux does', () => {
    const { files } = tree()
    expect(files.read('/nope')).toEqual({ error: 'ENOENT' })
    expect(files.read('/etc')).toEqual({ error: 'EISDIR' })
    expect(files.read('/etc/hosts/x')).toEqual({ error: 'ENOENT' })
    expect(files.read('/etc/os-release/x')).toEqual({ error: 'ENOTDIR' })
    expect(files.remove('/etc')).toEqual({ error: 'ENOTEMPTY' })
    expect(files.mkdir('/etc')).toEqual({ error: 'EEXIST' })
    expect(files.mkdir('', ROOT, { parents: true })).toEqual({ error: 'ENOENT' })
    expect(files.mkdir('/srv/new/../other', ROOT, { parents: true })).toEqual({ ok: true })
    expect(files.list('/srv')).toEqual({ names: ['new', 'other'] })
    expect(files.rename('/etc', '/etc/inside')).toEqual({ error: 'EINVAL' })
    files.symlink('b', '/tmp/a')
    files.symlink('a', '/tmp/b')
    expect(files.read('/tmp/a')).toEqual({ error: 'ELOOP' })
  })

  it('follows symlinks on the way and at the end', () => {
    const { files } = tree()
    expect(files.node('/bin/bash')?.program).toBe('bash')
    expect(files.realPath('/bin/../bin/bash')).toEqual({ path: '/usr/bin/bash' })
    expect(files.stat('/bin', ROOT, { followLinks: false })).toMatchObject({ kind: 'symlink', target: 'usr/bin' })
  })

  it('moves whole directories', () => {
    const { files } = tree()
    files.put('/tmp/a/b/c', '1')
    expect(files.rename('/tmp/a', '/tmp/z')).toEqual({ ok: true })
    expect(files.text('/tmp/z/b/c')).toBe('1')
    expect(files.exists('/tmp/a')).toBe(false)
  })

  it('runs full', () => {
    const { files } = tree('empty', { quotaBytes: 10_000 })
    expect(files.write('/a', 'x'.repeat(5000))).toEqual({ ok: true })
    expect(files.write('/b', 'x'.repeat(5000))).toEqual({ error: 'ENOSPC' })
    files.remove('/a')
    expect(files.write('/b', 'x'.repeat(5000))).toEqual({ ok: true })
  })

  it('shows volumes at their mount points', () => {
    const { kernel, files: volume } = tree('empty')
    volume.put('/..data/key', 'v')
    volume.symlink('..data/key', '/key')
    const pod = new FileTree({
      kernel,
      base: baseImage('busybox-container'),
      volumeOf: (id) => (id === 'cm' ? volume : undefined),
    })
    pod.mount({ path: '/etc/config', volume: 'cm', readOnly: true })
    expect(pod.text('/etc/config/key')).toBe('v')
    expect(pod.list('/etc')).toMatchObject({ names: expect.arrayContaining(['config', 'passwd']) })
    expect(pod.write('/etc/config/key', 'w')).toEqual({ error: 'EROFS' })
    pod.mount({ path: '/one', volume: 'cm', subPath: 'key' })
    expect(pod.text('/one')).toBe('v')
  })

  it('tells those who watch', () => {
    const { kernel, files } = tree()
    const seen: unknown[] = []
    kernel.register('kubelet/x', {
      handle: (event: KernelEvent) => void seen.push(event.data),
      dump: () => null,
      load: () => undefined,
    })
    files.watch('/etc/kubernetes/manifests', { to: 'kubelet/x', type: 'manifests', data: { host: 'x' } })
    files.put('/etc/kubernetes/manifests/a.yaml', '1')
    files.write('/etc/other', '1')
    files.remove('/etc/kubernetes/manifests/a.yaml')
    kernel.runUntil(1)
    expect(seen.slice(-2)).toEqual([
      { host: 'x', path: '/etc/kubernetes/manifests/a.yaml', change: 'created' },
      { host: 'x', path: '/etc/kubernetes/manifests/a.yaml', change: 'removed' },
    ])
  })

  it('builds each base tree, with sorted children and a size', () => {
    for (const name of BASE_IMAGE_NAMES)
      for (const [, names] of baseImage(name).children) expect([...names].sort()).toEqual(names)
    expect(baseImage('pause').sizeBytes).toBeGreaterThan(700_000)
  })

  it('counts its bytes right after any changes', () => {
    const step = fc.record({
      op: fc.constantFrom('write', 'remove', 'rename', 'mkdir'),
      a: fc.constantFrom('/a', '/b', '/d/x', '/d', '/etc/fstab'),
      b: fc.constantFrom('/a', '/c', '/d/y'),
      text: fc.string({ maxLength: 20 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { files } = tree()
        for (const { op, a, b, text } of steps) {
          if (op === 'write') files.write(a, text)
          else if (op === 'remove') files.remove(a, ROOT, { recursive: true })
          else if (op === 'mkdir') files.mkdir(a)
          else files.rename(a, b)
        }
        const { files: fresh } = tree()
        fresh.load(structuredClone(files.dump()))
        expect(files.addedBytes()).toBe(fresh.addedBytes())
        expect([...files.walk()].map(({ path }) => path)).toEqual([...fresh.walk()].map(({ path }) => path))
      }),
      { numRuns: 60 },
    )
  })
})
