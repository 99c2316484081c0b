/** What a word such as `deploy`, `Deployment.v1.apps` or `all` means. Models apimachinery/pkg/api/meta's REST mappers and kubectl's shortcut and category expanders. */
import type { Discovered, ResourceType } from './discovery.ts'
import { CommandError } from './errors.ts'

/** Whether a word is one of the type's short names and nothing else of it. */
const isShort = (type: ResourceType, word: string): boolean =>
  type.shortNames.includes(word.toLowerCase()) && type.resource !== word.toLowerCase()

export class Mapper {
  constructor(readonly discovered: Discovered) {}

  /** The type a word names: `po`, `pods`, `Pod`, `deployments.apps`, `deploy.v1.apps`. Throws when there is none. */
  resolve(word: string): ResourceType {
    const found = this.find(word)
    if (found) return found
    throw new CommandError(`the server doesn't have a resource type "${word.split('.')[0]}"`)
  }

  find(word: string): ResourceType | undefined {
    const [name = '', ...rest] = word.split('.')
    if (rest.length === 0) return this.first(name, () => true)
    return (
      this.versioned(name, rest) ??
      this.first(name, (type) => groupMatches(type.group, rest.join('.'))) ??
      this.shortened(name, rest.slice(1).join('.'))
    )
  }

  /** `deploy.v2.apps`, `deploy.v1.app`: a short name stands for the type in the version that is preferred. */
  private shortened(name: string, group: string): ResourceType | undefined {
    const lower = name.toLowerCase()
    return this.discovered.types.find(
      (type) => type.group.startsWith(group) && group !== '' && type.shortNames.includes(lower),
    )
  }

  /** `name.version.group`, `name.version.` (core) or `Kind.version.group`. */
  private versioned(name: string, rest: string[]): ResourceType | undefined {
    const [version, ...group] = rest
    if (group.length === 0 && !/^v\d/.test(version ?? '')) return undefined
    const wanted = group.join('.')
    return this.first(
      name,
      (type) => type.version === version && type.group === wanted && (wanted === '' || !isShort(type, name)),
    )
  }

  private first(name: string, wanted: (type: ResourceType) => boolean): ResourceType | undefined {
    const lower = name.toLowerCase()
    const { types } = this.discovered
    const usable = types.filter(wanted)
    return (
      usable.find((type) => type.resource === lower || singularOf(type) === lower) ??
      usable.find((type) => type.shortNames.includes(lower))
    )
  }

  /** The types a word names, categories such as `all` expanded. */
  expand(word: string): ResourceType[] {
    const members = this.category(word)
    return members.length > 0 ? members : [this.resolve(word)]
  }

  /** Types of a category, each once, in its preferred version. */
  category(word: string): ResourceType[] {
    const seen = new Set<string>()
    return this.discovered.types.filter((type) => {
      const key = `${type.resource}.${type.group}`
      if (seen.has(key) || !type.categories.includes(word)) return false
      seen.add(key)
      return true
    })
  }

  /** The type of a manifest. */
  forKind(apiVersion: string, kind: string): ResourceType | undefined {
    const slash = apiVersion.indexOf('/')
    const group = slash < 0 ? '' : apiVersion.slice(0, slash)
    const version = apiVersion.slice(slash + 1)
    return this.discovered.types.find((t) => t.group === group && t.version === version && t.kind === kind)
  }

  /** Types in their preferred versions, each once. */
  preferred(): ResourceType[] {
    const seen = new Set<string>()
    return this.discovered.types.filter((type) => {
      const key = `${type.resource}.${type.group}`
      if (seen.has(key)) return false
      seen.add(key)
      return true
    })
  }
}

const singularOf = (type: ResourceType): string => type.singular || type.kind.toLowerCase()

/** A group may be shortened to its beginning: `ingresses.networking`. */
const groupMatches = (group: string, typed: string): boolean => group === typed || group.startsWith(`${typed}.`)

/** `apps/v1`, `v1`. */
export const apiVersionOf = (type: ResourceType): string =>
  type.group ? `${type.group}/${type.version}` : type.version

/** `deployments.apps`, `pods`. */
export const groupResourceOf = (type: ResourceType): string =>
  type.group ? `${type.resource}.${type.group}` : type.resource

/** `deployment.apps`, `pod`: how commands name an object. */
export const singularWithGroup = (type: ResourceType): string => {
  const singular = type.kind.toLowerCase()
  return type.group ? `${singular}.${type.group}` : singular
}

/** `apps/v1, Resource=deployments`: Go's text of a resource. */
export const resourceText = (type: ResourceType): string => `${type.group}/${type.version}, Resource=${type.resource}`

/** The path of a collection, an object or its subresource. */
export function pathOf(type: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = type.group ? `/apis/${type.group}/${type.version}` : `/api/${type.version}`
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${root}${scope}/${type.resource}${object}${subresource ? `/${subresource}` : ''}`
}
