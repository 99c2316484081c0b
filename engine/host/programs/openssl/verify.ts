/** openssl verify. Models apps/verify.c and crypto/x509/x509_vfy.c. Not modelled: CRLs, policies, partial chains. */
import { equalBytes, isSelfIssued, isSignedBy, nameText, parseCertificates } from '../../../pki/index.ts'
import type { Certificate } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { has, loadFile, OpensslError, parseArguments, queued, valueOf, valuesOf } from './command.ts'
import type { Subcommand } from './command.ts'

interface Failure {
  certificate: Certificate
  code: number
  depth: number
}

const TEXTS: Record<number, string> = {
  7: 'certificate signature failure',
  9: 'certificate is not yet valid',
  10: 'certificate has expired',
  18: 'self-signed certificate',
  19: 'self-signed certificate in certificate chain',
  20: 'unable to get local issuer certificate',
  24: 'invalid CA certificate',
}

/** A candidate must have the name, and the key identifier where both tell one. */
function mayHaveIssued(certificate: Certificate, issuer: Certificate): boolean {
  const { authorityKeyId: wanted } = certificate
  const { subjectKeyId: own } = issuer
  return (
    equalBytes(certificate.rawIssuer, issuer.rawSubject) &&
    (wanted === undefined || own === undefined || equalBytes(wanted, own))
  )
}

/** What is wrong with a chain, in the order found; empty when nothing is. */
export function verifyChain(
  leaf: Certificate,
  roots: readonly Certificate[],
  untrusted: readonly Certificate[],
  nowMs: number,
): Failure[] {
  const chain = [leaf]
  for (;;) {
    const last = chain.at(-1) as Certificate
    if (roots.some(({ der }) => equalBytes(der, last.der))) return checked(chain, nowMs)
    const parent =
      roots.find((one) => mayHaveIssued(last, one)) ??
      untrusted.find((one) => !chain.includes(one) && mayHaveIssued(last, one))
    if (parent === undefined || chain.length > 10) return [broken(chain, last), ...checked(chain, nowMs)].slice(0, 1)
    chain.push(parent)
  }
}

function broken(chain: Certificate[], last: Certificate): Failure {
  const depth = chain.length - 1
  if (!isSelfIssued(last)) return { certificate: last, code: 20, depth }
  return { certificate: last, code: depth === 0 ? 18 : 19, depth }
}

/** From the root down to the leaf. */
function checked(chain: Certificate[], nowMs: number): Failure[] {
  for (let depth = chain.length - 1; depth >= 0; depth--) {
    const certificate = chain[depth] as Certificate
    const issuer = chain[depth + 1]
    const fail = (code: number): Failure[] => [{ certificate, code, depth }]
    if (depth > 0 && certificate.version === 3 && certificate.basicConstraints?.ca !== true) return fail(24)
    if (issuer !== undefined && !isSignedBy(certificate, issuer)) return fail(7)
    if (nowMs < certificate.notBeforeMs) return fail(9)
    if (nowMs > certificate.notAfterMs) return fail(10)
  }
  return []
}

export const verify: Subcommand = function* (args, p) {
  const options = parseArguments('verify', args, {
    flags: ['verbose', 'x509_strict', 'show_chain', 'no-CAfile', 'no-CApath', 'partial_chain'],
    values: ['CAfile', 'CApath', 'untrusted', 'trusted', 'purpose', 'attime', 'verify_hostname', 'verify_ip'],
  })
  for (const name of ['CApath', 'verify_hostname', 'verify_ip', 'show_chain', 'partial_chain'])
    if (has(options, name)) throw new OpensslError(`not simulated: openssl verify -${name}\n`)
  const roots = [...(yield* trusted(p, valueOf(options, 'CAfile'))), ...(yield* all(p, valuesOf(options, 'trusted')))]
  const untrusted = yield* all(p, valuesOf(options, 'untrusted'))
  const given = valueOf(options, 'attime')
  const nowMs = given === undefined ? yield* p.now() : Number(given) * 1000
  let code = 0
  for (const path of options.rest) {
    const text = yield* loadFile(p, path, 'certificate file', 'Unable to load certificate file\n', 2)
    const [leaf] = parseCertificates(text)
    if (leaf === undefined)
      throw new OpensslError(`Could not read certificate file from ${path}\nUnable to load certificate file\n`, 2)
    const failures = verifyChain(leaf, roots, untrusted, nowMs)
    for (const { certificate, code: number, depth } of failures)
      yield* p.err(`${nameText(certificate.subject)}\nerror ${number} at ${depth} depth lookup: ${TEXTS[number]}\n`)
    if (failures.length > 0) {
      yield* p.err(`error ${path}: verification failed\n`)
      code = 2
    } else yield* p.out(`${path}: OK\n`)
  }
  return code
}

function* all(p: Proc, paths: string[]): Run<Certificate[]> {
  const certificates: Certificate[] = []
  for (const path of paths) certificates.push(...parseCertificates(yield* loadFile(p, path, 'certificates')))
  return certificates
}

function* trusted(p: Proc, path: string | undefined): Run<readonly Certificate[]> {
  if (path === undefined) return []
  const file = yield* p.readFile(path)
  if ('text' in file) return parseCertificates(file.text)
  throw new OpensslError(
    `Error loading file ${path}\n` +
      queued(
        '80000002',
        `system library:BIO_new_file:No such file or directory:../crypto/bio/bss_file.c:67:calling fopen(${path}, r)`,
      ) +
      queued('10000080', 'BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:') +
      queued(
        '05880002',
        'x509 certificate routines:X509_load_cert_crl_file_ex:system lib:../crypto/x509/by_file.c:229:',
      ),
  )
}
