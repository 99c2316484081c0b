/** crictl inspect, inspectp and inspecti. Not modelled: the runtime spec in their info. */
import type { Proc, Run } from '../../process.ts'
import { has, valueOf } from '../options.ts'
import { age, byId, containerLabels, decimalSize, fatal, isImage, missing, sandboxLabels, usage } from './common.ts'
import type { Asked, Verb } from './common.ts'
import { chosenContainers, chosenSandboxes, containerAnnotations, digestsOf, imageMessage, mapLines } from './lists.ts'
import { printStatuses } from './output.ts'
import type { Json } from './output.ts'
import type { CriContainer, CriImage, CriSandbox } from './types.ts'

const time = (ms: number | undefined): string =>
  ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString().replace('Z', '000000Z')

function inspectedContainer(one: CriContainer): { info: Json; status: { [key: string]: Json } } {
  const uid = one.podUid ?? ''
  return {
    info: {
      config: { image: { image: one.image }, metadata: { attempt: one.attempt, name: one.name } },
      pid: one.pid ?? 0,
      removing: false,
      runtimeType: 'io.containerd.runc.v2',
      sandboxID: one.sandboxId,
      snapshotter: 'overlayfs',
    },
    status: {
      annotations: containerAnnotations(one),
      createdAt: time(one.createdMs),
      exitCode: one.exitCode ?? 0,
      finishedAt: time(one.finishedMs),
      id: one.id,
      image: { annotations: {}, image: one.image, userSpecifiedImage: '' },
      imageId: one.imageId,
      imageRef: one.imageId.startsWith('sha256:') ? one.imageId : `sha256:${one.imageId}`,
      labels: containerLabels(one),
      logPath: `/var/log/pods/${one.podNamespace}_${one.podName}_${uid}/${one.name}/${one.attempt}.log`,
      message: '',
      metadata: { attempt: one.attempt, name: one.name },
      mounts: [],
      reason: one.reason ?? '',
      startedAt: time(one.startedMs),
      state: `CONTAINER_${one.state.toUpperCase()}`,
    },
  }
}

function inspectedSandbox(one: CriSandbox): { info: Json; status: { [key: string]: Json } } {
  const uid = one.uid ?? ''
  return {
    info: {
      config: { metadata: { attempt: one.attempt, name: one.name, namespace: one.namespace, uid } },
      pid: 0,
      runtimeHandler: '',
      runtimeType: 'io.containerd.runc.v2',
    },
    status: {
      annotations: {},
      createdAt: time(one.createdMs),
      id: one.id,
      labels: sandboxLabels(one),
      linux: {
        namespaces: {
          options: {
            ipc: 'POD',
            network: one.ip === undefined || one.ip === '' ? 'NODE' : 'POD',
            pid: 'CONTAINER',
            targetId: '',
          },
        },
      },
      metadata: { attempt: one.attempt, name: one.name, namespace: one.namespace, uid },
      network: { additionalIps: [], ip: one.ip ?? '' },
      runtimeHandler: '',
      state: `SANDBOX_${one.state.toUpperCase()}`,
    },
  }
}

function containerTable(one: CriContainer, now: number): string {
  const since = (ms: number | undefined): string => age(now - (ms ?? 0))
  return [
    `ID: ${one.id}\nName: ${one.name}\n`,
    one.attempt === 0 ? '' : `Attempt: ${one.attempt}\n`,
    `State: CONTAINER_${one.state.toUpperCase()}\nCreated: ${since(one.createdMs)}\n`,
    one.state === 'Created' ? '' : `Started: ${since(one.startedMs)}\n`,
    one.state === 'Exited' ? `Finished: ${since(one.finishedMs)}\nExit Code: ${one.exitCode ?? 0}\n` : '',
    mapLines('Labels', containerLabels(one)),
    mapLines('Annotations', containerAnnotations(one)),
  ].join('')
}

