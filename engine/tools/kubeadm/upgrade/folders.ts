/** Folders below /etc/kubernetes/tmp. Models cmd/kubeadm/app/constants (CreateTempDirForKubeadm, CreateTimestampDirForKubeadm). */
import type { Proc, Run } from '../../../host/process.ts'
import { KubeadmError } from '../errors.ts'
import { TMP_DIR } from '../paths.ts'
import { errnoText } from '../session.ts'

const MODE = 0o700

function* makeDir(p: Proc, path: string): Run<string> {
  const made = yield* p.mkdir(path, { parents: true, mode: MODE })
  if ('error' in made)
    throw new KubeadmError(`failed to create directory ${JSON.stringify(path)}: ${errnoText(made.error)}`)
  return path
}

/** `…/kubeadm-upgraded-manifests1417830454` */
export function* tempDir(p: Proc, name: string): Run<string> {
  return yield* makeDir(p, `${TMP_DIR}/${name}${Math.floor((yield* p.random()) * 4_294_967_296)}`)
}

/** `…/kubeadm-backup-manifests-2026-06-08-14-47-14` */
export function* datedDir(p: Proc, name: string): Run<string> {
  const time = new Date(yield* p.now()).toISOString().slice(0, 19).replace(/[T:]/g, '-')
  return yield* makeDir(p, `${TMP_DIR}/${name}-${time}`)
}

/** Copies what a folder holds. */
export function* copyDir(p: Proc, from: string, to: string): Run<void> {
  const child = yield* p.spawn({ argv: ['cp', '-a', `${from}/.`, to] })
  if ('error' in child || (yield* p.wait(child.pid)) !== 0) throw new KubeadmError(`couldn't copy ${from} to ${to}`)
}

export function* move(p: Proc, from: string, to: string): Run<void> {
  const done = yield* p.rename(from, to)
  if ('error' in done) throw new KubeadmError(`rename ${from} ${to}: ${errnoText(done.error)}`)
}
