/** `Events:` of an object. Models kubectl/pkg/describe DescribeEvents. */
import type { Run } from '../../../host/process.ts'
import { listAll } from '../builder.ts'
import type { ApiObject } from '../client.ts'
import type { Context } from '../command.ts'
import { StatusError } from '../errors.ts'
import { texts } from '../texts.ts'
import { unstableSort } from '../unstable-sort.ts'
import { ageText, type EventObject } from '../verbs/events.ts'
import type { Writer } from './writer.ts'

/** The events that name the object, oldest first; none when they may not be read. */
export function* eventsOf(ctx: Context, object: ApiObject, uid = object.metadata?.uid): Run<EventObject[]> {
  const type = (yield* ctx.session.mapper()).resolve('events')
  const { name = '', namespace = '' } = object.metadata ?? {}
  const fields = [
    `involvedObject.name=${name}`,
    ...(namespace ? [`involvedObject.namespace=${namespace}`] : []),
    ...(object.kind ? [`involvedObject.kind=${object.kind}`] : []),
    ...(uid ? [`involvedObject.uid=${uid}`] : []),
  ]
  try {
    const items = (yield* listAll(ctx, type, namespace, { fieldSelector: fields.join(',') })) as EventObject[]
    return unstableSort(items, (a, b) => lastStamp(a) < lastStamp(b))
  } catch (error) {
    if (error instanceof StatusError) return []
    throw error
  }
}

/** Events of the newer API have no last timestamp and come first. */
const lastStamp = ({ lastTimestamp }: EventObject): number => (lastTimestamp ? Date.parse(lastTimestamp) : 0)

/** The table of events, or `<none>`. */
export function* eventLines(ctx: Context, w: Writer, object: ApiObject, uid?: string): Run<void> {
  const events = yield* eventsOf(ctx, object, uid)
  if (events.length === 0) return w.line(0, 'Events:\t<none>')
  const now = yield* ctx.p.now()
  w.line(0, 'Events:')
  w.line(1, 'Type\tReason\tAge\tFrom\tMessage')
  w.line(1, '----\t------\t----\t----\t-------')
  for (const event of events) {
    const from = event.source?.component || event.reportingComponent || ''
    w.line(1, `${event.type ?? ''}\t${event.reason ?? ''}\t${ageText(event, now)}\t${from}\t${messageOf(ctx, event)}`)
  }
}

function messageOf(ctx: Context, event: EventObject): string {
  const message = (event.message ?? '').trim()
  const path = event.involvedObject?.fieldPath
  return path && texts.eventFieldPath(ctx.session.minor) ? `${path}: ${message}` : message
}
