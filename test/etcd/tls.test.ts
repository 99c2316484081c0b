import { describe, expect, it } from 'vitest'

import type { EtcdConfig } from '../../engine/etcd/config.ts'
import type { TlsClient } from '../../engine/etcd/tls.ts'
import {
  draftOf,
  goName,
  makeTraditionalKeyPem,
  poolKey,
  publicPartOf,
  selfSigner,
  signCertificate,
} from '../../engine/pki/index.ts'
import { Servers } from './servers.ts'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2026, 0, 1)

/** An authority by the number of its key. */
function authority(number: number): {
  pem: string
  sign: (keyNumber: number, more?: { notAfterMs?: number }) => string
} {
  const key = poolKey(number)
  const subject = goName(`etcd-ca-${number}`)
  const signer = selfSigner(subject, key)
  const dates = { notBeforeMs: START_MS - DAY_MS, notAfterMs: START_MS + 365 * DAY_MS }
  const own = {
    serial: 1n,
    subject,
    ...dates,
    publicKey: publicPartOf(key),
    keyUsages: ['keyCertSign'] as const,
    isCa: true,
  }
  return {
    pem: signCertificate(draftOf(own, signer), signer),
    sign: (keyNumber, { notAfterMs = dates.notAfterMs } = {}) => {
      const template = {
        serial: BigInt(keyNumber + 2),
        subject: goName('etcd'),
        ...dates,
        notAfterMs,
        publicKey: publicPartOf(poolKey(keyNumber)),
        keyUsages: ['digitalSignature'] as const,
        extKeyUsages: ['serverAuth', 'clientAuth'] as const,
        altNames: { dns: ['localhost'], ips: ['127.0.0.1'] },
      }
      return signCertificate(draftOf(template, signer), signer)
    },
  }
}

const ca = authority(0)
const foreign = authority(1)
const keyOf = (number: number): string => makeTraditionalKeyPem(poolKey(number))
const tls = {
  certFile: '/pki/server.crt',
  keyFile: '/pki/server.key',
  trustedCaFile: '/pki/ca.crt',
  clientCertAuth: true,
}
const https = (n: number, port: number): string[] => [`https://127.0.0.1:${n}${port}`]

function secured(): Servers {
  const servers = new Servers()
  servers.files.put('/pki/ca.crt', ca.pem)
  servers.files.put('/pki/server.crt', ca.sign(2))
  servers.files.put('/pki/server.key', keyOf(2))
  return servers
}

describe('a client at the door of a secured member (O2, O8b)', () => {
  const servers = secured()
  servers.start(1, [1], { clientTls: tls, listenClientUrls: https(1, 2379) })
  servers.elect()
  const good = { isTls: true, trusted: ca.pem, serverName: '127.0.0.1', certificate: ca.sign(3), key: keyOf(3) }
  const { certificate: _, key: __, ...bare } = good
  const rejected = (): string | undefined =>
    servers
      .messages(1)
      .filter((text) => text.startsWith('rejected'))
      .at(-1)
  const knock = (client: TlsClient): string | undefined => servers.member(1).handshake(12_379, client)?.client

  it('comes in with a certificate of the right authority', () => {
    expect(knock(good)).toBeUndefined()
    expect(rejected()).toBeUndefined()
  })

  it.each([
    [
      'speaks no TLS',
      { isTls: false },
      'error reading server preface: EOF',
      'tls: first record does not look like a TLS handshake',
    ],
    [
      'trusts another authority',
      { ...good, trusted: foreign.pem },
      'transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'remote error: tls: bad certificate',
    ],
    [
      'shows no certificate',
      bare,
      'error reading server preface: remote error: tls: certificate required',
      "tls: client didn't provide a certificate",
    ],
    [
      'shows one of another authority',
      { ...good, certificate: foreign.sign(3) },
      'error reading server preface: remote error: tls: unknown certificate authority',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    [
      'shows an expired one',
      { ...good, certificate: ca.sign(3, { notAfterMs: START_MS - 1000 }) },
      'error reading server preface: remote error: tls: expired certificate',
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-12-31T23:59:59Z',
    ],
  ])('is turned away when it %s', (_name, client, seen, logged) => {
    expect(knock(client)).toBe(seen)
    expect(rejected()).toBe(`rejected connection on client endpoint: ${logged}`)
  })

  it('is asked by the files of this moment: etcd reads them anew', () => {
    servers.files.put('/pki/ca.crt', foreign.pem)
    expect(knock(good)).toContain('unknown certificate authority')
    servers.files.put('/pki/ca.crt', ca.pem)
    expect(knock(good)).toBeUndefined()
  })

  it('finds a member that is plain not to be TLS', () => {
    const plain = Servers.launch(1)
    expect(plain.member(1).handshake(12_379, good)?.client).toBe(
      'transport: authentication handshake failed: tls: first record does not look like a TLS handshake',
    )
  })
})

describe('members with certificates', () => {
  const peer = (n: number): Partial<EtcdConfig> => ({
    peerTls: { ...tls, certFile: `/pki/peer${n}.crt`, keyFile: `/pki/peer${n}.key` },
    listenPeerUrls: https(n, 2380),
    initialAdvertisePeerUrls: https(n, 2380),
    initialCluster: [1, 2, 3].map((one) => ({ name: `m${one}`, url: https(one, 2380)[0] as string })),
  })

  function started(third: string): Servers {
    const servers = secured()
    for (const n of [1, 2, 3]) {
      servers.files.put(`/pki/peer${n}.crt`, n === 3 ? third : ca.sign(n + 1))
      servers.files.put(`/pki/peer${n}.key`, keyOf(n + 1))
      servers.start(n, [], peer(n))
    }
    return servers
  }

  it('of one authority make a cluster', () => {
    const servers = started(ca.sign(4))
    servers.elect()
    expect(servers.put(1, 'a', '1').kind).toBe('txn')
  })

  it('of another authority stay outside until they have the right one', () => {
    const servers = started(foreign.sign(4))
    servers.run(4000)
    expect(servers.status(3).errors).toEqual(['etcdserver: no leader'])
    expect(servers.put(1, 'a', '1').kind).toBe('txn')
    expect(servers.messages(1).join()).toContain('rejected connection on peer endpoint')
    servers.files.put('/pki/peer3.crt', ca.sign(4))
    servers.run(4000)
    expect(servers.status(3).errors).toEqual([])
    expect(servers.call(3, { kind: 'range', key: 'a' })).toMatchObject({ kvs: [{ value: '1' }] })
  })

  it('keep their connections when a certificate expires, but make no new ones', () => {
    const servers = started(ca.sign(4, { notAfterMs: START_MS + 10_000 }))
    servers.elect()
    servers.run(15_000)
    expect(servers.status(3).errors).toEqual([])
    servers.member(3).stop()
    servers.start(3, [], peer(3))
    servers.run(5000)
    expect(servers.status(3).errors).toEqual(['etcdserver: no leader'])
  })
})
