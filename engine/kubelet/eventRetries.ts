/** What the kubelet says of an event that no server took. Models client-go tools/record (event.go). */
import type { Event as CoreV1Event } from '../objects/types.gen.ts'

export const EVENT_RETRY = 'event.retry'

/** The event as Go's %v prints it: it is `clockMs` now, and the process began at `startedMs` (ms since 1970). */
export function unwrittenText(event: CoreV1Event, clockMs: number, startedMs: number): string {
  const { involvedObject: about, metadata, source } = event
  const at = goTime(clockMs, startedMs)
  const reference = [
    `Kind:${about.kind ?? ''}`,
    `Namespace:${about.namespace ?? ''}`,
    `Name:${about.name ?? ''}`,
    `UID:${about.uid ?? ''}`,
    `APIVersion:${about.apiVersion ?? ''}`,
    `ResourceVersion:${about.resourceVersion ?? ''}`,
    `FieldPath:${about.fieldPath ?? ''}`,
  ].join(',')
  return (
    [
      `&Event{ObjectMeta:{${metadata.name}  ${metadata.namespace}    0 ${NEVER} <nil> <nil> map[] map[] [] [] []}`,
      `InvolvedObject:ObjectReference{${reference},}`,
      `Reason:${event.reason}`,
      `Message:${event.message}`,
      `Source:EventSource{Component:${source?.component ?? ''},Host:${source?.host ?? ''},}`,
      `FirstTimestamp:${at}`,
      `LastTimestamp:${at}`,
      `Count:${event.count ?? 1}`,
      `Type:${event.type}`,
      `EventTime:${NEVER}`,
      'Series:nil',
      'Action:',
      'Related:nil',
      `ReportingController:${event.reportingComponent ?? ''}`,
      `ReportingInstance:${event.reportingInstance ?? ''}`,
    ].join(',') + ',}'
  )
}

const NEVER = '0001-01-01 00:00:00 +0000 UTC'

/** A time.Time with its monotonic part. */
function goTime(clockMs: number, startedMs: number): string {
  const [day, time = ''] = new Date(clockMs).toISOString().slice(0, -1).split('T')
  const since = ((clockMs - startedMs) / 1000).toFixed(9)
  return `${day} ${time.replace(/\.?0+$/, '')} +0000 UTC m=+${since}`
}
