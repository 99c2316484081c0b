/** genrsa, genpkey, ecparam, rsa, ec, pkey. Models apps/{genrsa,genpkey,ecparam,rsa,ec,pkey}.c. Not modelled: passphrases, DER files, sizes other than 2048 bits. */
import { ecFromRandom, ecSeedBytes, makeCurvePem, makeKeyPem, makePublicKeyPem } from '../../../pki/index.ts'
import { makeTraditionalKeyPem, parseKeyPem, parsePublicKeyPem, poolKey, publicPartOf } from '../../../pki/index.ts'
import { makePublicKeyDer } from '../../../pki/index.ts'
import type { Curve, PrivateKey, PublicKey, RsaPrivateKey } from '../../../pki/index.ts'
import type { Proc, Run } from '../../process.ts'
import { has, loadFile, OpensslError, parseArguments, put, queued, randomBytes, valueOf, valuesOf } from './command.ts'
import type { Arguments, Subcommand } from './command.ts'
import { privateKeyText, publicKeyText } from './text.ts'

/** The next key of the cluster's pool. */
export function* newRsaKey(p: Proc, bits: number): Run<RsaPrivateKey> {
  if (bits < 512)
    throw new OpensslError(
      `Error setting RSA length\n${queued('1C8000AB', 'Provider routines:rsa_gen_set_params:key size too small:../providers/implementations/keymgmt/rsa_kmgmt.c:509:')}`,
    )
  if (bits !== 2048 && bits !== 3072 && bits !== 4096)
    throw new OpensslError(`not simulated: RSA keys of ${bits} bits\n`)
  return poolKey((yield* p.ask('pki.key')) as number)
}

export const genrsa: Subcommand = function* (args, p) {
  const options = parseArguments('genrsa', args, {
    flags: ['traditional', 'verbose', '3', 'F4', 'f4'],
    values: ['out', 'rand', 'writerand', 'primes', 'passout'],
  })
  const [bits = '2048'] = options.rest
  if (!/^\d+$/.test(bits)) throw new OpensslError(`genrsa: Can't parse "${bits}" as a number\n`)
  const key = yield* newRsaKey(p, Number(bits))
  const text = has(options, 'traditional') ? makeTraditionalKeyPem(key) : makeKeyPem(key)
  yield* put(p, valueOf(options, 'out'), text, 0o600)
  return 0
}

const CURVE_NAMES: Record<string, Curve> = {
  prime256v1: 'P-256',
  secp256r1: 'P-256',
  'P-256': 'P-256',
  secp384r1: 'P-384',
  'P-384': 'P-384',
  secp521r1: 'P-521',
  'P-521': 'P-521',
}

export function* newEcKey(p: Proc, name: string): Run<PrivateKey> {
  const curve = CURVE_NAMES[name]
  if (curve === undefined) throw new OpensslError(`not simulated: the curve ${name}\n`)
  return ecFromRandom(curve, yield* randomBytes(p, ecSeedBytes(curve)))
}

/** What key generation shows while it looks for primes. */
export const DOTS = `${'.'.repeat(27)}+${'.'.repeat(12)}+++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++*\n`

export const genpkey: Subcommand = function* (args, p) {
  const options = parseArguments('genpkey', args, {
    flags: ['genparam', 'text', 'quiet'],
    values: ['out', 'algorithm', 'pkeyopt', 'outform', 'paramfile'],
  })
  const settings = new Map(
    valuesOf(options, 'pkeyopt').map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]),
  )
  const algorithm = (valueOf(options, 'algorithm') ?? '').toUpperCase()
  const key = yield* newKey(p, algorithm, settings)
  if (algorithm === 'RSA' && !has(options, 'quiet')) yield* p.err(DOTS + DOTS)
  yield* put(p, valueOf(options, 'out'), makeKeyPem(key), 0o600)
  if (has(options, 'text')) yield* p.out(privateKeyText(key))
  return 0
}

function* newKey(p: Proc, algorithm: string, settings: Map<string, string>): Run<PrivateKey> {
  if (algorithm === '') throw new OpensslError('genpkey: Option -algorithm needs a value\n')
  if (algorithm === 'RSA') return yield* newRsaKey(p, Number(settings.get('rsa_keygen_bits') ?? 2048))
  if (algorithm === 'EC') return yield* newEcKey(p, settings.get('ec_paramgen_curve') ?? '')
  throw new OpensslError(`not simulated: keys of algorithm ${algorithm}\n`)
}

