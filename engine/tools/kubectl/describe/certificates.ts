/** CertificateSigningRequests. Models kubectl/pkg/describe (CertificateSigningRequestDescriber). */
import { commonNameOf, parseRequest, valuesOf } from '../../../pki/index.ts'
import type { CertificateSigningRequest } from '../../../objects/types.gen.ts'
import { humanDuration } from '../../../objects/duration.ts'
import { CommandError } from '../errors.ts'
import type { Describer } from './describer.ts'
import { timeText } from './writer.ts'
import type { Writer } from './writer.ts'

const SERIAL_NUMBER = '2.5.4.5'
/** Parts of a name in the order shown, by type. */
const PARTS: [string, string][] = [
  ['Organization', '2.5.4.10'],
  ['Organizational Unit', '2.5.4.11'],
  ['Country', '2.5.4.6'],
  ['Locality', '2.5.4.7'],
  ['Province', '2.5.4.8'],
  ['StreetAddress', '2.5.4.9'],
  ['PostalCode', '2.5.4.17'],
]

const pairsText = (pairs: Record<string, string> | undefined): string => {
  const keys = Object.keys(pairs ?? {}).sort()
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${pairs?.[key]}`).join(',')
}

function list(w: Writer, title: string, values: readonly string[]): void {
  if (values.length > 0) w.line(0, `\t${title}:\t${values.join('\n\t\t')}`)
}

function statusOf({ status }: CertificateSigningRequest): string {
  const types = (status?.conditions ?? []).map(({ type }) => type)
  const word = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'
  return `${word}${types.includes('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`
}

export const certificateDescriber: Describer = {
  kinds: ['CertificateSigningRequest.certificates.k8s.io'],
  *lines(w, object) {
    const csr = object as unknown as CertificateSigningRequest
    const { metadata, spec } = csr
    const request = parseRequest(atob(spec?.request ?? ''))
    if (request === undefined) throw new CommandError('error parsing CSR: PEM block type must be CERTIFICATE REQUEST')
    w.field('Name', metadata.name)
    w.field('Labels', pairsText(metadata.labels))
    w.field('Annotations', pairsText(metadata.annotations))
    w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
    w.field('Requesting User', spec?.username ?? '')
    w.optional('Signer', spec?.signerName)
    if (spec?.expirationSeconds !== undefined)
      w.field('Requested Duration', humanDuration(spec.expirationSeconds * 1000))
    w.field('Status', statusOf(csr))
    w.line(0, 'Subject:')
    w.line(0, `\tCommon Name:\t${commonNameOf(request.subject)}`)
    w.line(0, `\tSerial Number:\t${valuesOf(request.subject, SERIAL_NUMBER).at(-1) ?? ''}`)
    for (const [title, type] of PARTS) list(w, title, valuesOf(request.subject, type))
    const { dns, emails, uris, ips } = request.altNames
    if (dns.length + emails.length + uris.length + ips.length === 0) return
    w.line(0, 'Subject Alternative Names:')
    list(w, 'DNS Names', dns)
    list(w, 'Email Addresses', emails)
    list(w, 'URIs', uris)
    list(w, 'IP Addresses', ips)
  },
}
