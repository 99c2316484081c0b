/** Image references. Models github.com/distribution/reference (normalized names). */

export interface ImageReference {
  /** `docker.io/library/nginx` */
  repository: string
  registry: string
  /** `library/nginx` */
  path: string
  tag: string
  digest?: string
  /** No tag and no digest were written. */
  implicit: boolean
}

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[\w][\w.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** Undefined when the text is no valid reference. */
export function parseImageReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  const slash = named.indexOf('/')
  const first = slash < 0 ? '' : named.slice(0, slash)
  const hosted = first.includes('.') || first.includes(':') || first === 'localhost'
  const registry = hosted ? first : 'docker.io'
  const rest = hosted ? named.slice(slash + 1) : named
  const colon = rest.indexOf(':')
  const bare = colon < 0 ? rest : rest.slice(0, colon)
  const tag = colon < 0 ? 'latest' : rest.slice(colon + 1)
  if (!NAME.test(bare) || !TAG.test(tag) || (digest !== undefined && !DIGEST.test(digest))) return undefined
  const path = registry === 'docker.io' && !bare.includes('/') ? `library/${bare}` : bare
  return {
    repository: `${registry}/${path}`,
    registry,
    path,
    tag,
    implicit: colon < 0 && digest === undefined,
    ...(digest !== undefined && { digest }),
  }
}

/** The full text: `docker.io/library/nginx:1.27`. */
export function makeImageReference(reference: ImageReference): string {
  return reference.digest === undefined
    ? `${reference.repository}:${reference.tag}`
    : `${reference.repository}@${reference.digest}`
}
