/** openssl req. Models apps/req.c. Not modelled: questions for the subject, DER, templates of openssl.cnf but for [req]. */
import {
  isSelfSigned,
  keyIdOf,
  makeKeyPem,
  makeName,
  makePublicKeyPem,
  makeRequest,
  nameText,
} from '../../../pki/index.ts'
import { parseRequest, publicPartOf } from '../../../pki/index.ts'
import type { CertificateRequest, Extension, Name, PrivateKey } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { daysOf, has, openFile, OpensslError, parseArguments, put, queued, valueOf, valuesOf } from './command.ts'
import type { Arguments, Subcommand } from './command.ts'
import { issue, randomSerial } from './issue.ts'
import { DOTS, loadKey, modulusText, newEcKey, newRsaKey } from './keys.ts'
import { entryOf, extensionsOf, makeExtension, parseConfig, parseSubject, subjectOf } from './names.ts'
import type { ExtensionContext, Sections } from './names.ts'
import { requestText } from './text.ts'

const SPEC = {
  flags: [
    'new',
    'x509',
    'nodes',
    'noenc',
    'noout',
    'text',
    'verify',
    'pubkey',
    'subject',
    'modulus',
    'batch',
    'utf8',
    'verbose',
    'sha256',
    'sha384',
    'sha512',
    'multivalue-rdn',
  ],
  values: [
    'in',
    'out',
    'key',
    'keyout',
    'newkey',
    'subj',
    'days',
    'addext',
    'config',
    'extensions',
    'reqexts',
    'set_serial',
    'nameopt',
    'pkeyopt',
    'inform',
    'outform',
    'CA',
    'CAkey',
    'passin',
    'passout',
  ],
}

export const req: Subcommand = function* (args, p) {
  const options = parseArguments('req', args, SPEC)
  const isNew = ['new', 'x509', 'newkey'].some((name) => has(options, name))
  return isNew ? yield* makeNew(p, options) : yield* show(p, options)
}

/** Reads a request. Throws OpensslError. */
export function* loadRequest(p: Proc, path: string | undefined, ending: string): Run<CertificateRequest> {
  const text = yield* openFile(p, path, ending)
  const request = parseRequest(text)
  if (request !== undefined) return request
  const none = queued(
    '0480006C',
    'PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:760:Expecting: CERTIFICATE REQUEST',
  )
  throw new OpensslError(`${ending}${none}`)
}

function* show(p: Proc, options: Arguments): Run<number> {
  const request = yield* loadRequest(p, valueOf(options, 'in'), 'Unable to load X509 request\n')
  return yield* print(p, options, request, yield* verified(p, options, request))
}

function* verified(p: Proc, options: Arguments, request: CertificateRequest): Run<number> {
  if (!has(options, 'verify')) return 0
  const good = isSelfSigned(request)
  yield* p.err(`Certificate request self-signature verify ${good ? 'OK' : 'failure'}\n`)
  return good ? 0 : 1
}

function* print(p: Proc, options: Arguments, request: CertificateRequest, code: number, made = ''): Run<number> {
  const out = valueOf(options, 'out')
  let text = ''
  if (has(options, 'pubkey')) text += makePublicKeyPem(request.publicKey)
  if (has(options, 'text')) text += requestText(request)
  if (has(options, 'subject')) text += `subject=${subjectText(request.subject, valueOf(options, 'nameopt'))}\n`
  if (has(options, 'modulus')) text += modulusText(request.publicKey)
  if (!has(options, 'noout')) text += made === '' ? yield* openFile(p, valueOf(options, 'in'), '') : made
  if (text !== '' || out !== undefined) yield* put(p, out, text)
  return code
}

/** `-nameopt RFC2253` turns the order round and leaves out spaces. */
export function subjectText(name: Name, option: string | undefined): string {
  if (option?.toUpperCase() !== 'RFC2253') return nameText(name)
  return nameText([...name].reverse(), '=', ',', '+')
}

function* configOf(p: Proc, options: Arguments): Run<Sections> {
  const path = valueOf(options, 'config')
  return path === undefined ? new Map() : parseConfig(yield* openFile(p, path, ''))
}

