/** The images that registries hold. One file a family; a repository that is not here does not exist. */
import { hexOf } from '../state.ts'
import { apps, appResponders } from './apps.ts'
import { busyImages, busyResponders } from './busy.ts'
import { databases } from './databases.ts'
import { httpd, httpdResponder } from './httpd.ts'
import type { ImageEntry, Responder } from './image.ts'
import { nginx, nginxResponder, nginxUnprivileged } from './nginx.ts'
import { makeImageReference } from './reference.ts'
import type { ImageReference } from './reference.ts'
import { system } from './system.ts'
import { tools } from './tools.ts'
import { webhookImage, webhookResponders } from './webhook.ts'

const ENTRIES: ImageEntry[] = [
  nginx,
  nginxUnprivileged,
  httpd,
  ...tools,
  ...databases,
  ...apps,
  ...system,
  ...busyImages,
  webhookImage,
]
const BY_REPOSITORY = new Map(ENTRIES.map((entry) => [entry.repository, entry]))

/** What answers HTTP, by name. */
export const RESPONDERS: Record<string, Responder> = {
  nginx: nginxResponder,
  httpd: httpdResponder,
  ...appResponders,
  ...webhookResponders,
  ...busyResponders,
}

/** The catalogue's entry of a repository (`docker.io/library/nginx`). The old registry of Kubernetes leads to the new one. */
export function imageEntry(repository: string): ImageEntry | undefined {
  return BY_REPOSITORY.get(repository.replace(/^k8s\.gcr\.io\//, 'registry.k8s.io/'))
}

export function repositories(): string[] {
  return [...BY_REPOSITORY.keys()]
}

/** Digests by reference: a pure function's results, kept. */
const DIGESTS = new Map<string, string>()

/** The manifest digest of an image, the same in every run. */
export function digestOf(reference: ImageReference): string {
  if (reference.digest !== undefined) return reference.digest
  const text = makeImageReference(reference)
  const known = DIGESTS.get(text) ?? `sha256:${hexOf(text, 64)}`
  DIGESTS.set(text, known)
  return known
}

export interface Resolved {
  entry: ImageEntry
  reference: ImageReference
  sizeBytes: number
  digest: string
}

const REGISTRIES = new Set([
  'docker.io',
  'registry.k8s.io',
  'quay.io',
  'ghcr.io',
  'gcr.io',
  'k8s.gcr.io',
  'public.ecr.aws',
  'mcr.microsoft.com',
])
const DEFAULT_BYTES = 30_000_000

/** What a registry answers for a reference: the image, or containerd's text. Models containerd's docker resolver (F5). */
export function resolveImage(reference: ImageReference, minor: number): Resolved | { error: string } {
  const text = makeImageReference(reference)
  const entry = imageEntry(reference.repository)
  const sizeBytes = entry === undefined ? undefined : sizeOf(entry, reference)
  if (entry !== undefined && sizeBytes !== undefined)
    return { entry, reference, sizeBytes, digest: digestOf(reference) }
  const failed = `failed to pull and unpack image "${text}": failed to resolve reference "${text}": `
  if (entry !== undefined || reference.registry === 'registry.k8s.io')
    return { error: `${notFoundPrefix(minor)}${failed}${text}: not found` }
  return { error: `${minor < 30 ? 'rpc error: code = Unknown desc = ' : ''}${failed}${refusal(reference)}` }
}

function notFoundPrefix(minor: number): string {
  return minor <= 33 ? 'rpc error: code = NotFound desc = ' : ''
}

function refusal(reference: ImageReference): string {
  const { registry, path, tag } = reference
  if (!REGISTRIES.has(registry)) {
    const host = registry.replace(/:\d+$/, '')
    return `failed to do request: Head "https://${registry}/v2/${path}/manifests/${tag}": dial tcp: lookup ${host}: no such host`
  }
  if (registry === 'docker.io')
    return 'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed'
  if (registry === 'quay.io')
    return `unexpected status from HEAD request to https://quay.io/v2/${path}/manifests/${tag}: 401 UNAUTHORIZED`
  const scope = encodeURIComponent(`repository:${path}:pull`)
  return `failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://${registry}/token?scope=${scope}&service=${registry}: 403 Forbidden`
}

function sizeOf(entry: ImageEntry, reference: ImageReference): number | undefined {
  if (reference.digest !== undefined) return DEFAULT_BYTES
  const known = entry.tags[reference.tag]
  if (known !== undefined) return known
  return entry.anyTag?.test(reference.tag) === true ? DEFAULT_BYTES : undefined
}
