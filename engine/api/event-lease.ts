/** Events are kept for --event-ttl by a lease that many of them share. Models apiserver storage/etcd3/lease_manager.go. */
import type { Core } from './core.ts'

/** One lease is used for a minute. */
const REUSE_MS = 60_000
const LEASE_BASE = 7_587_000_000_000

/** The lease for an event stored now, granted on its way. */
export function eventLease(core: Core): number {
  const slot = Math.floor(core.kernel.now / REUSE_MS)
  const id = LEASE_BASE + slot * 64 + serverNumber(core)
  if (core.leaseMemo.id !== id) {
    core.leaseMemo.id = id
    const ttlSeconds = Math.ceil((core.flags.eventTtlMs + REUSE_MS) / 1000)
    core.etcd.send({ kind: 'leaseGrant', ttlSeconds, id }, 'lease')
  }
  return id
}

/** Servers of one cluster must not grant the same lease. */
function serverNumber(core: Core): number {
  let sum = 0
  for (const char of core.host) sum = (sum * 31 + char.charCodeAt(0)) % 61
  return sum
}