export const ecparam: Subcommand = function* (args, p) {
  const options = parseArguments('ecparam', args, {
    flags: ['genkey', 'noout', 'list_curves', 'text', 'check'],
    values: ['name', 'out', 'in', 'conv_form', 'param_enc'],
  })
  if (has(options, 'list_curves')) {
    yield* p.out(
      '  secp384r1 : NIST/SECG curve over a 384 bit prime field\n  secp521r1 : NIST/SECG curve over a 521 bit prime field\n  prime256v1: X9.62/SECG curve over a 256 bit prime field\n',
    )
    return 0
  }
  const name = valueOf(options, 'name') ?? ''
  const curve = CURVE_NAMES[name]
  if (curve === undefined)
    throw new OpensslError(name === '' ? 'not simulated: ecparam without -name\n' : `unknown curve name (${name})\n`)
  const parameters = has(options, 'noout') ? '' : makeCurvePem(curve)
  const key = has(options, 'genkey') ? makeTraditionalKeyPem(yield* newEcKey(p, name)) : ''
  yield* put(p, valueOf(options, 'out'), parameters + key, key === '' ? undefined : 0o600)
  return 0
}

/** Reads a private key. Throws OpensslError. */
export function* loadKey(p: Proc, path: string, what = 'private key', ending = ''): Run<PrivateKey> {
  const key = parseKeyPem(yield* loadFile(p, path, what, ending))
  if (key !== undefined) return key
  throw new OpensslError(`Could not read ${what} from ${path}\n${ending}`)
}

const KEY_SPEC = {
  flags: ['noout', 'text', 'pubin', 'pubout', 'check', 'modulus', 'traditional', 'RSAPublicKey_out', 'RSAPublicKey_in'],
  values: ['in', 'out', 'inform', 'outform', 'passin', 'passout'],
}

function keyCommand(command: string, writing: string): Subcommand {
  return function* (args, p) {
    const options = parseArguments(command, args, KEY_SPEC)
    if (has(options, 'pubin')) return yield* publicKey(p, options, writing)
    if (command === 'ec') yield* p.err('read EC key\n')
    const path = valueOf(options, 'in')
    const text = path === undefined ? yield* p.readAll() : yield* loadFile(p, path, 'private key')
    const key = parseKeyPem(text)
    if (key === undefined) throw new OpensslError(`Could not read private key from ${path ?? '<stdin>'}\n`)
    if (has(options, 'text')) yield* p.out(privateKeyText(key))
    if (has(options, 'modulus')) yield* p.out(modulusText(key))
    if (has(options, 'check')) yield* p.out(command === 'pkey' ? 'Key is valid\n' : 'RSA key ok\n')
    if (has(options, 'noout')) return 0
    if (writing !== '') yield* p.err(writing)
    const asOld = has(options, 'traditional') || (command === 'ec' && key.kind === 'ec')
    const whole = asOld ? makeTraditionalKeyPem(key) : makeKeyPem(key)
    const isPublic = has(options, 'pubout')
    yield* put(
      p,
      valueOf(options, 'out'),
      isPublic ? makePublicKeyPem(publicPartOf(key)) : whole,
      isPublic ? undefined : 0o600,
    )
    return 0
  }
}

export function modulusText(key: PublicKey): string {
  return key.kind === 'rsa'
    ? `Modulus=${key.n.toString(16).toUpperCase()}\n`
    : 'Modulus=No modulus for this public key type\n'
}

function* publicKey(p: Proc, options: Arguments, writing: string): Run<number> {
  const path = valueOf(options, 'in')
  const text = path === undefined ? yield* p.readAll() : yield* loadFile(p, path, 'public key')
  const key = parsePublicKeyPem(text)
  if (key === undefined) throw new OpensslError(`Could not read public key from ${path ?? '<stdin>'}\n`)
  if (has(options, 'text')) yield* p.out(publicKeyText(key))
  if (has(options, 'modulus')) yield* p.out(modulusText(key))
  if (has(options, 'noout')) return 0
  if (writing !== '') yield* p.err(writing)
  if (valueOf(options, 'outform')?.toUpperCase() === 'DER')
    yield* put(p, valueOf(options, 'out'), binaryText(makePublicKeyDer(key)))
  else yield* put(p, valueOf(options, 'out'), makePublicKeyPem(key))
  return 0
}

/** Bytes in a stream of text: each a letter of Latin-1. */
export const binaryText = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

export const rsa = keyCommand('rsa', 'writing RSA key\n')
export const ec = keyCommand('ec', 'writing EC key\n')
export const pkey = keyCommand('pkey', '')
