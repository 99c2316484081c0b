/**
 * Lifecycle hooks of containers. Models pkg/kubelet/lifecycle/handlers.go (F6, F9). Not modelled: the second try
 * over HTTP of an HTTPS hook that was answered in plain HTTP.
 */
import type { Container, Lifecycle } from '../objects/types.gen.ts'
import type { Core, ExecPurpose } from './core.ts'
import type { ExecResult } from './exec.ts'
import type { ContainerInstance, PodRecord } from './state.ts'

export const HOOK_DONE = 'container.hookDone'

export type Hook = NonNullable<Lifecycle['postStart']>

/** Data of `container.hookDone`. */
export interface HookDone {
  purpose: ExecPurpose
  result: ExecResult
}

/** An answer of the node's own network takes so long. */
const HTTP_MS = 5

/** Starts a hook; its end comes as that of a session with this purpose. */
export function runHook(
  core: Core,
  hook: Hook,
  where: { record: PodRecord; container: Container; instance: ContainerInstance },
  purpose: ExecPurpose,
): void {
  const { record, container, instance } = where
  const ends = (afterMs: number, failure?: string): void => {
    const result = { code: failure === undefined ? 0 : 1, output: '', ...(failure !== undefined && { failure }) }
    core.after(afterMs, HOOK_DONE, { purpose, result } satisfies HookDone)
  }
  if (hook.exec !== undefined) return void core.execs.run(record, instance, hook.exec.command ?? [], purpose)
  if (hook.sleep !== undefined) return ends(hook.sleep.seconds * 1000)
  if (hook.httpGet === undefined) return ends(0, `invalid handler: ${goStruct(hook)}`)
  const answer = core.probes.ask(record, container, hook.httpGet, 'kube-lifecycle')
  return ends(HTTP_MS, 'failure' in answer ? answer.failure : undefined)
}

/** What the container waits with when its postStart hook failed; undefined: it did not fail. */
export function hookFailure(
  hook: Hook,
  record: PodRecord,
  name: string,
  { code, output, failure }: ExecResult,
): string | undefined {
  if (code === 0 && failure === undefined) return undefined
  const where = `for Container "${name}" in Pod "${record.name}_${record.namespace}(${record.uid})" failed - error:`
  if (hook.exec === undefined)
    return hook.httpGet === undefined
      ? `Cannot run handler: ${failure ?? ''}`
      : `HTTP lifecycle hook (${hook.httpGet.path ?? '/'}) ${where} ${failure ?? ''}`
  const command = (hook.exec.command ?? []).join(' ')
  const error =
    failure === undefined
      ? `command '${command}' exited with ${code}: ${output}`
      : `rpc error: code = Unknown desc = ${failure}`
  return `Exec lifecycle hook ([${command}]) ${where} ${error}, message: ${JSON.stringify(output)}`
}

/** A handler as Go prints it. */
function goStruct({ tcpSocket }: Hook): string {
  const port = tcpSocket?.port ?? 0
  const shown = typeof port === 'number' ? `{0 ${port} }` : `{1 0 ${port}}`
  const tcp = tcpSocket === undefined ? 'nil' : `&TCPSocketAction{Port:${shown},Host:${tcpSocket.host ?? ''},}`
  return `&LifecycleHandler{Exec:nil,HTTPGet:nil,TCPSocket:${tcp},Sleep:nil,}`
}
