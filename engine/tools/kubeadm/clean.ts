/** Folders emptied. Models cmd/kubeadm/app/cmd/phases/reset/cleanupnode.go (CleanDir). */
import type { Proc, Run } from '../../host/process.ts'
import { errnoText } from './session.ts'

/** Removes what a folder holds, not the folder. Returns Go's text when it could not. */
export function* cleanDir(p: Proc, dir: string): Run<string | undefined> {
  const listed = yield* p.list(dir)
  if ('error' in listed) return listed.error === 'ENOENT' ? undefined : `open ${dir}: ${errnoText(listed.error)}`
  for (const name of listed.names) {
    const done = yield* p.remove(`${dir}/${name}`, { recursive: true })
    if ('error' in done) return `unlinkat ${dir}/${name}: ${errnoText(done.error)}`
  }
  return undefined
}

export function* isEmpty(p: Proc, dir: string): Run<boolean> {
  const listed = yield* p.list(dir)
  return 'error' in listed || listed.names.length === 0
}
