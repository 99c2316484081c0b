/** openssl x509. Models apps/x509.c. Not modelled: DER, CRLs, trust settings, -purpose, subject hashes. */
import { fromBigInt, HASHES, keyIdOf, makePem, makePublicKeyPem, parseCertificate } from '../../../pki/index.ts'
import {
  isSelfSigned,
  nameText,
  publicPartOf,
  samePublicKey,
  toHex,
  valuesOf as attributesOf,
} from '../../../pki/index.ts'
import type { Certificate, Extension, HashName, PrivateKey } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { daysOf, has, loadFile, OpensslError, openFile, parseArguments, put, queued, valueOf } from './command.ts'
import type { Arguments, Subcommand } from './command.ts'
import { issue, randomSerial } from './issue.ts'
import { loadKey, modulusText } from './keys.ts'
import { extensionsOf, parseConfig } from './names.ts'
import type { Sections } from './names.ts'
import { loadRequest, subjectText } from './req.ts'
import { certificateText, colons, EXTENSION_NAMES, extensionsText, timeText } from './text.ts'

const SHOWN = [
  'text',
  'subject',
  'issuer',
  'dates',
  'startdate',
  'enddate',
  'serial',
  'fingerprint',
  'pubkey',
  'modulus',
  'email',
]
const SPEC = {
  flags: [
    ...SHOWN,
    'noout',
    'req',
    'CAcreateserial',
    'clrext',
    'sha1',
    'sha256',
    'sha384',
    'sha512',
    'purpose',
    'hash',
    'subject_hash',
    'issuer_hash',
    'ocspid',
    'alias',
    'ocsp_uri',
  ],
  values: [
    'in',
    'out',
    'CA',
    'CAkey',
    'CAserial',
    'days',
    'extfile',
    'extensions',
    'set_serial',
    'signkey',
    'key',
    'checkend',
    'ext',
    'nameopt',
    'inform',
    'outform',
    'copy_extensions',
    'certopt',
    'checkhost',
    'checkip',
    'subj',
    'passin',
  ],
}
const NOT_SIMULATED = [
  'purpose',
  'hash',
  'subject_hash',
  'issuer_hash',
  'ocspid',
  'alias',
  'ocsp_uri',
  'checkhost',
  'checkip',
  'subj',
]

const UNREADABLE = 'Unable to load certificate\n'

export const x509: Subcommand = function* (args, p) {
  const options = parseArguments('x509', args, SPEC)
  const unknown = NOT_SIMULATED.find((name) => has(options, name))
  if (unknown !== undefined) throw new OpensslError(`not simulated: openssl x509 -${unknown}\n`)
  const text = has(options, 'req') ? yield* sign(p, options) : yield* load(p, valueOf(options, 'in'))
  return yield* show(p, options, parseCertificate(text) as Certificate)
}

function* load(p: Proc, path: string | undefined): Run<string> {
  const text = path === undefined ? yield* p.readAll() : yield* loadFile(p, path, 'certificate', UNREADABLE)
  if (parseCertificate(text) !== undefined) return text
  throw new OpensslError(`Could not read certificate from ${path ?? '<stdin>'}\n${UNREADABLE}`)
}

function* show(p: Proc, options: Arguments, certificate: Certificate): Run<number> {
  const hash = options.given.map(([name]) => name).find((name): name is HashName => name in HASHES)
  let text = ''
  for (const [name, value] of options.given) {
    if (name === 'ext') {
      const shown = extensionText(certificate, value)
      if (shown === '') yield* p.err('No extensions in certificate\n')
      text += shown
    } else if (SHOWN.includes(name))
      text += PRINTERS[name]?.(certificate, { hash, nameopt: valueOf(options, 'nameopt') }) ?? ''
  }
  const seconds = valueOf(options, 'checkend')
  const expires = seconds !== undefined && (yield* p.now()) + Number(seconds) * 1000 > certificate.notAfterMs
  if (seconds !== undefined) text += expires ? 'Certificate will expire\n' : 'Certificate will not expire\n'
  if (!has(options, 'noout') && seconds === undefined) text += makePem('CERTIFICATE', certificate.der)
  if (text !== '' || has(options, 'out')) yield* put(p, valueOf(options, 'out'), text)
  return expires ? 1 : 0
}

interface Style {
  hash: HashName | undefined
  nameopt: string | undefined
}

const startText = ({ notBeforeMs }: Certificate): string => `notBefore=${timeText(notBeforeMs)}\n`
const endText = ({ notAfterMs }: Certificate): string => `notAfter=${timeText(notAfterMs)}\n`

