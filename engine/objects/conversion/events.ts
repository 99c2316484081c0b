/** events.k8s.io Events are core Events under other names. Models pkg/apis/events/v1/conversion.go. */
import { renamed } from './conversion.ts'
import type { Conversion } from './conversion.ts'

const FROM_CORE: Record<string, string> = {
  message: 'note',
  involvedObject: 'regarding',
  reportingComponent: 'reportingController',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
}
const TO_CORE = Object.fromEntries(Object.entries(FROM_CORE).map(([core, events]) => [events, core]))

export const event: Conversion = {
  toHub: (object) => renamed(object, TO_CORE),
  fromHub: (object) => renamed(object, FROM_CORE),
}
