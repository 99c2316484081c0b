/** docker stop, kill, restart and rm (cli/command/container): behind the kubelet's back, which makes a new one. */
import type { Proc, Run } from '../../../host/process.ts'
import { has, valueOf } from '../../../host/programs/options.ts'
import { each, notSimulated } from '../command.ts'
import type { Verb } from '../command.ts'
import { askDaemon, findContainer } from '../daemon.ts'
import type { Daemon, DockerContainer } from '../daemon.ts'

/** How often somebody who waits for a container's end looks. */
const LOOK_MS = 20
/** Until SIGTERM becomes SIGKILL. */
const GRACE_MS = 10_000

/** Ends a container, or a sandbox with all that is in it, and waits for it. */
function* end(p: Proc, { id, sandboxId, state }: DockerContainer, graceMs: number): Run<void> {
  if (state !== 'running') return
  if (sandboxId === undefined) {
    yield* p.ask('cri.stopPod', { id })
    return
  }
  yield* p.ask('cri.stop', { id, graceMs })
  for (;;) {
    if (findContainer(yield* askDaemon(p), id)?.state !== 'running') return
    if (!(yield* p.sleep(LOOK_MS))) return
  }
}

const missing = (name: string): string => `No such container: ${name}`

/** Does one thing to each of the containers. */
const forAll = (
  p: Proc,
  daemon: Daemon,
  names: readonly string[],
  act: (one: DockerContainer, name: string) => Run<string | undefined>,
): Run<number> =>
  each(p, names, function* (name) {
    const found = findContainer(daemon, name)
    return found === undefined ? missing(name) : yield* act(found, name)
  })

export const stop: Verb = function* (p, { options, args, daemon }) {
  const graceMs = Number(valueOf(options, 'time') ?? GRACE_MS / 1000) * 1000
  return yield* forAll(p, daemon, args, function* (one) {
    yield* end(p, one, graceMs)
    return undefined
  })
}

/** The daemon starts the same container again; here it ends, and the kubelet makes the next one. */
export const restart: Verb = function* (p, asked) {
  return yield* stop(p, asked)
}

export const kill: Verb = function* (p, { options, args, daemon }) {
  const signal = (valueOf(options, 'signal') ?? 'KILL').replace(/^SIG/, '').toUpperCase()
  if (!['KILL', '9', 'TERM', '15'].includes(signal)) return yield* notSimulated(p, `kill --signal ${signal}`)
  return yield* each(p, args, function* (name) {
    const one = findContainer(daemon, name)
    if (one === undefined) return `Cannot kill container: ${name}: ${missing(name)}`
    if (one.state !== 'running') return `Cannot kill container: ${name}: Container ${one.id} is not running`
    yield* end(p, one, signal === 'KILL' || signal === '9' ? 0 : GRACE_MS)
    return undefined
  })
}

export const rm: Verb = function* (p, { options, args, daemon }) {
  const force = has(options, 'force')
  return yield* each(
    p,
    args,
    function* (name) {
      const one = findContainer(daemon, name)
      if (one === undefined) return `Error: ${missing(name)}`
      if (one.state === 'running' && !force)
        return `Error response from daemon: You cannot remove a running container ${one.id}. Stop the container before attempting removal or force remove`
      yield* end(p, one, 0)
      yield* p.ask(one.sandboxId === undefined ? 'cri.removePod' : 'cri.remove', { id: one.id })
      return undefined
    },
    '',
  )
}

export const start: Verb = (p, { args }) => notSimulated(p, `start ${args.join(' ')}`)

export const pruneContainers: Verb = function* (p, { options, daemon }) {
  if (!has(options, 'force')) {
    yield* p.out('WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ')
    if (!/^y(es)?$/i.test(((yield* p.readLine()) ?? '').trim())) return 0
  }
  const gone = daemon.containers.filter(({ state, sandboxId }) => state === 'exited' && sandboxId !== undefined)
  for (const { id } of gone) yield* p.ask('cri.remove', { id })
  if (gone.length > 0) yield* p.out(`Deleted Containers:\n${gone.map(({ id }) => `${id}\n`).join('')}\n`)
  yield* p.out('Total reclaimed space: 0B\n')
  return 0
}