const PRINTERS: Record<string, (certificate: Certificate, style: Style) => string> = {
  text: certificateText,
  subject: ({ subject }, { nameopt }) => `subject=${subjectText(subject, nameopt)}\n`,
  issuer: ({ issuer }, { nameopt }) => `issuer=${subjectText(issuer, nameopt)}\n`,
  dates: (certificate) => startText(certificate) + endText(certificate),
  startdate: startText,
  enddate: endText,
  serial: ({ serial }) => `serial=${toHex(fromBigInt(serial)).toUpperCase()}\n`,
  fingerprint: ({ der }, { hash }) =>
    `${hash === undefined ? 'SHA1' : hash} Fingerprint=${colons(HASHES[hash ?? 'sha1'](der))}\n`,
  pubkey: ({ publicKey }) => makePublicKeyPem(publicKey),
  modulus: ({ publicKey }) => modulusText(publicKey),
  email: ({ subject, altNames }) =>
    [...attributesOf(subject, '1.2.840.113549.1.9.1'), ...altNames.emails].map((one) => `${one}\n`).join(''),
}

function extensionText({ extensions }: Certificate, names: string): string {
  const wanted = names.split(',').map((name) => EXTENSION_NAMES[name.trim()])
  const found = extensions.filter(({ id }) => wanted.includes(id))
  return extensionsText(found, 0)
}

/** x509 -req: a request becomes a certificate, signed by a CA or by its own key. */
function* sign(p: Proc, options: Arguments): Run<string> {
  const request = yield* loadRequest(p, valueOf(options, 'in'), 'Unable to load certificate request input\n')
  if (!isSelfSigned(request)) throw new OpensslError('Certificate request self-signature did not match the contents\n')
  yield* p.err(`Certificate request self-signature ok\nsubject=${nameText(request.subject)}\n`)
  const { ca, key } = yield* signerOf(p, options)
  if (ca !== undefined && !samePublicKey(ca.publicKey, publicPartOf(key)))
    throw new OpensslError(
      `CA certificate and CA private key do not match\n${queued('05800074', 'x509 certificate routines:X509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:403:')}`,
    )
  const issuerKeyId = ca === undefined ? keyIdOf(request.publicKey) : (ca.subjectKeyId ?? keyIdOf(ca.publicKey))
  const extensions = yield* extensionsFor(p, options, {
    subjectKeyId: keyIdOf(request.publicKey),
    issuerKeyId,
    requested: request.extensions,
  })
  return yield* issue(p, {
    serial: yield* serialFor(p, options),
    subject: request.rawSubject,
    publicKey: request.publicKey,
    days: daysOf('x509', options),
    extensions,
    key,
    ...(ca !== undefined && { ca }),
  })
}

function* signerOf(p: Proc, options: Arguments): Run<{ ca?: Certificate; key: PrivateKey }> {
  const own = valueOf(options, 'signkey') ?? valueOf(options, 'key')
  if (own !== undefined) return { key: yield* loadKey(p, own) }
  const path = valueOf(options, 'CA')
  if (path === undefined) throw new OpensslError('We need a private key to sign with\n')
  const text = yield* loadFile(p, path, 'CA certificate')
  const ca = parseCertificate(text)
  if (ca === undefined) throw new OpensslError(`Could not read CA certificate from ${path}\n`)
  return { ca, key: yield* loadKey(p, valueOf(options, 'CAkey') ?? path, 'CA private key') }
}

interface Wanted {
  subjectKeyId: Uint8Array
  issuerKeyId: Uint8Array
  requested: Extension[]
}

/** From -extfile: the section asked for, the one that `extensions` names, or what stands before all sections. */
function* extensionsFor(p: Proc, options: Arguments, { requested, ...context }: Wanted): Run<Extension[]> {
  const copied = ['copy', 'copyall'].includes(valueOf(options, 'copy_extensions') ?? '') ? requested : []
  const path = valueOf(options, 'extfile')
  if (path === undefined) return copied
  const sections: Sections = parseConfig(yield* openFile(p, path, ''))
  const named = valueOf(options, 'extensions') ?? sections.get('')?.find(([name]) => name === 'extensions')?.[1] ?? ''
  const section = sections.get(named)
  if (section === undefined) throw new OpensslError(`Error checking extension section ${named}\n`)
  const made = extensionsOf(section, { sections, ...context })
  return [...copied.filter(({ id }) => !made.some((one) => one.id === id)), ...made]
}

function* serialFor(p: Proc, options: Arguments): Run<bigint> {
  const given = valueOf(options, 'set_serial')
  if (given !== undefined) return BigInt(given)
  const ca = valueOf(options, 'CA')
  const path = valueOf(options, 'CAserial') ?? ca?.replace(/\.[^./]*$/, '').concat('.srl')
  if (path === undefined) return yield* randomSerial(p)
  const file = yield* p.readFile(path)
  const known = 'text' in file ? file.text.trim() : ''
  if (known === '' && !has(options, 'CAcreateserial')) return yield* randomSerial(p)
  const serial = known === '' ? yield* randomSerial(p) : BigInt(`0x${known}`) + 1n
  yield* put(p, path, `${toHex(fromBigInt(serial)).toUpperCase()}\n`)
  return serial
}
