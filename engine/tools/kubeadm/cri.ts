/** The container runtime, as kubeadm talks to it. Models cmd/kubeadm/app/util/runtime (P1, P3). */
import type { CriListAnswer } from '../../host/programs/crictl/types.ts'
import type { Proc, Run } from '../../host/process.ts'
import { KubeadmError } from './errors.ts'
import { runtimeProblem } from './preflight/checks.ts'

function* list(p: Proc): Run<CriListAnswer> {
  const all = (yield* p.ask('cri.list')) as CriListAnswer | undefined
  return all ?? { containers: [], sandboxes: [], images: [] }
}

export function* imageIsThere(p: Proc, image: string): Run<boolean> {
  return (yield* list(p)).images.some(({ tags }) => tags.includes(image))
}

/** Why a pull failed; undefined: the image is there now. */
export function* pullImage(p: Proc, image: string, socket: string): Run<string | undefined> {
  const why = yield* runtimeProblem(p, socket)
  if (why !== undefined) return why
  const answer = (yield* p.ask('cri.pull', { image })) as { error: string } | object | undefined
  return answer !== undefined && 'error' in answer ? answer.error : undefined
}

/** Stops and removes every pod of the kubelet. Throws with the runtime's text. */
export function* removePods(p: Proc, socket: string): Run<void> {
  const why = yield* runtimeProblem(p, socket)
  if (why !== undefined) throw new KubeadmError(why)
  for (const { id } of (yield* list(p)).sandboxes) yield* p.ask('cri.removePod', { id })
}
