/** Counts of what was answered, for /metrics. Models apiserver pkg/endpoints/metrics (apiserver_request_total). */
import type { Flight } from './flight.ts'

type Labels = Record<string, string>

export class Traffic {
  private counts = new Map<string, number>()

  count({ info, request }: Flight, code: number): void {
    const labels: Labels = {
      code: String(code),
      component: 'apiserver',
      dry_run: request.query.dryRun === undefined ? '' : 'All',
      group: info.group,
      resource: info.resource,
      scope: scopeOf(info),
      subresource: info.isResource ? info.subresource.split('/')[0]! : info.path,
      verb: info.verb === 'create' ? 'POST' : info.verb === 'update' ? 'PUT' : info.verb.toUpperCase(),
      version: info.version,
    }
    const key = labelText(labels)
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

function scopeOf({ isResource, name, namespace }: Flight['info']): string {
  if (!isResource) return ''
  return name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster'
}

export const labelText = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`
