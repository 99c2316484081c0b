/** The question before something that cannot be undone. Models cmd/kubeadm/app/util/runtime (InteractivelyConfirmAction). */
import type { Proc, Run } from '../../host/process.ts'
import { KubeadmError } from './errors.ts'

/** Throws unless the answer is y or Y. */
export function* confirm(p: Proc, prefix: string, question = 'Are you sure you want to proceed?'): Run<void> {
  yield* p.out(`[${prefix}] ${question} [y/N]: `)
  const answer = yield* p.readLine()
  if (answer === null) throw new KubeadmError("couldn't read input from stdin: unexpected newline")
  if (answer.trim().toLowerCase() !== 'y')
    throw new KubeadmError("won't proceed; the user didn't answer (Y|y) in order to continue")
}
