/**
 * Leases: keys that go away when nobody says "keep alive" in time.
 * Models server/lease/lessor.go. Every member knows the leases and their keys; only the leader counts
 * down. Not modelled: checkpoints, the half-second grain and the rate limit of expiry.
 */
export interface Lease {
  id: number
  ttlSeconds: number
  keys: Set<string>
}

interface LeaseRow {
  id: number
  ttlSeconds: number
  keys: string[]
}

export interface LessorState {
  leases: LeaseRow[]
  expiries: Record<number, number>
}

const MAX_TTL_SECONDS = 9_000_000_000

export function isTtlTooLarge(ttlSeconds: number): boolean {
  return ttlSeconds > MAX_TTL_SECONDS
}

export class Lessor {
  private leases = new Map<number, Lease>()
  /** Virtual ms, on the leader; empty elsewhere. */
  private expiries = new Map<number, number>()

  /** `minTtlSeconds`: a shorter lease is made as long as this. */
  constructor(private readonly minTtlSeconds: number) {}

  has(id: number): boolean {
    return this.leases.has(id)
  }

  ids(): number[] {
    return [...this.leases.keys()].sort((a, b) => a - b)
  }

  get(id: number): Lease | undefined {
    return this.leases.get(id)
  }

  grant(id: number, ttlSeconds: number): Lease {
    const lease: Lease = { id, ttlSeconds: Math.max(ttlSeconds, this.minTtlSeconds), keys: new Set() }
    this.leases.set(id, lease)
    return lease
  }

  /** Forgets a lease. Returns the keys that go with it, in order. */
  revoke(id: number): string[] {
    const keys = [...(this.leases.get(id)?.keys ?? [])].sort()
    this.leases.delete(id)
    this.expiries.delete(id)
    return keys
  }

  attach(id: number, key: string): void {
    if (id !== 0) this.leases.get(id)?.keys.add(key)
  }

  detach(id: number, key: string): void {
    if (id !== 0) this.leases.get(id)?.keys.delete(key)
  }

  /** The leader begins to count, `extendMs` longer than the TTL. */
  promote(now: number, extendMs: number): void {
    for (const { id } of this.leases.values()) this.renew(id, now, extendMs)
  }

  /** No longer the leader: nothing expires here. */
  demote(): void {
    this.expiries.clear()
  }

  /** Starts the TTL anew. Returns the seconds, 0 when there is no such lease. */
  renew(id: number, now: number, extendMs = 0): number {
    const lease = this.leases.get(id)
    if (lease === undefined) return 0
    this.expiries.set(id, now + lease.ttlSeconds * 1000 + extendMs)
    return lease.ttlSeconds
  }

  /** Looks at an expired lease again at this instant, in case its revocation gets lost. */
  postpone(id: number, at: number): void {
    this.expiries.set(id, at)
  }

  /** Whole seconds left; -1 when there is no such lease. */
  remainingSeconds(id: number, now: number): number {
    const lease = this.leases.get(id)
    if (lease === undefined) return -1
    return Math.floor(((this.expiries.get(id) ?? now + lease.ttlSeconds * 1000) - now) / 1000)
  }

  /** When the next lease expires; undefined when none does. */
  nextExpiry(): number | undefined {
    let next: number | undefined
    for (const at of this.expiries.values()) if (next === undefined || at < next) next = at
    return next
  }

  /** The leases whose time is over, in order of id. */
  expired(now: number): number[] {
    return [...this.expiries]
      .filter(([, at]) => at <= now)
      .map(([id]) => id)
      .sort((a, b) => a - b)
  }

  dump(): LessorState {
    return {
      leases: [...this.leases.values()].map(({ id, ttlSeconds, keys }) => ({ id, ttlSeconds, keys: [...keys] })),
      expiries: Object.fromEntries(this.expiries),
    }
  }

  load(state: LessorState): void {
    this.leases = new Map(state.leases.map(({ id, ttlSeconds, keys }) => [id, { id, ttlSeconds, keys: new Set(keys) }]))
    this.expiries = new Map(Object.entries(state.expiries).map(([id, at]) => [Number(id), at]))
  }
}
