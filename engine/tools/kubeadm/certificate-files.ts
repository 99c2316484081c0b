/** Keys and certificates made and kept as files. Models cmd/kubeadm/app/phases/certs/certs.go and util/pkiutil (P7). */
import type { Proc, Run } from '../../host/process.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import {
  commonNameOf,
  draftOf,
  ecFromRandom,
  ecSeedBytes,
  goName,
  makePublicKeyPem,
  makeRequest,
  makeTraditionalKeyPem,
  organizationsOf,
  parseCertificate,
  parseKeyPem,
  poolKey,
  publicPartOf,
  samePublicKey,
  selfSigner,
  signCertificate,
  signerOf,
} from '../../pki/index.ts'
import { altNamesExtension, extKeyUsageExtension, EXT_KEY_USAGES, keyUsageExtension, makeName } from '../../pki/index.ts' // prettier-ignore
import type { Certificate, PrivateKey, Signer } from '../../pki/index.ts'
import type { AuthoritySpec, LeafSubject } from './artifacts/certificates.ts'
import type { ClusterConfiguration } from './config/types.ts'
import { KubeadmError, notSimulated } from './errors.ts'
import { errnoText, randomBytes, readText, write } from './session.ts'

/** kubeadm dates certificates back by five minutes. */
const BACKDATE_MS = 300_000
const KEY_MODE = 0o600
const CERTIFICATE_MODE = 0o644

export interface KeyPair {
  certificate: Certificate
  key: PrivateKey
  certificatePem: string
  keyPem: string
}

export type KeySettings = Pick<
  ClusterConfiguration,
  'encryptionAlgorithm' | 'certificateValidityPeriod' | 'caCertificateValidityPeriod'
>

/** A new key of the configured algorithm. */
export function* newKey(p: Proc, algorithm = 'RSA-2048'): Run<PrivateKey> {
  if (algorithm === 'RSA-2048') return poolKey(Number(yield* p.ask('pki.key')))
  const curve = ({ 'ECDSA-P256': 'P-256', 'ECDSA-P384': 'P-384' } as const)[algorithm]
  if (curve === undefined) throw notSimulated(`keys of algorithm ${algorithm}`)
  return ecFromRandom(curve, yield* randomBytes(p, ecSeedBytes(curve)))
}

function* serial(p: Proc): Run<bigint> {
  const bytes = yield* randomBytes(p, 8)
  return bytes.reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n) >> 1n
}

export function* newAuthority(p: Proc, { commonName }: AuthoritySpec, settings: KeySettings): Run<KeyPair> {
  const key = yield* newKey(p, settings.encryptionAlgorithm)
  const nowMs = yield* p.now()
  const subject = goName(commonName)
  const signer = selfSigner(subject, key)
  const draft = draftOf(
    {
      serial: yield* serial(p),
      subject,
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs: nowMs + parseGoDuration(settings.caCertificateValidityPeriod ?? '87600h'),
      publicKey: publicPartOf(key),
      keyUsages: ['digitalSignature', 'keyEncipherment', 'keyCertSign'],
      isCa: true,
      altNames: { dns: [commonName] },
    },
    signer,
  )
  return pairOf(signCertificate(draft, signer), key)
}

function pairOf(certificatePem: string, key: PrivateKey): KeyPair {
  const certificate = parseCertificate(certificatePem) as Certificate
  return { certificate, key, certificatePem, keyPem: makeTraditionalKeyPem(key) }
}

export function* newLeaf(p: Proc, authority: KeyPair, subject: LeafSubject, settings: KeySettings): Run<KeyPair> {
  return yield* signLeaf(p, signerOf(authority.certificate, authority.key), subject, settings)
}

function* signLeaf(p: Proc, signer: Signer, subject: LeafSubject, settings: KeySettings): Run<KeyPair> {
  const { commonName, organizations, usages, altNames } = subject
  const key = yield* newKey(p, settings.encryptionAlgorithm)
  const nowMs = yield* p.now()
  const draft = draftOf(
    {
      serial: yield* serial(p),
      subject: goName(commonName, organizations),
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs: nowMs + parseGoDuration(settings.certificateValidityPeriod ?? '8760h'),
      publicKey: publicPartOf(key),
      keyUsages: key.kind === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
      extKeyUsages: usages,
      ...(altNames !== undefined && { altNames }),
    },
    signer,
  )
  return pairOf(signCertificate(draft, signer), key)
}

