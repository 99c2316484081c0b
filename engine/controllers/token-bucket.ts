/** A rate limit with a burst, by reservation: each taker is told how long to wait. Models golang.org/x/time/rate. */

/** Plain data. */
export interface TokenBucketState {
  /** Below zero: reserved ahead. */
  tokens: number
  atMs: number
}

export class TokenBucket {
  private state: TokenBucketState

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
  ) {
    this.state = { tokens: burst, atMs: 0 }
  }

  /** Takes one token; the milliseconds until it is there. */
  reserve(nowMs: number): number {
    const refilled = this.state.tokens + ((nowMs - this.state.atMs) * this.perSecond) / 1000
    const tokens = Math.min(this.burst, refilled) - 1
    this.state = { tokens, atMs: nowMs }
    return tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / this.perSecond)
  }

  reset(): void {
    this.state = { tokens: this.burst, atMs: 0 }
  }

  dump(): TokenBucketState {
    return this.state
  }

  load(state: TokenBucketState): void {
    this.state = state
  }
}
