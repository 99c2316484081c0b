/** Counts of what was answered, for /metrics. Models apiserver pkg/endpoints/metrics (apiserver_request_total). */
import type { Flight } from './flight.ts'

type Labels = Record<string, string>

export class Traffic {
  private counts = new Map<string, number>()
  /** What tells requests apart → their labels. Derived. */
  private readonly texts = new Map<string, string>()

  count(flight: Flight, code: number): void {
    const { group, isResource, path, resource, subresource, verb, version } = flight.info
    const what = isResource ? subresource : path
    const dryRun = flight.request.query.dryRun === undefined ? '' : 'All'
    const known = `${code} ${verb} ${group} ${version} ${resource} ${scopeOf(flight.info)} ${dryRun} ${isResource} ${what}`
    let key = this.texts.get(known)
    if (key === undefined) {
      if (this.texts.size >= REMEMBERED) this.texts.clear()
      this.texts.set(known, (key = labelsOf(flight, code)))
    }
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
  }
  /** `{code="200",…}` and how often, in order of the labels. */
  rows(): [labels: string, count: number][] {
    return [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  dump(): [string, number][] {
    return [...this.counts]
  }

  load(state: [string, number][] | undefined): void {
    this.counts = new Map(state ?? [])
  }
}

const REMEMBERED = 1000

function labelsOf({ info, request }: Flight, code: number): string {
  return labelText({
    code: String(code),
    component: 'apiserver',
    dry_run: request.query.dryRun === undefined ? '' : 'All',
    group: info.group,
    resource: info.resource,
    scope: scopeOf(info),
    subresource: info.isResource ? info.subresource.split('/')[0]! : info.path,
    verb: info.verb === 'create' ? 'POST' : info.verb === 'update' ? 'PUT' : info.verb.toUpperCase(),
    version: info.version,
  })
}

function scopeOf({ isResource, name, namespace }: Flight['info']): string {
  if (!isResource) return ''
  return name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster'
}

export const labelText = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`
