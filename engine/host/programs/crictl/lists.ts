/** crictl ps, pods and images (container.go, sandbox.go, image.go): filters, tables, json and yaml. */
import type { Proc, Run } from '../../process.ts'
import { has, valueOf } from '../options.ts'
import type { Options } from '../options.ts'
import { age, containerLabels, decimalSize, fatal, isImage, labelsOf, newest, sandboxLabels, shortId, table } from './common.ts' // prettier-ignore
import type { Asked, Verb } from './common.ts'
import { printMessage } from './output.ts'
import type { Json } from './output.ts'
import type { CriContainer, CriImage, CriSandbox } from './types.ts'
import { patternOf } from '../patterns.ts'

const nanos = (ms: number): string => `${Math.round(ms)}000000`

const fitsLabels = (labels: Record<string, string>, wanted: readonly [string, string][]): boolean =>
  wanted.every(([key, value]) => labels[key] === value)

/** Prints ids, messages, blocks or a table, as the options ask. */
function* show<T>(
  p: Proc,
  options: Options,
  list: readonly T[],
  how: { id(one: T): string; json: Json; block(one: T): string; rows: string[][] },
): Run<number> {
  const format = valueOf(options, 'output')
  if (format !== undefined && format !== 'table') return yield* printMessage(p, how.json, format)
  if (has(options, 'quiet')) yield* p.out(list.map((one) => `${how.id(one)}\n`).join(''))
  else if (has(options, 'verbose')) yield* p.out(list.map((one) => `${how.block(one)}\n`).join(''))
  else yield* p.out(table(how.rows))
  return 0
}

/** Labels and annotations in blocks and tables. */
export const mapLines = (title: string, map: Record<string, string>): string =>
  `${title}:\n${Object.keys(map).sort().map((key) => `\t${key} -> ${map[key]}\n`).join('')}` // prettier-ignore

/** Models matchesRegex of cri-tools: what is no regular expression matches nothing. */
const matches = (pattern: string | undefined, text: string): boolean =>
  pattern === undefined || patternOf(pattern)?.test(text) === true

/** The containers that the options ask for; undefined: they are wrong, and it was told. */
export function* chosenContainers(p: Proc, { options, list }: Asked): Run<CriContainer[] | undefined> {
  const state = valueOf(options, 'state')?.toLowerCase()
  if (state !== undefined && !['created', 'running', 'exited', 'unknown'].includes(state)) {
    yield* fatal(p, 'listing containers: list containers: --state should be one of created, running, exited or unknown')
    return undefined
  }
  const labels = labelsOf(options)
  if ('odd' in labels) {
    yield* fatal(p, `incorrectly specified label: ${labels.odd}`)
    return undefined
  }
  const image = valueOf(options, 'image')
  const wantedImage = image === undefined ? undefined : list.images.find((one) => isImage(one, image))
  const anyState = has(options, 'latest') || Number(valueOf(options, 'last') ?? 0) > 0
  const fits = (one: CriContainer): boolean =>
    (anyState || (state === undefined ? has(options, 'all') || one.state === 'Running' : one.state.toLowerCase() === state)) && // prettier-ignore
    matches(valueOf(options, 'name'), one.name) &&
    matches(valueOf(options, 'namespace'), one.podNamespace) &&
    one.id.startsWith(valueOf(options, 'id') ?? '') &&
    one.sandboxId.startsWith(valueOf(options, 'pod') ?? '') &&
    (image === undefined || wantedImage?.id === one.imageId.replace(/^sha256:/, '')) &&
    fitsLabels(containerLabels(one), labels.wanted)
  return newest(list.containers.filter(fits), options)
}

export const ps: Verb = function* (p, asked) {
  const { options, now, list } = asked
  const shown = yield* chosenContainers(p, asked)
  if (shown === undefined) return 1
  const whole = has(options, 'no-trunc')
  const imageOf = (one: CriContainer): string =>
    has(options, 'resolve-image-path')
      ? (list.images.find(({ id }) => id === one.imageId.replace(/^sha256:/, ''))?.tags[0] ?? one.imageId)
      : whole
        ? one.imageId
        : shortId(one.imageId)
  const short = (id: string): string => (whole ? id : id.slice(0, 13))
  const head = ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE']
  return yield* show(p, options, shown, {
    id: ({ id }) => id,
    json: { containers: shown.map(containerMessage) },
    block: (one) =>
      `ID: ${one.id}\nPodID: ${one.sandboxId}\nNamespace: ${one.podNamespace}\nName: ${one.name}\nAttempt: ${one.attempt}\nState: ${one.state}\nImage: ${one.imageId}\nCreated: ${age(now - one.createdMs)}\n${mapLines('Labels', containerLabels(one))}${mapLines('Annotations', containerAnnotations(one))}`,
    rows: [
      head,
      ...shown.map((one) => [short(one.id), imageOf(one), age(now - one.createdMs), one.state, one.name, String(one.attempt), short(one.sandboxId), one.podName, one.podNamespace]), // prettier-ignore
    ],
  })
}

export const containerAnnotations = (one: CriContainer): Record<string, string> => ({
  'io.kubernetes.container.restartCount': String(one.attempt),
  'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
  'io.kubernetes.container.terminationMessagePolicy': 'File',
  'io.kubernetes.pod.terminationGracePeriod': '30',
})

const containerMessage = (one: CriContainer): Json => ({
  id: one.id,
  podSandboxId: one.sandboxId,
  metadata: { name: one.name, attempt: one.attempt },
  image: { image: one.imageId, annotations: {}, userSpecifiedImage: '', runtimeHandler: '' },
  imageRef: one.imageId,
  state: `CONTAINER_${one.state.toUpperCase()}`,
  createdAt: nanos(one.createdMs),
  labels: containerLabels(one),
  annotations: containerAnnotations(one),
  imageId: one.imageId,
})

