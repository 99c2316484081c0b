/** Times and dates as the page writes them. */

/** `7:05`, or `1:02:09` from an hour on. Negative times lose their sign. */
export function makeTimer(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** `2026-02-01 09:30:07` of a simulated clock, which is kept in UTC. */
export function makeClock(clockMs: number): string {
  return new Date(clockMs).toISOString().slice(0, 19).replace('T', ' ')
}

/** An ISO instant of the wall clock as a person of that language writes it. */
export function makeWhen(instant: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant))
}
