/** openssl s_client: who answers at a port and with which certificates. Models apps/s_client.c. Not modelled: talking over the connection, STARTTLS, session facts. */
import { makePem, nameText, parseCertificates, sizeOf } from '../../../pki/index.ts'
import type { Certificate } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { has, loadFile, OpensslError, parseArguments, queued, valueOf } from './command.ts'
import type { Subcommand } from './command.ts'
import { timeText } from './text.ts'
import { verifyChain } from './verify.ts'

/** What the system call `tls.peer` answers: the server's chain as PEM; empty: it speaks no TLS that is modelled. */
interface Peer {
  chain: string
}

export const sClient: Subcommand = function* (args, p) {
  const options = parseArguments('s_client', args, {
    flags: ['brief', 'showcerts', 'quiet', 'ign_eof', 'verify_return_error', 'no_ign_eof', 'tls1_2', 'tls1_3'],
    values: ['connect', 'host', 'port', 'servername', 'CAfile', 'cert', 'key', 'verify', 'verify_hostname', 'alpn'],
  })
  const target = valueOf(options, 'connect') ?? options.rest[0] ?? 'localhost:4433'
  const [host = '', port = '4433'] = target.replace(/^\[(.*)\]/, '$1').split(/:(?=\d+$)/)
  const open = yield* p.connect(host, Number(port))
  if (open !== 'open') throw new OpensslError(refusal(open))
  const { chain } = (yield* p.ask('tls.peer', { host, port: Number(port) })) as Peer
  const certificates = parseCertificates(chain)
  const [leaf] = certificates
  if (leaf === undefined) throw new OpensslError(`openssl: not simulated: TLS at ${target}\n`)
  const ca = valueOf(options, 'CAfile')
  const roots = ca === undefined ? [] : parseCertificates(yield* loadFile(p, ca, 'certificates'))
  const [failure] = verifyChain(leaf, roots, certificates.slice(1), yield* p.now())
  yield* (has(options, 'brief') ? brief : full)(p, { certificates, leaf, failure, showAll: has(options, 'showcerts') })
  return 0
}

interface Seen {
  certificates: readonly Certificate[]
  leaf: Certificate
  failure: ReturnType<typeof verifyChain>[number] | undefined
  showAll: boolean
}

const ERRORS: Record<number, string> = {
  10: 'certificate has expired',
  9: 'certificate is not yet valid',
  18: 'self-signed certificate',
  19: 'self-signed certificate in certificate chain',
  20: 'unable to get local issuer certificate',
  7: 'certificate signature failure',
}
/** Without an issuer the first certificate cannot be verified either, and that is the last word. */
const finalOf = (code: number): { code: number; text: string } =>
  code === 20 ? { code: 21, text: 'unable to verify the first certificate' } : { code, text: ERRORS[code] ?? '' }

function* told(p: Proc, { certificates, failure, leaf }: Seen): Run<void> {
  const depth = failure?.depth ?? certificates.length - 1
  yield* p.err(`depth=${depth} ${nameText((failure?.certificate ?? certificates[depth] ?? leaf).subject)}\n`)
  if (failure === undefined) return yield* p.err('verify return:1\n')
  yield* p.err(`verify error:num=${failure.code}:${ERRORS[failure.code] ?? ''}\n`)
  if (failure.code === 10) yield* p.err(`notAfter=${timeText(failure.certificate.notAfterMs)}\n`)
  yield* p.err('verify return:1\n')
}

function* brief(p: Proc, seen: Seen): Run<void> {
  const { leaf, failure } = seen
  if (failure !== undefined) yield* told(p, seen)
  yield* p.err(
    `CONNECTION ESTABLISHED\nProtocol version: TLSv1.3\nCiphersuite: TLS_AES_128_GCM_SHA256\nPeer certificate: ${nameText(leaf.subject)}\nHash used: SHA256\nSignature type: RSA-PSS\n${failure === undefined ? 'Verification: OK' : `Verification error: ${finalOf(failure.code).text}`}\nServer Temp Key: X25519, 253 bits\n`,
  )
}

function* full(p: Proc, seen: Seen): Run<void> {
  const { certificates, leaf, failure, showAll } = seen
  yield* told(p, seen)
  const shown = certificates
    .map((one, i) => {
      const key = `   a:PKEY: rsaEncryption, ${sizeOf(one.publicKey)} (bit); sigalg: RSA-SHA256\n`
      const dates = `   v:NotBefore: ${timeText(one.notBeforeMs)}; NotAfter: ${timeText(one.notAfterMs)}\n`
      const pem = showAll ? makePem('CERTIFICATE', one.der) : ''
      return ` ${i} s:${nameText(one.subject)}\n   i:${nameText(one.issuer)}\n${key}${dates}${pem}`
    })
    .join('')
  const verdict = failure === undefined ? { code: 0, text: 'ok' } : finalOf(failure.code)
  const own = showAll ? '' : makePem('CERTIFICATE', leaf.der)
  yield* p.out(
    `CONNECTED(00000003)\n---\nCertificate chain\n${shown}---\nServer certificate\n${own}subject=${nameText(leaf.subject)}\nissuer=${nameText(leaf.issuer)}\n---\nNew, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256\nServer public key is ${sizeOf(leaf.publicKey)} bit\nSecure Renegotiation IS NOT supported\nCompression: NONE\nExpansion: NONE\nNo ALPN negotiated\nEarly data was not sent\nVerify return code: ${verdict.code} (${verdict.text})\n---\n`,
  )
  yield* p.readAll()
  yield* p.err('DONE\n')
}

function refusal(why: 'refused' | 'timeout' | 'unreachable'): string {
  const [code, reason, number] =
    why === 'refused'
      ? ['8000006F', 'Connection refused', 111]
      : why === 'timeout'
        ? ['8000006E', 'Connection timed out', 110]
        : ['80000071', 'No route to host', 113]
  return (
    queued(String(code), `system library:BIO_connect:${reason}:../crypto/bio/bio_sock2.c:125:calling connect()`) +
    queued('10000067', 'BIO routines:BIO_connect:connect error:../crypto/bio/bio_sock2.c:127:') +
    `connect:errno=${number}\n`
  )
}
