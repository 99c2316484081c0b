/** crictl exec (exec.go). Not modelled: a shell with a terminal, and input to the program. */
import { has } from '../options.ts'
import { byId, fatal, missing, say } from './common.ts'
import type { Verb } from './common.ts'

export const exec: Verb = function* (p, { options, list, args }) {
  const [id, ...argv] = args
  if (id === undefined) return yield* fatal(p, 'ID cannot be empty')
  if (argv.length === 0) return yield* fatal(p, 'execing command in container: exec command cannot be empty')
  const found = byId(list.containers, id)
  const failed = (text: string) => fatal(p, `execing command in container: ${text}`)
  if (found === undefined) return yield* failed(missing('container', id))
  if (found.state !== 'Running')
    return yield* failed(`rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_${found.state.toUpperCase()} state`) // prettier-ignore
  const isShell = argv.length === 1 && /^(\/bin\/)?(ba|a)?sh$/.test(argv[0] as string)
  if (has(options, 'interactive') && isShell)
    return yield* say(p, 'not simulated: an interactive crictl exec (kubectl exec -it opens one)\n')
  const answer = (yield* p.ask('cri.exec', { id: found.id, argv })) as
    { code: number; output: string; failure?: string } | { error: string }
  if ('error' in answer) return yield* failed(missing('container', id))
  yield* p.out(answer.output)
  if (answer.failure !== undefined)
    return yield* failed(`command terminated with non-zero exit code: ${answer.failure}`)
  return answer.code === 0 ? 0 : yield* failed(`command terminated with exit code ${answer.code}`)
}