/** What a certificate that is there says, for one that takes its place. */
export function subjectOf(certificate: Certificate): LeafSubject {
  const usages = (Object.keys(EXT_KEY_USAGES) as LeafSubject['usages']).filter((usage) =>
    certificate.extKeyUsages.includes(EXT_KEY_USAGES[usage]),
  )
  const organizations = organizationsOf(certificate.subject)
  const { dns, ips } = certificate.altNames
  return {
    commonName: commonNameOf(certificate.subject),
    ...(organizations.length > 0 && { organizations }),
    usages,
    ...(dns.length + ips.length > 0 && { altNames: { dns, ips } }),
  }
}

export function* writePair(p: Proc, base: string, { certificatePem, keyPem }: KeyPair): Run<void> {
  yield* write(p, `${base}.key`, keyPem, KEY_MODE)
  yield* write(p, `${base}.crt`, certificatePem, CERTIFICATE_MODE)
}

/** `<base>.crt` as it stands; undefined without one. Throws when it is none. */
export function* readCertificate(p: Proc, base: string): Run<Certificate | undefined> {
  const text = yield* readText(p, `${base}.crt`)
  if (text === undefined) return undefined
  const certificate = parseCertificate(text)
  if (certificate === undefined)
    throw new KubeadmError(
      `couldn't load the certificate file ${base}.crt: error reading ${base}.crt: data does not contain any valid RSA or ECDSA certificates`,
    )
  return certificate
}

/** Certificate and key; undefined when there is no certificate, a key of undefined when that alone is missing. */
export function* readPair(
  p: Proc,
  base: string,
): Run<(Omit<KeyPair, 'key'> & { key: PrivateKey | undefined }) | undefined> {
  const certificate = yield* readCertificate(p, base)
  if (certificate === undefined) return undefined
  const keyPem = (yield* readText(p, `${base}.key`)) ?? ''
  const certificatePem = (yield* readText(p, `${base}.crt`)) ?? ''
  return { certificate, key: parseKeyPem(keyPem), certificatePem, keyPem }
}

/** An authority that can sign. Throws with kubeadm's text. */
export function* signingAuthority(p: Proc, dir: string, path: string): Run<KeyPair> {
  const pair = yield* readPair(p, `${dir}/${path}`)
  if (pair === undefined)
    throw new KubeadmError(
      `couldn't load the CA certificate: couldn't load the certificate file ${dir}/${path}.crt: open ${dir}/${path}.crt: no such file or directory`,
    )
  if (pair.key === undefined) {
    const file = yield* p.readFile(`${dir}/${path}.key`)
    const why =
      'error' in file
        ? `open ${dir}/${path}.key: ${errnoText(file.error)}`
        : `error reading private key file ${dir}/${path}.key: data does not contain a valid RSA or ECDSA private key`
    throw new KubeadmError(`couldn't load the private key file ${dir}/${path}.key: ${why}`)
  }
  if (!samePublicKey(pair.certificate.publicKey, publicPartOf(pair.key)))
    throw new KubeadmError(`the certificate and key of "${path}" do not belong together`)
  return { ...pair, key: pair.key }
}

/** A key and a request for a certificate of somebody else's authority. */
export function* newRequest(
  p: Proc,
  subject: LeafSubject,
  settings: KeySettings,
): Run<{ keyPem: string; request: string }> {
  const key = yield* newKey(p, settings.encryptionAlgorithm)
  const { dns = [], ips = [] } = subject.altNames ?? {}
  const names = [
    ...dns.map((value) => ({ kind: 'dns' as const, value })),
    ...ips.map((value) => ({ kind: 'ip' as const, value })),
  ]
  const extensions = [
    keyUsageExtension(['digitalSignature', 'keyEncipherment']),
    extKeyUsageExtension(subject.usages.map((usage) => EXT_KEY_USAGES[usage])),
    ...(names.length > 0 ? [altNamesExtension(names, false)] : []),
  ]
  const request = makeRequest(makeName(goName(subject.commonName, subject.organizations)), key, extensions)
  return { keyPem: makeTraditionalKeyPem(key), request }
}

/** The key of service accounts: sa.key, and sa.pub, which the writer of keys writes too (P6). */
export function* writeServiceAccountKey(p: Proc, dir: string, settings: KeySettings): Run<void> {
  const key = yield* newKey(p, settings.encryptionAlgorithm)
  yield* write(p, `${dir}/sa.key`, makeTraditionalKeyPem(key), KEY_MODE)
  yield* write(p, `${dir}/sa.pub`, makePublicKeyPem(publicPartOf(key)), KEY_MODE)
}
