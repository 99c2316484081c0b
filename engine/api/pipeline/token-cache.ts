/**
 * Tokens that were found good stay good for ten seconds, whatever happens to their account meanwhile.
 * Models apiserver authentication/token/cache. Failures are not remembered.
 */
import type { TokenVerdict } from './service-account-tokens.ts'

/** TokenSuccessCacheTTL of the kube-apiserver. */
const SUCCESS_MS = 10_000

export type TokenCacheState = [string, { verdict: TokenVerdict; untilMs: number }][]

export class TokenCache {
  private known = new Map<string, { verdict: TokenVerdict; untilMs: number }>()

  /** What is remembered of a token, or what `read` finds. */
  get(key: string, nowMs: number, read: () => TokenVerdict): TokenVerdict {
    const found = this.known.get(key)
    if (found !== undefined && nowMs < found.untilMs) return found.verdict
    const verdict = read()
    this.known.delete(key)
    if ('user' in verdict) this.known.set(key, { verdict, untilMs: nowMs + SUCCESS_MS })
    return verdict
  }

  clear(): void {
    this.known.clear()
  }

  /** Forgets what is over. */
  dump(nowMs: number): TokenCacheState {
    return [...this.known].filter(([, { untilMs }]) => untilMs > nowMs)
  }

  load(state: TokenCacheState | undefined): void {
    this.known = new Map(state)
  }
}
