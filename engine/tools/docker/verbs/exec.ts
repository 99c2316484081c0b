/** docker exec (cli/command/container/exec.go). Not modelled: a shell with a terminal, input, --user, --env, --workdir. */
import { has } from '../../../host/programs/options.ts'
import { fail, fromDaemon, notSimulated } from '../command.ts'
import type { Verb } from '../command.ts'
import { findContainer } from '../daemon.ts'

const NOT_RUN = 126

export const exec: Verb = function* (p, { options, args, daemon }) {
  const [name = '', ...argv] = args
  const found = findContainer(daemon, name)
  if (found === undefined) return yield* fail(p, `Error: No such container: ${name}`)
  if (found.state !== 'running') return yield* fromDaemon(p, `Container ${found.id} is not running`)
  const odd = ['user', 'env', 'workdir', 'detach', 'privileged', 'env-file'].find((flag) => has(options, flag))
  if (odd !== undefined) return yield* notSimulated(p, `exec --${odd}`)
  if (has(options, 'tty') && !(yield* p.isTty(0))) return yield* fail(p, 'the input device is not a TTY')
  const isShell = argv.length === 1 && /^(\/bin\/)?(ba|a)?sh$/.test(argv[0] as string)
  if (has(options, 'interactive') && isShell)
    return yield* fail(p, 'not simulated: an interactive docker exec (kubectl exec -it opens one)')
  if (found.sandboxId === undefined) return yield* notStarted(argv[0] ?? '')
  const answer = (yield* p.ask('cri.exec', { id: found.id, argv })) as
    { code: number; output: string; failure?: string } | { error: string }
  if ('error' in answer) return yield* fromDaemon(p, `Container ${found.id} is not running`)
  if (answer.failure !== undefined) return yield* notStarted(argv[0] ?? '')
  yield* p.out(answer.output)
  return answer.code

  function* notStarted(program: string) {
    const why = program.includes('/')
      ? `stat ${program}: no such file or directory`
      : 'executable file not found in $PATH'
    yield* p.out(
      `OCI runtime exec failed: exec failed: container_linux.go:380: starting container process caused: exec: ${JSON.stringify(program)}: ${why}: unknown\n`,
    )
    return NOT_RUN
  }
}
