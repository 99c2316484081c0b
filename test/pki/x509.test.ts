/** Certificates, requests and tokens against Node's own OpenSSL, and the texts of Go's crypto/x509 (O7). */
import { createPrivateKey, createPublicKey, createVerify, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  draftOf,
  goName,
  makeJwt,
  makeKeyPem,
  makePublicKeyPem,
  makeRequest,
  makeName,
  makeTraditionalKeyPem,
  isSelfSigned,
  isSignedJwt,
  nameText,
  parseCertificate,
  parseKeyPem,
  parseRequest,
  poolKey,
  publicPartOf,
  reorderedByGo,
  samePublicKey,
  selfSigner,
  signCertificate,
  signerOf,
  verifyCertificate,
} from '../../engine/pki/index.ts'
import type { Certificate, Template } from '../../engine/pki/index.ts'
import recorded from '../host/fixtures/openssl.json' with { type: 'json' }

const YEAR_MS = 365 * 86_400_000
const NOW_MS = Date.UTC(2026, 10, 21, 1, 32, 54)

function authority(name: string, index: number): { pem: string; certificate: Certificate } {
  const key = poolKey(index)
  const signer = selfSigner(goName(name), key)
  const template: Template = {
    serial: 1n,
    subject: goName(name),
    notBeforeMs: NOW_MS - YEAR_MS,
    notAfterMs: NOW_MS + 10 * YEAR_MS,
    publicKey: publicPartOf(key),
    keyUsages: ['digitalSignature', 'keyEncipherment', 'keyCertSign'],
    isCa: true,
  }
  const pem = signCertificate(draftOf(template, signer), signer)
  return { pem, certificate: parseCertificate(pem) as Certificate }
}

const ca = authority('kubernetes', 0)
const other = authority('kubernetes', 1)
const stranger = authority('elsewhere', 2)

function leaf(changes: Partial<Template> = {}): { pem: string; certificate: Certificate } {
  const template: Template = {
    serial: 0x7fn << 56n,
    subject: goName('kube-apiserver', ['b', 'a']),
    notBeforeMs: NOW_MS - 1000,
    notAfterMs: NOW_MS + YEAR_MS,
    publicKey: publicPartOf(poolKey(3)),
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extKeyUsages: ['serverAuth'],
    altNames: { dns: ['kubernetes', '*.example.com'], ips: ['10.96.0.1', '::1'] },
    ...changes,
  }
  const pem = signCertificate(
    draftOf(template, signerOf(ca.certificate, poolKey(0))),
    signerOf(ca.certificate, poolKey(0)),
  )
  return { pem, certificate: parseCertificate(pem) as Certificate }
}

describe('certificates', () => {
  it('are what OpenSSL takes them for', () => {
    const { pem } = leaf()
    const theirs = new X509Certificate(pem)
    expect(theirs.verify(new X509Certificate(ca.pem).publicKey)).toBe(true)
    expect(theirs.subject).toBe('O=a + O=b\nCN=kube-apiserver')
    expect(theirs.subjectAltName).toBe(
      'DNS:kubernetes, DNS:*.example.com, IP Address:10.96.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(theirs.ca).toBe(false)
    expect(new X509Certificate(ca.pem).ca).toBe(true)
  })

  it('are read as OpenSSL wrote them', () => {
    const { subject, version, serial } = parseCertificate(recorded.files['s2.crt']) as Certificate
    expect(nameText(subject)).toBe('C = DE, ST = B, L = X, O = a, O = b, OU = u, CN = x y, emailAddress = a@b.c')
    expect({ version, serial }).toEqual({ version: 3, serial: 5n })
    expect(nameText(reorderedByGo(subject))).toBe('C = DE, O = a + O = b, OU = u, L = X, ST = B, CN = x y')
  })

  it.each<[string, Partial<Template>, object, string | undefined]>([
    ['by name', {}, { name: 'kubernetes' }, undefined],
    ['by a star', {}, { name: 'a.example.com' }, undefined],
    ['by address', {}, { name: '10.96.0.1' }, undefined],
    [
      'not by another name',
      {},
      { name: 'a.b.example.com' },
      'x509: certificate is valid for kubernetes, *.example.com, not a.b.example.com',
    ],
    ['not by another address', {}, { name: '10.0.0.9' }, 'x509: certificate is valid for 10.96.0.1, ::1, not 10.0.0.9'],
    [
      'not after its end',
      { notAfterMs: Date.UTC(2026, 10, 20, 1, 29, 33) },
      {},
      'x509: certificate has expired or is not yet valid: current time 2026-11-21T01:32:54Z is after 2026-11-20T01:29:33Z',
    ],
    [
      'not before its start',
      { notBeforeMs: Date.UTC(2026, 10, 22) },
      {},
      'x509: certificate has expired or is not yet valid: current time 2026-11-21T01:32:54Z is before 2026-11-22T00:00:00Z',
    ],
    ['not by a stranger', {}, { roots: [stranger.certificate] }, 'x509: certificate signed by unknown authority'],
    [
      'not by another of the same name',
      {},
      { roots: [other.certificate] },
      'x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate "kubernetes")',
    ],
    ['not as a client', {}, { usage: 'clientAuth' }, 'x509: certificate specifies an incompatible key usage'],
  ])('are trusted %s', (_, changes, options, expected) => {
    const { certificate } = leaf(changes)
    const all = { roots: [ca.certificate], nowMs: NOW_MS, usage: 'serverAuth' as const, ...options }
    expect(verifyCertificate(certificate, all)).toBe(expected)
  })
})

describe('keys', () => {
  it('go to and fro in every form', () => {
    const key = poolKey(5)
    for (const text of [makeKeyPem(key), makeTraditionalKeyPem(key)]) {
      expect(samePublicKey(publicPartOf(parseKeyPem(text) as typeof key), publicPartOf(key))).toBe(true)
      const spki = createPublicKey(createPrivateKey(text)).export({ type: 'spki', format: 'pem' })
      expect(spki).toBe(makePublicKeyPem(publicPartOf(key)))
    }
  })

  it.each(['P-256', 'P-384', 'P-521'])('of %s from outside sign requests', (namedCurve) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve })
    for (const type of ['pkcs8', 'sec1'] as const) {
      const key = parseKeyPem(privateKey.export({ type, format: 'pem' }) as string)
      if (key === undefined) throw new Error('not read')
      const request = parseRequest(makeRequest(makeName(goName('jane', ['devs'])), key, []))
      expect(request && isSelfSigned(request)).toBe(true)
    }
  })
})

describe('tokens', () => {
  it('are checked with their key alone', () => {
    const key = poolKey(7)
    const token = makeJwt({ sub: 'x' }, key)
    const [head, body, signature = ''] = token.split('.')
    const verify = createVerify('sha256').update(`${head}.${body}`)
    expect(verify.verify(makePublicKeyPem(publicPartOf(key)), Buffer.from(signature, 'base64url'))).toBe(true)
    expect(isSignedJwt(token, [publicPartOf(key)])).toBe(true)
    expect(isSignedJwt(token, [publicPartOf(poolKey(8))])).toBe(false)
    expect(isSignedJwt(`${token}x`, [publicPartOf(key)])).toBe(false)
  })
})
