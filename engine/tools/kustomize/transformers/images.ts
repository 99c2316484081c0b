/** `images`. Models api/filters/imagetag: the fields of the configuration, and containers wherever they stand. */
import { setField } from '../fieldspec.ts'
import type { FieldSpec } from '../fieldspec.ts'
import type { Image } from '../kustomization.ts'
import type { ResMap } from '../resmap.ts'
import { isFields } from '../tree.ts'
import type { Fields, Tree } from '../tree.ts'
import type { Transformer } from './transformer.ts'

interface Parts {
  name: string
  tag: string
  digest: string
}

/** `registry:5000/app:1.2@sha256:…` in its parts. */
export function parseImage(image: string): Parts {
  const at = image.indexOf('@')
  const bare = at < 0 ? image : image.slice(0, at)
  const digest = at < 0 ? '' : image.slice(at + 1)
  const slash = bare.indexOf('/')
  const colon = (slash < 0 ? bare : bare.slice(slash)).indexOf(':')
  const cut = colon < 0 ? -1 : colon + Math.max(slash, 0)
  return cut < 0 ? { name: bare, tag: '', digest } : { name: bare.slice(0, cut), tag: bare.slice(cut + 1), digest }
}

export const makeImage = ({ name, tag, digest }: Parts): string =>
  name + (tag ? `:${tag}` : '') + (digest ? `@${digest}` : '')

const matches = (image: string, name: string): boolean =>
  new RegExp(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`).test(image)

function changed(image: string, change: Image): string {
  if (!matches(image, change.name ?? '')) return image
  const parts = parseImage(image)
  if (change.newName) parts.name = change.newName
  if (change.newTag || change.digest) {
    parts.tag = change.newTag ?? ''
    parts.digest = change.digest ?? ''
  } else if (change.tagSuffix) {
    parts.tag += change.tagSuffix
    parts.digest = ''
  }
  return makeImage(parts)
}

/** Containers at any depth. */
function visitContainers(node: Tree, visit: (container: Fields) => void): void {
  if (Array.isArray(node)) return node.forEach((item) => visitContainers(item, visit))
  if (!isFields(node)) return
  for (const [key, value] of Object.entries(node)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(value))
      value.filter(isFields).forEach(visit)
    visitContainers(value, visit)
  }
}

export function imageTransformer(change: Image, specs: FieldSpec[]): Transformer {
  const set = (value: Tree): Tree | undefined => (typeof value === 'string' ? changed(value, change) : undefined)
  return {
    kind: 'ImageTagTransformer',
    transform({ resources }: ResMap) {
      for (const resource of resources) {
        if (resource.gvk.kind === 'CustomResourceDefinition') continue
        visitContainers(resource.body, (container) => {
          const image = set(container.image ?? null)
          if (image !== undefined) container.image = image
        })
        for (const spec of specs) setField(resource, { ...spec, create: false }, set)
      }
    },
  }
}
