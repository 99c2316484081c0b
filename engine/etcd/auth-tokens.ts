/**
 * Tokens that stand for a password for a while: every member has them, none writes them down.
 * Models server/auth/simple_token.go.
 */
import type { Kernel } from '../kernel/kernel.ts'

/** --auth-token-ttl */
const TTL_MS = 300_000
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LENGTH = 16

interface Held {
  name: string
  until: number
}

export type TokensState = [string, Held][]

export class AuthTokens {
  private held = new Map<string, Held>()

  constructor(
    private readonly kernel: Kernel,
    private readonly address: string,
  ) {}

  /** A new one, with the place in the log where it will be known. */
  make(index: number): string {
    const random = this.kernel.random(`${this.address}/token`)
    return `${Array.from({ length: LENGTH }, () => LETTERS[random.int(LETTERS.length)]).join('')}.${index}`
  }

  assign(token: string, name: string): void {
    this.held.set(token, { name, until: this.kernel.now + TTL_MS })
  }

  /** Whose it is; who uses one keeps it for longer. */
  userOf(token: string): string | undefined {
    const found = this.held.get(token)
    if (found === undefined) return undefined
    this.held.delete(token)
    if (found.until <= this.kernel.now) return undefined
    this.assign(token, found.name)
    return found.name
  }

  /** Those of a user who is gone, or has another password. */
  invalidate(name: string): void {
    for (const [token, held] of this.held) if (held.name === name) this.held.delete(token)
  }

  clear(): void {
    this.held.clear()
  }

  dump(): TokensState {
    return [...this.held]
  }

  load(state: TokensState): void {
    this.held = new Map(state)
  }
}
