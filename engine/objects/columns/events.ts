import type { Event, EventsV1Event } from '../types.gen.ts'
import { age, nameColumn, number, text, wide } from './column.ts'
import type { Column } from './column.ts'

const firstSeen = (event: Event, nowMs: number): string =>
  event.firstTimestamp ? age(event.firstTimestamp, nowMs) : age(event.eventTime, nowMs)

function lastSeen(event: Event, nowMs: number): string {
  if (event.series) return age(event.series.lastObservedTime, nowMs)
  return event.lastTimestamp ? age(event.lastTimestamp, nowMs) : firstSeen(event, nowMs)
}

const countOf = (event: Event): number => event.series?.count ?? (event.count ? event.count : 1)

function involved(event: Event): string {
  const { kind = '', name } = event.involvedObject ?? {}
  return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase()
}

/** Models formatEventSource: the old source, or the reporting controller where there is none. */
function sourceOf(event: Event): string {
  const component = event.source?.component || event.reportingComponent || ''
  const host = event.source?.component ? event.source.host : event.reportingInstance
  return host ? `${component}, ${host}` : component
}

export const eventColumns: Column<Event>[] = [
  text('Last Seen', (event, row) => lastSeen(event, row.nowMs)),
  text('Type', (event) => event.type ?? ''),
  text('Reason', (event) => event.reason ?? ''),
  text('Object', involved),
  wide(text('Subobject', (event) => event.involvedObject?.fieldPath ?? '')),
  wide(text('Source', sourceOf)),
  text('Message', (event) => (event.message ?? '').trim()),
  wide(text('First Seen', (event, row) => firstSeen(event, row.nowMs))),
  wide(number('Count', countOf)),
  wide(nameColumn),
]

/** An events.k8s.io/v1 Event in the words of core/v1. */
export function asCoreEvent(event: EventsV1Event): Event {
  return {
    metadata: event.metadata,
    involvedObject: event.regarding ?? {},
    reason: event.reason,
    message: event.note,
    type: event.type,
    count: event.deprecatedCount,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    source: event.deprecatedSource,
    eventTime: event.eventTime,
    series: event.series,
    reportingComponent: event.reportingController,
    reportingInstance: event.reportingInstance,
  }
}