function sandboxTable(one: CriSandbox): string {
  const at = `${new Date(one.createdMs).toISOString().replace('T', ' ').replace('Z', '000000')} +0000 UTC`
  const head = `ID: ${one.id}\nName: ${one.name}\nUID: ${one.uid ?? ''}\nNamespace: ${one.namespace}\nAttempt: ${one.attempt}\n`
  return `${head}Status: SANDBOX_${one.state.toUpperCase()}\nCreated: ${at}\nIP Addresses: ${one.ip ?? ''}\n${mapLines('Labels', sandboxLabels(one))}`
}

function imageTable(one: CriImage): string {
  const tags = one.tags.map((tag) => `Tag: ${tag}\n`).join('')
  const digests = digestsOf(one).map((digest) => `Digest: ${digest}\n`).join('') // prettier-ignore
  return `ID: sha256:${one.id}\n${tags}${digests}Size: ${decimalSize(one.sizeBytes)}\n`
}

type Status = { info?: Json; status: Json }

/** With --quiet there is no info. */
function* printed(p: Proc, { options }: Asked, found: readonly Status[], tables: readonly string[]): Run<number> {
  const format = valueOf(options, 'output') ?? 'json'
  if (format === 'table') {
    yield* p.out(tables.join(''))
    return 0
  }
  const shown = found.map(({ info, status }): Json => (has(options, 'quiet') || info === undefined ? { status } : { info, status })) // prettier-ignore
  return yield* printStatuses(p, shown, format, valueOf(options, 'template'))
}

function* nothing(p: Proc, name: string, what: string, words: string): Run<number> {
  yield* p.err('ERRO[0000] No IDs provided or nothing found per filter \n')
  return yield* usage(p, name, what, words)
}

export const inspect: Verb = function* (p, asked) {
  const ids = asked.args.length > 0 ? asked.args : (yield* chosenContainers(p, asked))?.map(({ id }) => id)
  if (ids === undefined) return 1
  if (ids.length === 0)
    return yield* nothing(p, 'inspect', 'Display the status of one or more containers', 'CONTAINER-ID [CONTAINER-ID...]') // prettier-ignore
  const odd = ids.find((id) => byId(asked.list.containers, id) === undefined)
  if (odd !== undefined) return yield* fatal(p, `get the status of containers: get container status: ${missing('container', odd)}`) // prettier-ignore
  const found = ids.map((id) => byId(asked.list.containers, id) as CriContainer)
  return yield* printed(p, asked, found.map(inspectedContainer), found.map((one) => containerTable(one, asked.now))) // prettier-ignore
}

export const inspectp: Verb = function* (p, asked) {
  const ids = asked.args.length > 0 ? asked.args : (yield* chosenSandboxes(p, asked))?.map(({ id }) => id)
  if (ids === undefined) return 1
  if (ids.length === 0)
    return yield* nothing(p, 'inspectp', 'Display the status of one or more pods', 'POD-ID [POD-ID...]')
  const odd = ids.find((id) => byId(asked.list.sandboxes, id) === undefined)
  if (odd !== undefined) return yield* fatal(p, `get the status of pod sandboxes: get pod sandbox status: ${missing('sandbox', odd)}`) // prettier-ignore
  const found = ids.map((id) => byId(asked.list.sandboxes, id) as CriSandbox)
  return yield* printed(p, asked, found.map(inspectedSandbox), found.map(sandboxTable))
}

export const inspecti: Verb = function* (p, asked) {
  const { args, list } = asked
  if (args.length === 0)
    return yield* usage(p, 'inspecti', 'Return the status of one or more images', 'IMAGE-ID [IMAGE-ID...]')
  const odd = args.find((name) => !list.images.some((one) => isImage(one, name)))
  if (odd !== undefined) return yield* fatal(p, `no such image "${odd}" present`)
  const found = args.map((name) => list.images.find((one) => isImage(one, name)) as CriImage)
  return yield* printed(p, asked, found.map((one) => ({ status: imageMessage(one) })), found.map(imageTable)) // prettier-ignore
}
