/** Who may talk to the trainer: pages that it served itself, by a name that it is known by. */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])

export const isLoopback = (host: string): boolean => LOOPBACK.has(host) || host.startsWith('127.')

/** The name in a Host header, without the port. */
function nameOf(host: string): string {
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : (host.split(':')[0] ?? '')
}

/**
 * A server on loopback answers to loopback names only: a page of another site that points its own name
 * here (DNS rebinding) gets nothing.
 */
export function hostAllowed(header: string | undefined, boundTo: string): boolean {
  if (!isLoopback(boundTo)) return true
  return header !== undefined && isLoopback(nameOf(header))
}

/** A request that names its origin must come from the page that this very address served. */
export function originAllowed(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true
  try {
    return new URL(origin).host === host
  } catch {
    return false
  }
}