/** The sandboxes that the options ask for; undefined: they are wrong, and it was told. */
export function* chosenSandboxes(p: Proc, { options, list }: Asked): Run<CriSandbox[] | undefined> {
  const state = valueOf(options, 'state')?.toLowerCase()
  if (state !== undefined && state !== 'ready' && state !== 'notready') {
    const now = new Date(yield* p.now()).toISOString().slice(0, 19).replace(/-/g, '/').replace('T', ' ')
    yield* p.err(`${now} --state should be ready or notready\n`)
    return undefined
  }
  const labels = labelsOf(options)
  if ('odd' in labels) {
    yield* fatal(p, `incorrectly specified label: ${labels.odd}`)
    return undefined
  }
  const fits = (one: CriSandbox): boolean =>
    (state === undefined || one.state.toLowerCase() === state) &&
    matches(valueOf(options, 'name'), one.name) &&
    matches(valueOf(options, 'namespace'), one.namespace) &&
    one.id.startsWith(valueOf(options, 'id') ?? '') &&
    fitsLabels(sandboxLabels(one), labels.wanted)
  return newest(list.sandboxes.filter(fits), options)
}

export const pods: Verb = function* (p, asked) {
  const { options, now } = asked
  const shown = yield* chosenSandboxes(p, asked)
  if (shown === undefined) return 1
  const short = (id: string): string => (has(options, 'no-trunc') ? id : id.slice(0, 13))
  const head = ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME']
  return yield* show(p, options, shown, {
    id: ({ id }) => id,
    json: { items: shown.map(sandboxMessage) },
    block: (one) =>
      `ID: ${one.id}\nName: ${one.name}\nUID: ${one.uid ?? ''}\nNamespace: ${one.namespace}\nStatus: ${one.state}\nCreated: ${age(now - one.createdMs)}\n${mapLines('Labels', sandboxLabels(one))}`,
    rows: [
      head,
      ...shown.map((one) => [short(one.id), age(now - one.createdMs), one.state, one.name, one.namespace, String(one.attempt), '(default)']), // prettier-ignore
    ],
  })
}

const sandboxMessage = (one: CriSandbox): Json => ({
  id: one.id,
  metadata: { name: one.name, uid: one.uid ?? '', namespace: one.namespace, attempt: one.attempt },
  state: `SANDBOX_${one.state.toUpperCase()}`,
  createdAt: nanos(one.createdMs),
  labels: sandboxLabels(one),
  annotations: {},
  runtimeHandler: '',
})

export const isPinned = ({ tags }: CriImage): boolean => tags.some((tag) => tag.includes('/pause:'))

const repositoryOf = (tag: string): string => tag.slice(0, tag.lastIndexOf(':'))

export const digestsOf = ({ tags, digest }: CriImage): string[] =>
  digest === undefined ? [] : [`${repositoryOf(tags[0] ?? '<none>:')}@${digest}`]

export const images: Verb = function* (p, { options, list, args }) {
  const [name] = args
  const shown = list.images
    .filter((one) => name === undefined || isImage(one, name))
    .sort((a, b) => ((a.tags[0] ?? a.id) < (b.tags[0] ?? b.id) ? -1 : 1))
  const filters = options.values.get('filter') ?? []
  const odd = filters.find((filter) => !/^(reference|dangling)=/.test(filter))
  if (odd !== undefined) {
    yield* p.err(`not simulated: crictl images --filter ${odd}\n`)
    return 1
  }
  const kept = shown.filter(({ tags }) =>
    filters.every((filter) => {
      const [kind = '', value = ''] = filter.split(/=(.*)/s)
      return kind === 'dangling' ? (tags.length === 0) === (value === 'true') : tags.some((tag) => matches(value, tag)) // prettier-ignore
    }),
  )
  return yield* show(p, options, kept, {
    id: ({ id }) => `sha256:${id}`,
    json: { images: kept.map(imageMessage) },
    block: (one) =>
      [`ID: sha256:${one.id}`, ...one.tags.map((tag) => `RepoTags: ${tag}`), ...digestsOf(one).map((digest) => `RepoDigests: ${digest}`), `Size: ${one.sizeBytes}`, ...(isPinned(one) ? ['Pinned: true'] : []), ''].join('\n'), // prettier-ignore
    rows: imageRows(kept, options),
  })
}

function imageRows(list: readonly CriImage[], options: Options): string[][] {
  const [digests, whole, pinned] = [has(options, 'digests'), has(options, 'no-trunc'), has(options, 'pinned')]
  const head = ['IMAGE', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'SIZE', ...(pinned ? ['PINNED'] : [])]
  const rows = list.flatMap((image) =>
    (image.tags.length === 0 ? ['<none>:<none>'] : image.tags).map((tag) => [
      repositoryOf(tag),
      tag.slice(tag.lastIndexOf(':') + 1),
      ...(digests ? [whole ? (image.digest ?? '') : shortId(image.digest ?? '')] : []),
      whole ? `sha256:${image.id}` : image.id.slice(0, 13),
      decimalSize(image.sizeBytes),
      ...(pinned ? [String(isPinned(image))] : []),
    ]),
  )
  return [head, ...rows]
}

export const imageMessage = (one: CriImage): { [key: string]: Json } => ({
  id: `sha256:${one.id}`,
  repoTags: one.tags,
  repoDigests: digestsOf(one),
  size: String(one.sizeBytes),
  uid: null,
  username: '',
  spec: null,
  pinned: isPinned(one),
})