function* makeNew(p: Proc, options: Arguments): Run<number> {
  const sections = yield* configOf(p, options)
  const key = yield* keyOf(p, options, sections)
  const subject = yield* subjectFor(p, options, sections)
  const keyId = keyIdOf(publicPartOf(key))
  const context: ExtensionContext = { sections, subjectKeyId: keyId, issuerKeyId: keyId }
  const added = valuesOf(options, 'addext').flatMap((pair): Extension[] => {
    const equals = pair.indexOf('=')
    return [makeExtension(pair.slice(0, equals).trim(), pair.slice(equals + 1), context) ?? []].flat()
  })
  if (has(options, 'x509')) return yield* selfSigned(p, options, { key, subject, added, context })
  const named =
    valueOf(options, 'reqexts') ?? valueOf(options, 'extensions') ?? entryOf(sections, 'req', 'req_extensions')
  const fromFile = extensionsOf(sections.get(named ?? '') ?? [], context)
  const text = makeRequest(makeName(subject, 'openssl'), key, merged(fromFile, added))
  return yield* print(p, options, parseRequest(text) as CertificateRequest, 0, text)
}

/** What is added takes the place of the same in the file. */
const merged = (base: Extension[], added: Extension[]): Extension[] => [
  ...base.filter(({ id }) => !added.some((one) => one.id === id)),
  ...added,
]

interface SelfSigning {
  key: PrivateKey
  subject: Name
  added: Extension[]
  context: ExtensionContext
}

/** The extensions of Debian's openssl.cnf: v3_ca. */
const DEFAULT_CA: [string, string][] = [
  ['subjectKeyIdentifier', 'hash'],
  ['authorityKeyIdentifier', 'keyid:always,issuer'],
  ['basicConstraints', 'critical,CA:true'],
]

function* selfSigned(p: Proc, options: Arguments, { key, subject, added, context }: SelfSigning): Run<number> {
  const named = valueOf(options, 'extensions') ?? entryOf(context.sections, 'req', 'x509_extensions')
  const section = named === undefined ? undefined : context.sections.get(named)
  const given = valueOf(options, 'set_serial')
  const text = yield* issue(p, {
    serial: given === undefined ? yield* randomSerial(p) : BigInt(given),
    subject: makeName(subject, 'openssl'),
    publicKey: publicPartOf(key),
    days: daysOf('req', options),
    extensions: merged(extensionsOf(section ?? (has(options, 'config') ? [] : DEFAULT_CA), context), added),
    key,
  })
  yield* put(p, valueOf(options, 'out'), has(options, 'noout') ? '' : text)
  return 0
}

function* keyOf(p: Proc, options: Arguments, sections: Sections): Run<PrivateKey> {
  const path = valueOf(options, 'key')
  if (path !== undefined) return yield* loadKey(p, path)
  const [algorithm = 'rsa', size] = (valueOf(options, 'newkey') ?? 'rsa').split(':')
  const curve = valuesOf(options, 'pkeyopt').find((one) => one.startsWith('ec_paramgen_curve:'))
  const key =
    algorithm === 'ec'
      ? yield* newEcKey(p, curve?.split(':')[1] ?? '')
      : yield* newRsaKey(p, Number(size ?? entryOf(sections, 'req', 'default_bits') ?? 2048))
  if (!has(options, 'nodes') && !has(options, 'noenc') && entryOf(sections, 'req', 'encrypt_key') !== 'no')
    throw new OpensslError('not simulated: keys with a passphrase; add -nodes\n')
  if (algorithm !== 'ec') yield* p.err(DOTS + DOTS)
  yield* p.err('-----\n')
  yield* put(
    p,
    valueOf(options, 'keyout') ?? entryOf(sections, 'req', 'default_keyfile') ?? 'privkey.pem',
    makeKeyPem(key),
    0o600,
  )
  return key
}

function* subjectFor(p: Proc, options: Arguments, sections: Sections): Run<Name> {
  const given = valueOf(options, 'subj')
  if (given !== undefined) {
    const warnings: string[] = []
    const name = parseSubject('req', given, (line) => void warnings.push(line))
    if (warnings.length > 0) yield* p.err(warnings.join(''))
    return name
  }
  const section = sections.get(entryOf(sections, 'req', 'distinguished_name') ?? '')
  if (section !== undefined && entryOf(sections, 'req', 'prompt') === 'no') return subjectOf(section)
  throw new OpensslError('not simulated: asking for the subject; give it with -subj\n')
}
