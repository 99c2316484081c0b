/**
 * Whether a certificate is to be trusted, with Go's texts. Models crypto/x509 (Verify, VerifyHostname).
 * Not modelled: name constraints, policies, CRLs.
 */
import { equalBytes } from './bytes.ts'
import type { Certificate } from './certificate.ts'
import { isSignedBy } from './certificate.ts'
import { EXT_KEY_USAGES, isAddress } from './extensions.ts'
import type { ExtKeyUsage } from './extensions.ts'
import { commonNameOf, organizationsOf } from './names.ts'

export interface VerifyOptions {
  roots: readonly Certificate[]
  intermediates?: readonly Certificate[]
  nowMs: number
  /** A DNS name or an address that the certificate must be for. */
  name?: string
  usage: ExtKeyUsage
}

/** Go's RFC 3339 text of an instant in UTC, to the second. */
const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** `x509: …`, or undefined when all is well. */
export function verifyCertificate(certificate: Certificate, options: VerifyOptions): string | undefined {
  return (
    dateProblem(certificate, options.nowMs) ??
    (options.name === undefined ? undefined : nameProblem(certificate, options.name)) ??
    chainProblem(certificate, options)
  )
}

export function dateProblem({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): string | undefined {
  const expired = 'x509: certificate has expired or is not yet valid: current time'
  if (nowMs < notBeforeMs) return `${expired} ${instant(nowMs)} is before ${instant(notBeforeMs)}`
  if (nowMs > notAfterMs) return `${expired} ${instant(nowMs)} is after ${instant(notAfterMs)}`
  return undefined
}

export function nameProblem({ altNames, subject }: Certificate, name: string): string | undefined {
  if (isAddress(name)) {
    if (altNames.ips.includes(name)) return undefined
    if (altNames.ips.length === 0)
      return `x509: cannot validate certificate for ${name} because it doesn't contain any IP SANs`
    return `x509: certificate is valid for ${altNames.ips.join(', ')}, not ${name}`
  }
  if (altNames.dns.some((pattern) => matchesHost(pattern, name))) return undefined
  const legacy = altNames.dns.length + altNames.ips.length + altNames.emails.length + altNames.uris.length === 0
  if (legacy && commonNameOf(subject) !== '' && matchesHost(commonNameOf(subject), name))
    return 'x509: certificate relies on legacy Common Name field, use SANs instead'
  if (altNames.dns.length === 0) return `x509: certificate is not valid for any names, but wanted to match ${name}`
  return `x509: certificate is valid for ${altNames.dns.join(', ')}, not ${name}`
}

/** A star stands for one whole label, the first. */
export function matchesHost(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase().replace(/\.$/, '').split('.')
  const given = host.toLowerCase().replace(/\.$/, '').split('.')
  if (wanted.length !== given.length) return false
  return wanted.every((label, index) => (index === 0 && label === '*') || label === given[index])
}

interface Search extends VerifyOptions {
  /** The first candidate whose key did not fit. */
  hint?: Certificate
  /** The first other problem on the way. */
  problem?: string
}

function chainProblem(certificate: Certificate, options: VerifyOptions): string | undefined {
  const search: Search = { ...options }
  if (findsRoot(certificate, [certificate], search)) {
    const wanted: string = EXT_KEY_USAGES[options.usage]
    const allowed = certificate.extKeyUsages
    const fits =
      allowed.length === 0 || allowed.includes(wanted) || allowed.includes(EXT_KEY_USAGES.anyExtendedKeyUsage)
    return fits ? undefined : 'x509: certificate specifies an incompatible key usage'
  }
  return search.problem ?? unknownAuthority(search.hint)
}

export function unknownAuthority(hint?: Certificate): string {
  const text = 'x509: certificate signed by unknown authority'
  if (hint === undefined) return text
  const name = commonNameOf(hint.subject) || organizationsOf(hint.subject)[0] || `serial:${hint.serial}`
  const error = hint.publicKey.kind === 'rsa' ? 'crypto/rsa: verification error' : 'x509: ECDSA verification failure'
  return `${text} (possibly because of ${JSON.stringify(error)} while trying to verify candidate authority certificate ${JSON.stringify(name)})`
}

const MAX_DEPTH = 8

function findsRoot(certificate: Certificate, chain: Certificate[], search: Search): boolean {
  if (search.roots.some(({ der }) => equalBytes(der, certificate.der))) return true
  if (chain.length > MAX_DEPTH) return false
  for (const parent of parentsIn(certificate, search.roots)) if (isParent(certificate, parent, search)) return true
  for (const parent of parentsIn(certificate, search.intermediates ?? []))
    if (
      !chain.includes(parent) &&
      isParent(certificate, parent, search) &&
      findsRoot(parent, [...chain, parent], search)
    )
      return true
  return false
}

const parentsIn = ({ rawIssuer }: Certificate, pool: readonly Certificate[]): Certificate[] =>
  pool.filter(({ rawSubject }) => equalBytes(rawSubject, rawIssuer))

function isParent(certificate: Certificate, parent: Certificate, search: Search): boolean {
  if (!isSignedBy(certificate, parent)) {
    search.hint ??= parent
    return false
  }
  const problem = dateProblem(parent, search.nowMs) ?? authorityProblem(parent)
  if (problem !== undefined) search.problem ??= problem
  return problem === undefined
}

function authorityProblem({ version, basicConstraints, keyUsages }: Certificate): string | undefined {
  const notCa = version === 3 && basicConstraints?.ca !== true
  const mayNotSign = keyUsages !== undefined && !keyUsages.includes('keyCertSign')
  return notCa || mayNotSign
    ? 'x509: invalid signature: parent certificate cannot sign this kind of certificate'
    : undefined
}
