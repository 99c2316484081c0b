/** What one browser, one attempt and the whole server may use at most. */
export const LIMITS = {
  /** Unfinished attempts of one browser. */
  attemptsPerOwner: 6,
  /** Attempts in memory. The least used one sleeps when another wakes. */
  awake: 40,
  /** Attempts being prepared or woken at once. */
  preparing: 4,
  terminalsPerAttempt: 8,
  socketsPerAttempt: 6,
  bodyBytes: 64 * 1024,
  messageBytes: 512 * 1024,
  inputCharacters: 64 * 1024,
  editedCharacters: 384 * 1024,
  scrollbackCharacters: 200_000,
  /** Of one terminal, a second; the rest is cut with a message. */
  outputCharactersPerSecond: 2_000_000,
  /** Share of one processor for one attempt's simulation, and how much unused share it may save up. */
  workShare: 0.5,
  workBurstMs: 5_000,
  /** Starved of its share for so long, a session is paused. */
  runawayMs: 20_000,
  /** The clock stands still when nobody has been connected for so long. */
  lonelyMs: 60_000,
  /** Untouched for so long, an attempt is written away and freed. */
  sleepMs: 10 * 60_000,
  snapshotMs: 60_000,
  heartbeatMs: 500,
  /** Wall time of one skip. */
  skipWallMs: 2_000,
} as const

export type Limits = { [Name in keyof typeof LIMITS]: number }

/** A refusal that the caller is told, with its HTTP status. */
export class Refused extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 429 | 503,
    message: string,
  ) {
    super(message)
  }
}
