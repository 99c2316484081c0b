/** Removes requests that are over. Models pkg/controller/certificates/cleaner/cleaner.go (T11). */
import type { CertificateSigningRequest } from '../../objects/types.gen.ts'
import { parseCertificate } from '../../pki/index.ts'
import type { Controller, Write } from '../controller.ts'
import { REQUESTS } from '../shared/signing-requests.ts'

type Csr = CertificateSigningRequest

const HOUR_MS = 3_600_000
const POLL_MS = HOUR_MS
/** approvedExpiration, deniedExpiration, failedExpiration */
const DECIDED_MS = HOUR_MS
/** pendingExpiration */
const PENDING_MS = 24 * HOUR_MS

export const csrCleaner: Controller = {
  name: 'csrcleaner',
  watches: [{ resource: REQUESTS, keys: () => [] }],
  ticks: [{ key: 'clean', everyMs: POLL_MS }],
  reconcile(context): Write[] {
    return context
      .cache<Csr>(REQUESTS)
      .list()
      .filter((csr) => isOver(csr, context.nowMs))
      .map(({ metadata: { name } }) => ({ verb: 'delete', resource: REQUESTS, name }))
  },
}

/** Conditions count from their last update; a condition without one counts from never. */
function isOver(csr: Csr, nowMs: number): boolean {
  const conditions = csr.status?.conditions ?? []
  const isPast = (time: string | null | undefined, afterMs: number): boolean =>
    time !== undefined && time !== null && nowMs - Date.parse(time) > afterMs
  if (hasExpired(csr, nowMs)) return true
  if (conditions.some(({ lastUpdateTime }) => isPast(lastUpdateTime, DECIDED_MS))) return true
  return conditions.length === 0 && isPast(csr.metadata.creationTimestamp, PENDING_MS)
}

function hasExpired({ status }: Csr, nowMs: number): boolean {
  const issued = status?.certificate
  if (!issued) return false
  const certificate = parseCertificate(atob(issued))
  return certificate !== undefined && nowMs > certificate.notAfterMs
}
