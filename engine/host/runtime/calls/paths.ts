/** Paths and identities of a process. */
import type { Actor } from '../../files.ts'
import type { Machine } from '../machine.ts'
import type { ProcessRecord } from '../record.ts'

/** A path as this process means it, absolute. */
export function absolute(process: Pick<ProcessRecord, 'cwd'>, path: string): string {
  if (path === '' || path.startsWith('/')) return path
  return process.cwd === '/' ? `/${path}` : `${process.cwd}/${path}`
}

export function actorOf(machine: Machine, process: ProcessRecord): Actor {
  return { user: process.user, groups: machine.world.groups(process.host, process.root, process.user) }
}
