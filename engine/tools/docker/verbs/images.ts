/** docker images, pull, rmi and image prune (cli/command/image). An image's age is nominal, its layers are one. */
import { has, valueOf } from '../../../host/programs/options.ts'
import { decimalSize } from '../../../host/programs/crictl/common.ts'
import { fail, fromDaemon, notSimulated } from '../command.ts'
import type { Verb } from '../command.ts'
import { askDaemon, canonicalName, familiarName, findImage, shortId } from '../daemon.ts'
import type { Daemon, DockerContainer, DockerImage } from '../daemon.ts'
import { age, show } from '../formatting.ts'

const COLUMNS = [['Repository', 'REPOSITORY'], ['Tag', 'TAG'], ['ID', 'IMAGE ID'], ['CreatedSince', 'CREATED'], ['Size', 'SIZE']] as const // prettier-ignore
const WITH_DIGESTS = [COLUMNS[0], COLUMNS[1], ['Digest', 'DIGEST'], ...COLUMNS.slice(2)] as const

export const sizeOf = (bytes: number): string => decimalSize(bytes, 3)

interface Row {
  image: DockerImage
  tag: string
}

/** What a pattern of a repository, with or without tag, means. */
function fits(tag: string, pattern: string): boolean {
  const parts = (text: string): string[] => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').split('*')
  const exact = new RegExp(`^${parts(familiarName(pattern)).join('[^/]*')}$`)
  return exact.test(tag) || exact.test(tag.replace(/:[^:/]*$/, ''))
}

export const images: Verb = function* (p, { options, args, daemon, now, release }) {
  const [pattern] = args
  const filters = options.values.get('filter') ?? []
  const odd = filters.find((filter) => !/^(reference|dangling)=/.test(filter))
  if (odd !== undefined) return yield* fromDaemon(p, `Invalid filter '${odd.split('=')[0] ?? ''}'`)
  const wanted = [...filters.filter((one) => one.startsWith('reference=')).map((one) => one.slice(10)), ...(pattern === undefined ? [] : [pattern])] // prettier-ignore
  const rows = daemon.images
    .flatMap((image): Row[] => image.tags.map((tag) => ({ image, tag })))
    .filter(({ tag }) => wanted.every((one) => fits(tag, one)) && !filters.includes('dangling=true'))
    .sort((a, b) => b.image.createdMs - a.image.createdMs)
  const whole = has(options, 'no-trunc')
  const fields = ({ image, tag }: Row): Record<string, string> => ({
    Repository: tag.slice(0, tag.lastIndexOf(':')),
    Tag: tag.slice(tag.lastIndexOf(':') + 1),
    Digest: image.digests[0]?.split('@')[1] ?? '<none>',
    ID: whole ? image.id : shortId(image.id),
    CreatedSince: age(-image.createdMs),
    CreatedAt: `${new Date(now + image.createdMs).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`,
    Size: sizeOf(image.sizeBytes),
  })
  const columns = has(options, 'digests') ? WITH_DIGESTS : COLUMNS
  return yield* show(
    p,
    { rows, fields, columns: columns as typeof COLUMNS, quiet: 'ID' },
    { format: valueOf(options, 'format'), isQuiet: has(options, 'quiet'), release },
  )
}

const REFUSED = /^rpc error: code = Unknown desc = Error response from daemon: /

export const pull: Verb = function* (p, { options, args, daemon, release }) {
  const [name = ''] = args
  if (has(options, 'all-tags')) return yield* notSimulated(p, 'pull --all-tags')
  if (!/^[a-z0-9][\w./:@-]*$/.test(name)) return yield* fail(p, `invalid reference format${/[A-Z]/.test(name) ? ': repository name must be lowercase' : ''}`) // prettier-ignore
  const isTagged = /:[^/]*$/.test(name)
  const [before, isQuiet] = [findImage(daemon, name), has(options, 'quiet')]
  if (!isTagged && !isQuiet) yield* p.out('Using default tag: latest\n')
  const answer = (yield* p.ask('cri.pull', { image: name })) as { error?: string } | undefined
  if (answer?.error !== undefined) return yield* fromDaemon(p, answer.error.replace(REFUSED, ''))
  const image = findImage(yield* askDaemon(p), name)
  if (image === undefined) return yield* fromDaemon(p, `manifest for ${name} not found: manifest unknown`)
  const full = isTagged ? familiarName(name) : `${familiarName(name)}:latest`
  const prefixed = release.version.startsWith('18.') ? '' : `${canonicalName(full)}\n`
  if (!isQuiet) yield* p.out(progress(image, before !== undefined, full))
  yield* p.out(prefixed)
  return 0
}

