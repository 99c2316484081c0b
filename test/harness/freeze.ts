/** Makes every object that enters an API server's cache immutable, so that a writer throws where it writes. */
import { WatchCache } from '../../engine/api/storage/watch-cache.ts'

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
}

/** Returns what puts things back. */
export function freezeCaches(): () => void {
  const { fill, apply } = WatchCache.prototype
  WatchCache.prototype.fill = function (kvs, revision) {
    for (const { value } of kvs) deepFreeze(value)
    fill.call(this, kvs, revision)
  }
  WatchCache.prototype.apply = function (event, nowMs) {
    deepFreeze(event.kv.value)
    const change = apply.call(this, event, nowMs)
    if (change !== 'broken') deepFreeze(change?.object)
    return change
  }
  return () => Object.assign(WatchCache.prototype, { fill, apply })
}
