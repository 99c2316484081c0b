/** `kubectl attach`. Models kubectl/pkg/cmd/attach. */
import type { Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, UsageError } from '../errors.ts'
import { texts } from '../texts.ts'
import { runIn } from './exec.ts'
import { containerOf, firstPod, oneObject, type PodLike } from './pods-of.ts'

export const attachCommand: Command = { path: 'attach', complete: 'pods', run: runAttach }

function* runAttach(ctx: Context): Run<number> {
  const { flags, args, p } = ctx
  if (args.length === 0) throw new UsageError('attach', 'at least 1 argument is required for attach')
  if (args.length > 2)
    throw new UsageError(
      'attach',
      'expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ' + `${args.length}: [${args.join(' ')}]`,
    )
  const [type, name] = args.length === 2 ? args : ['pods', args[0]]
  const info = yield* oneObject(ctx, name!, name!.includes('/') ? {} : { defaultType: type! })
  const pod = yield* firstPod(ctx, info)
  const phase = pod.status?.phase ?? ''
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new CommandError(`cannot attach a container in a completed pod; current phase is ${phase}`)
  const container = yield* containerOf(ctx, pod, flags.text('container'), flags.bool('quiet'))
  const spec = pod.spec?.containers?.find(({ name }) => name === container)
  const tty = flags.bool('tty') && spec?.tty === true
  if (flags.bool('tty') && !tty && !flags.bool('quiet'))
    yield* p.err(`error: Unable to use a TTY - container ${container} did not allocate one\n`)
  const stdin = flags.bool('stdin') && spec?.stdin === true
  const code = yield* runIn(ctx, pod, 'attach', { container, stdin, tty, greeting: greetingOf(ctx) })
  yield* sessionEnded(ctx, pod, container, { stdin, tty })
  return code
}

/** What a person is told before the session begins; nothing with --quiet. */
export function greetingOf({ flags, session }: Context): string {
  const recorded = texts.sessionIsRecorded(session.minor) ? `${RECORDED}\n` : ''
  return flags.bool('quiet') ? '' : `${recorded}If you don't see a command prompt, try pressing enter.\n`
}

const RECORDED =
  'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.'

/** A pod that is restarted can be attached to again. */
export function* sessionEnded(
  ctx: Context,
  pod: PodLike,
  container: string,
  { stdin, tty }: { stdin: boolean; tty: boolean },
): Run<void> {
  if (!stdin || !tty || ctx.flags.bool('quiet') || pod.spec?.restartPolicy !== 'Always') return
  yield* ctx.p.err(
    `Session ended, resume using 'kubectl attach ${pod.metadata?.name} -c ${container} -i -t' command when the pod is running\n`,
  )
}
