import { describe, expect, it } from 'vitest'
import { draftOf, goName, makeDetachedJws, parseCertificate, poolKey, publicPartOf, selfSigner, signCertificate } from '../../engine/pki/index.ts' // prettier-ignore
import type { Certificate } from '../../engine/pki/index.ts'
import { pinOf } from '../../engine/tools/kubeadm/join-command.ts'
import { failureText } from '../../engine/tools/kubeadm/kubeadm.ts'
import { isIgnored } from '../../engine/tools/kubeadm/preflight/check.ts'
import { keyBytes, seal, unseal } from '../../engine/tools/kubeadm/sealed.ts'
import { initPhases } from '../../engine/tools/kubeadm/init/phases.ts'
import { parseToken, readToken, secretOf } from '../../engine/tools/kubeadm/token/tokens.ts'
import { selected } from '../../engine/tools/kubeadm/workflow.ts'

function authority(index: number): Certificate {
  const key = poolKey(index)
  const subject = goName('kubernetes')
  const signer = selfSigner(subject, key)
  const template = { serial: 1n, subject, notBeforeMs: 0, notAfterMs: 1e12, publicKey: publicPartOf(key), keyUsages: [], isCa: true } // prettier-ignore
  return parseCertificate(signCertificate(draftOf(template, signer), signer)) as Certificate
}

describe('pins and signatures (P2)', () => {
  it('depends on the key of the authority alone', () => {
    expect(pinOf(authority(1))).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(pinOf(authority(1))).toBe(pinOf(authority(1)))
    expect(pinOf(authority(2))).not.toBe(pinOf(authority(1)))
  })

  it('signs cluster-info by id and secret', () => {
    const jws = makeDetachedJws('text', 'abcdef', '0123456789abcdef')
    expect(jws.split('.')[1]).toBe('')
    expect(makeDetachedJws('text', 'abcdef', '0123456789abcdee')).not.toBe(jws)
  })

  it('seals certificates for one key', () => {
    const [key, other] = [keyBytes('ab'.repeat(32)), keyBytes('cd'.repeat(32))]
    const sealed = seal('a certificate', key, new Uint8Array(12))
    expect(sealed.length).toBe('a certificate'.length + 28)
    expect(unseal(sealed, key)).toBe('a certificate')
    expect(() => unseal(sealed, other)).toThrow('cipher: message authentication failed')
    expect(() => keyBytes('abcd')).toThrow('invalid key size 2')
  })
})

describe('tokens (P4)', () => {
  it('makes the Secret that it reads', () => {
    const token = 'abcdef.0123456789abcdef'
    const secret = secretOf({ token, ttl: '24h0m0s', usages: ['signing', 'authentication'], groups: ['g'] }, 0)
    expect(secret.body.metadata.name).toBe('bootstrap-token-abcdef')
    expect(readToken(secret.body as Parameters<typeof readToken>[0])).toEqual({
      id: 'abcdef',
      token,
      description: '',
      expires: '1970-01-02T00:00:00Z',
      usages: ['authentication', 'signing'],
      groups: ['g'],
    })
    expect(secretOf({ token, ttl: '0s' }, 0).body['data']).not.toHaveProperty('expiration')
    expect(parseToken('ABCDEF.0123456789abcdef')).toBeUndefined()
  })
})

describe('phases', () => {
  const paths = (minor: number, selection: Parameters<typeof selected>[1]): string[] =>
    selected(initPhases(minor), selection).map(({ path }) => path)

  it('starts the kubelet before its manifests up to 1.28 (P1)', () => {
    const order = (minor: number): string[] =>
      paths(minor, {}).filter((path) => /^(etcd|kubelet-start|control-plane)$/.test(path))
    expect(order(28)).toEqual(['kubelet-start', 'control-plane', 'etcd'])
    expect(order(29)).toEqual(['etcd', 'control-plane', 'kubelet-start'])
  })

  it('runs one phase with what it holds, and leaves out what is skipped', () => {
    expect(paths(36, { only: 'addon/all' })).toEqual(['addon', 'addon/all', 'addon/coredns', 'addon/kube-proxy'])
    expect(paths(36, { only: 'upload-config/kubelet' })).toEqual(['upload-config/kubelet'])
    expect(paths(36, { skip: ['addon/kube-proxy', 'certs'] }).filter((path) => /^(certs|addon)/.test(path))).toEqual([
      'addon',
      'addon/all',
      'addon/coredns',
    ])
    expect(() => paths(36, { skip: ['addons'] })).toThrow('invalid phase name: addons')
  })
})

describe('errors by release', () => {
  it('ends with the hint on stack traces up to 1.33', () => {
    expect(failureText('x', 36)).toBe('error: x\n')
    expect(failureText('x', 33)).toBe('x\nTo see the stack trace of this error execute with --v=5 or higher\n')
  })

  it('ignores checks by name without case, or all', () => {
    expect(isIgnored('Port-6443', ['port-6443'])).toBe(true)
    expect(isIgnored('Swap', ['all'])).toBe(true)
    expect(isIgnored('Swap', ['Mem'])).toBe(false)
  })
})
