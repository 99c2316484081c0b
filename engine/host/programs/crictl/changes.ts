/** crictl stop, rm, stopp, rmp, pull and rmi: what changes the runtime, behind the kubelet's back. */
import type { Proc, Run } from '../../process.ts'
import { has, valueOf } from '../options.ts'
import { byId, fatal, isImage, missing, say, usage } from './common.ts'
import type { Verb } from './common.ts'
import { isPinned } from './lists.ts'
import type { CriContainer, CriListAnswer } from './types.ts'

/** How often somebody who waits for a container's end looks. */
const LOOK_MS = 20

/** Stops a container and waits until it has ended: the timeout, and then SIGKILL. */
function* stopped(p: Proc, { id }: CriContainer, graceMs: number): Run<void> {
  yield* p.ask('cri.stop', { id, graceMs })
  for (;;) {
    const list = (yield* p.ask('cri.list')) as CriListAnswer | undefined
    const found = list?.containers.find((one) => one.id === id)
    if (found === undefined || found.state === 'Exited') return
    if (!(yield* p.sleep(LOOK_MS))) return
  }
}

export const stop: Verb = function* (p, { options, list, args }) {
  const all = list.containers.filter(({ state }) => state === 'Running').map(({ id }) => id)
  const wanted = has(options, 'all') ? all : args
  if (wanted.length === 0) return yield* fatal(p, 'ID cannot be empty')
  for (const id of wanted) {
    const found = byId(list.containers, id)
    if (found === undefined) return yield* fatal(p, `stopping the container "${id}": ${missing('container', id)}`)
    if (found.state === 'Running') yield* stopped(p, found, Number(valueOf(options, 'timeout') ?? 0) * 1000)
    yield* p.out(`${id}\n`)
  }
  return 0
}

/** crictl 1.30 on: each for itself, the failures together; the log file goes too. */
export const rm: Verb = function* (p, { options, list, args }) {
  const wanted = has(options, 'all') ? list.containers.map(({ id }) => id) : args
  if (wanted.length === 0) {
    if (!has(options, 'all')) return yield* usage(p, 'rm', 'Remove one or more containers', 'CONTAINER-ID [CONTAINER-ID...]') // prettier-ignore
    yield* p.err('INFO[0000] No containers to remove                      \n')
    return 0
  }
  const failures: string[] = []
  for (const id of wanted) {
    const found = byId(list.containers, id)
    if (found === undefined) failures.push(`getting container status "${id}": ${missing('container', id)}`)
    else if (found.state === 'Running' && !has(options, 'force'))
      failures.push(`container "${id}" is running, please stop it first`)
    else {
      if (found.state === 'Running') {
        yield* stopped(p, found, 0)
        yield* p.out(`${id}\n`)
      }
      yield* p.ask('cri.remove', { id: found.id, keepLogs: has(options, 'keep-logs') })
      yield* p.out(`${id}\n`)
    }
  }
  return failures.length === 0 ? 0 : yield* fatal(p, aggregated(failures))
}

const aggregated = (failures: readonly string[]): string =>
  failures.length === 1 ? (failures[0] as string) : `[${failures.join(', ')}]`

export const stopp: Verb = function* (p, { list, args }) {
  if (args.length === 0) return yield* usage(p, 'stopp', 'Stop one or more running pods', 'POD-ID [POD-ID...]')
  for (const id of args) {
    const found = byId(list.sandboxes, id)
    if (found === undefined) return yield* fatal(p, `stopping the pod sandbox "${id}": ${missing('sandbox', id)}`)
    yield* p.ask('cri.stopPod', { id: found.id })
    yield* p.out(`Stopped sandbox ${id}\n`)
  }
  return 0
}

export const rmp: Verb = function* (p, { options, list, args }) {
  const wanted = has(options, 'all') ? list.sandboxes.map(({ id }) => id) : args
  if (wanted.length === 0) {
    if (!has(options, 'all')) return yield* usage(p, 'rmp', 'Remove one or more pods', 'POD-ID [POD-ID...]')
    yield* p.err('INFO[0000] No pods to remove                            \n')
    return 0
  }
  const failures: string[] = []
  for (const id of wanted) {
    const found = byId(list.sandboxes, id)
    if (found === undefined) failures.push(`getting sandbox status of pod "${id}": ${missing('sandbox', id)}`)
    else if (found.state === 'Ready' && !has(options, 'force'))
      failures.push(`pod sandbox "${id}" is running, please stop it first`)
    else {
      if (found.state === 'Ready') yield* p.out(`Stopped sandbox ${id}\n`)
      yield* p.ask('cri.removePod', { id: found.id })
      yield* p.out(`Removed sandbox ${id}\n`)
    }
  }
  return failures.length === 0 ? 0 : yield* fatal(p, aggregated(failures))
}

/** As a person names an image: `nginx` is docker.io/library/nginx:latest. */
export const pull: Verb = function* (p, { args }) {
  const [name] = args
  if (name === undefined) return yield* fatal(p, 'Image name cannot be empty')
  const answer = (yield* p.ask('cri.pull', { image: name })) as { error?: string }
  if (answer.error !== undefined) {
    const error = answer.error.startsWith('rpc error')
      ? answer.error
      : `rpc error: code = Unknown desc = ${answer.error}`
    return yield* fatal(p, `pulling image: ${error}`)
  }
  const list = (yield* p.ask('cri.list')) as CriListAnswer
  yield* p.out(`Image is up to date for sha256:${list.images.find((one) => isImage(one, name))?.id ?? ''}\n`)
  return 0
}

export const rmi: Verb = function* (p, { options, list, args }) {
  const used = new Set(list.containers.map(({ imageId }) => imageId.replace(/^sha256:/, '')))
  const pruned = list.images.filter((one) => !used.has(one.id) && !isPinned(one))
  const chosen = has(options, 'all') ? list.images : has(options, 'prune') ? pruned : []
  const wanted = [...args, ...chosen.map(({ id }) => id)]
  if (wanted.length === 0) {
    if (!has(options, 'all') && !has(options, 'prune'))
      return yield* usage(p, 'rmi', 'Remove one or more images', 'IMAGE-ID [IMAGE-ID...]')
    if (!has(options, 'prune')) yield* p.err('INFO[0000] No images to remove                          \n')
    return 0
  }
  let code = 0
  for (const name of wanted) {
    const found = list.images.find((one) => isImage(one, name))
    if (found === undefined) {
      yield* p.err(`ERRO[0000] no such image ${name} \n`)
      code = 1
      continue
    }
    for (const tag of found.tags) {
      yield* p.ask('cri.removeImage', { reference: tag })
      yield* p.out(`Deleted: ${tag}\n`)
    }
  }
  return code === 0 ? 0 : yield* say(p, 'FATA[0000] unable to remove the image(s) \n')
}
