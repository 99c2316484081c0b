/** Which path a kind has on this server, as its discovery documents say. */
import type { KubeConfig } from '@kubernetes/client-node'
import { askServer, messageOf } from './request.ts'

export interface ServedKind {
  /** `/api/v1`, `/apis/apps/v1`. */
  root: string
  apiVersion: string
  group: string
  kind: string
  resource: string
  singular: string
  shortNames: string[]
  namespaced: boolean
}

interface ResourceList {
  groupVersion: string
  resources: { name: string; singularName?: string; kind: string; namespaced: boolean; shortNames?: string[] }[]
}

interface GroupList {
  groups: { name: string; preferredVersion: { groupVersion: string } }[]
}

/** The kinds that the server serves, each in its preferred version; asked once. */
export class Discovery {
  private readonly config: KubeConfig
  private kinds: Promise<ServedKind[]> | undefined

  constructor(config: KubeConfig) {
    this.config = config
  }

  /** The kind that a person means: `Deployment`, `deploy`, `deployments.apps`. Throws when the server has none. */
  async find(text: string): Promise<ServedKind> {
    this.kinds ??= this.ask()
    const [name = '', ...rest] = text.toLowerCase().split('.')
    const group = rest.join('.')
    const fits = (one: ServedKind): boolean =>
      [one.kind.toLowerCase(), one.resource, one.singular, ...one.shortNames].includes(name)
    const found = (await this.kinds).find((one) => fits(one) && (group === '' || one.group === group))
    if (found === undefined) throw new Error(`the server doesn't have a resource type "${text}"`)
    return found
  }

  private async ask(): Promise<ServedKind[]> {
    const core = await this.resources('/api/v1', '')
    const groups = (await this.get('/apis')) as GroupList
    const others: ServedKind[] = []
    for (const { name, preferredVersion } of groups.groups)
      others.push(...(await this.resources(`/apis/${preferredVersion.groupVersion}`, name)))
    return [...core, ...others]
  }

  private async resources(root: string, group: string): Promise<ServedKind[]> {
    const list = (await this.get(root)) as ResourceList
    const whole = list.resources.filter(({ name }) => !name.includes('/'))
    return whole.map(({ name, singularName = '', kind, namespaced, shortNames = [] }) => ({
      root,
      apiVersion: list.groupVersion,
      group,
      kind,
      resource: name,
      singular: singularName,
      shortNames,
      namespaced,
    }))
  }

  private async get(path: string): Promise<unknown> {
    const answer = await askServer(this.config, { method: 'GET', path })
    if (answer.code !== 200) throw new Error(`${path}: ${messageOf(answer)}`)
    return answer.body
  }
}

export function pathOf(kind: ServedKind, namespace: string | undefined, name?: string): string {
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''
  return `${kind.root}${scope}/${kind.resource}${name === undefined ? '' : `/${name}`}`
}
