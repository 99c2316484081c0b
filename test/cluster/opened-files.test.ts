/** What a process read at its start stays what it read, over a snapshot too (P2). */
import { expect, it } from 'vitest'
import { OpenedFiles } from '../../engine/cluster/opened-files.ts'
import type { FileNode } from '../../engine/host/files.ts'

const fileOf = (text: string): FileNode => ({
  kind: 'file',
  mode: 0o600,
  owner: 'root',
  group: 'root',
  mtimeMs: 0,
  text,
})

it('a file that is written right after a snapshot is not read by who had opened the old one', () => {
  let disk = fileOf('old')
  const before = new OpenedFiles(() => disk)
  before.open('controlplane/kube-scheduler', '/etc/kubernetes/scheduler.conf')
  const after = new OpenedFiles(() => disk)
  after.load(structuredClone(before.dump()))
  after.loaded()
  disk = fileOf('new')
  expect(after.open('controlplane/kube-scheduler', '/etc/kubernetes/scheduler.conf')?.node.text).toBe('old')
  after.forget('controlplane/kube-scheduler')
  expect(after.open('controlplane/kube-scheduler', '/etc/kubernetes/scheduler.conf')?.node.text).toBe('new')
})