function progress(image: DockerImage, isThere: boolean, name: string): string {
  const reference = canonicalName(name)
  const path = reference.slice(reference.indexOf('/') + 1).replace(/:[^:]*$/, '')
  const layer = image.id.slice(-12)
  const steps = isThere ? [] : ['Pulling fs layer', 'Verifying Checksum', 'Download complete', 'Pull complete']
  return [
    `${name.slice(name.lastIndexOf(':') + 1)}: Pulling from ${path}`,
    ...steps.map((step) => `${layer}: ${step}`),
    `Digest: ${image.digests[0]?.split('@')[1] ?? ''}`,
    `Status: ${isThere ? 'Image is up to date' : 'Downloaded newer image'} for ${name}`,
    '',
  ].join('\n')
}

/** Why the daemon keeps an image; undefined: it lets go of it. */
function keptBy(
  image: DockerImage,
  name: string,
  containers: readonly DockerContainer[],
  force: boolean,
): string | undefined {
  const using = containers.filter(({ imageId }) => imageId === image.id)
  const running = using.find(({ state }) => state === 'running')
  const byId = image.id.slice(7).startsWith(name.replace(/^sha256:/, ''))
  const [one] = using
  if (byId && running !== undefined)
    return `conflict: unable to delete ${shortId(image.id)} (cannot be forced) - image is being used by running container ${shortId(running.id)}`
  if (one === undefined || force) return undefined
  if (byId)
    return `conflict: unable to delete ${shortId(image.id)} (must be forced) - image is being used by stopped container ${shortId(one.id)}`
  return `conflict: unable to remove repository reference "${name}" (must force) - container ${shortId(one.id)} is using its referenced image ${shortId(image.id)}`
}

const removedText = ({ tags, digests, id }: DockerImage): string =>
  [...tags, ...digests].map((name) => `Untagged: ${name}\n`).join('') + `Deleted: ${id}\n`

export const rmi: Verb = function* (p, { options, args, daemon }) {
  const problems: string[] = []
  for (const name of args) {
    const image = findImage(daemon, name)
    const kept = image === undefined ? undefined : keptBy(image, name, daemon.containers, has(options, 'force'))
    if (image === undefined) problems.push(`Error: No such image: ${name}`)
    else if (kept !== undefined) problems.push(`Error response from daemon: ${kept}`)
    else {
      for (const reference of image.tags) yield* p.ask('cri.removeImage', { reference })
      yield* p.out(removedText(image))
    }
  }
  return problems.length === 0 ? 0 : yield* fail(p, problems.join('\n'))
}

const unused = ({ images: all, containers }: Daemon): DockerImage[] =>
  all.filter(({ id }) => !containers.some(({ imageId }) => imageId === id))

export const pruneImages: Verb = function* (p, { options, daemon }) {
  const all = has(options, 'all')
  const what = all ? 'all images without at least one container associated to them' : 'all dangling images'
  if (!has(options, 'force')) {
    yield* p.out(`WARNING! This will remove ${what}.\nAre you sure you want to continue? [y/N] `)
    if (!/^y(es)?$/i.test(((yield* p.readLine()) ?? '').trim())) return 0
  }
  const gone = all ? unused(daemon) : []
  for (const image of gone) for (const reference of image.tags) yield* p.ask('cri.removeImage', { reference })
  const bytes = gone.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (gone.length > 0) yield* p.out(`Deleted Images:\n${gone.map((one) => removedText(one).toLowerCase().replaceAll(/^(untagged|deleted)/gm, '$1')).join('')}\n`) // prettier-ignore
  yield* p.out(`Total reclaimed space: ${sizeOf(bytes)}\n`)
  return 0
}

export { unused }
