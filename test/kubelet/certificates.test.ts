/** The certificates that a kubelet asks for (O4, P7): TLS bootstrap, rotation, serving. */
import { describe, expect, it } from 'vitest'
import type { KernelEvent } from '../../engine/kernel/queue.ts'
import type { CertificateSigningRequest } from '../../engine/objects/types.gen.ts'
import {
  commonNameOf,
  draftOf,
  goName,
  parseRequest,
  poolKey,
  publicPartOf,
  selfSigner,
  signCertificate,
} from '../../engine/pki/index.ts'
import { EPOCH_MS, makeBench } from './bench.ts'
import type { NodeBench } from './bench.ts'

const REQUESTS = 'certificates.k8s.io/v1/certificatesigningrequests'
const PKI = '/var/lib/kubelet/pki'
const CURRENT = `${PKI}/kubelet-client-current.pem`
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const AUTHORITY = selfSigner(goName('kubernetes'), poolKey(1))

function certificate(fromMs: number, toMs: number): string {
  const template = { serial: 7n, notBeforeMs: fromMs, notAfterMs: toMs, keyUsages: ['digitalSignature'] as const }
  const own = {
    ...template,
    subject: goName('system:node:worker-1', ['system:nodes']),
    publicKey: publicPartOf(poolKey(2)),
  }
  return signCertificate(draftOf(own, AUTHORITY), AUTHORITY)
}

const kubeconfig = (user: string): string => `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://172.30.1.2:6443', certificate-authority-data: QQ==}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
users: [{name: u, user: ${user}}]
`

const BY_FILE = kubeconfig(`{client-certificate: ${CURRENT}, client-key: ${CURRENT}}`)
const CONFIG = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nrotateCertificates: true\n'
const ARGV = [
  '/usr/bin/kubelet',
  '--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf',
  '--kubeconfig=/etc/kubernetes/kubelet.conf',
  '--config=/var/lib/kubelet/config.yaml',
]

interface Started {
  bench: NodeBench
  files: Record<string, string>
  log: string[]
  requests(): CertificateSigningRequest[]
  told: KernelEvent[]
}

/** A kubelet that its unit started. */
function start(files: Record<string, string>): Started {
  const log: string[] = []
  const told: KernelEvent[] = []
  const bench = makeBench({
    ports: {
      files: {
        read: (name) => files[name],
        list: () => [],
        write: (name, text) => void (files[name] = text),
        link: (target, name) => void (files[name] = files[target] ?? ''),
      },
      log: (text) => log.push(text),
    },
  })
  bench.kernel.register('hosts', { handle: (event) => void told.push(event), dump: () => null, load: () => undefined })
  bench.kubelet.stop()
  bench.kernel.send({
    to: 'kubelet/worker-1',
    type: 'unit.start',
    data: { host: 'worker-1', unit: 'kubelet.service', pid: 396, argv: ARGV },
  })
  bench.run(100)
  return { bench, files, log, told, requests: () => bench.api.list<CertificateSigningRequest>(REQUESTS) }
}

const issue = (bench: NodeBench, csr: CertificateSigningRequest): void => {
  const signed = certificate(bench.kernel.clockMs - 300_000, bench.kernel.clockMs + 24 * HOUR_MS)
  bench.api.put(REQUESTS, { ...csr, status: { certificate: btoa(signed) } } as CertificateSigningRequest)
}

describe('TLS bootstrap', () => {
  const FRESH = {
    '/etc/kubernetes/bootstrap-kubelet.conf': kubeconfig('{token: abcdef.0123456789abcdef}'),
    '/var/lib/kubelet/config.yaml': CONFIG,
  }

  it('asks with the token, waits to be signed, writes its files and registers', () => {
    const { bench, files, requests } = start({ ...FRESH })
    const [csr] = requests()
    expect(csr?.spec).toMatchObject({
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
    })
    expect(commonNameOf(parseRequest(atob(csr?.spec?.request ?? ''))?.subject ?? [])).toBe('system:node:worker-1')
    expect(files['/etc/kubernetes/kubelet.conf']).toContain(`client-certificate: ${CURRENT}`)
    expect(bench.kubelet.bootstrapping).toBe(true)
    bench.run(20_000)
    expect(bench.kubelet.bootstrapping).toBe(true)
    issue(bench, csr as CertificateSigningRequest)
    bench.run(10_000)
    expect(bench.kubelet.bootstrapping).toBe(false)
    expect(files[CURRENT]).toMatch(/BEGIN CERTIFICATE[^]*BEGIN EC PRIVATE KEY/)
    expect(Object.keys(files).some((name) => /kubelet-client-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.pem$/.test(name))).toBe(
      true,
    )
    expect(bench.api.get('v1/nodes', '', 'worker-1')).toBeDefined()
  })

  it('says so when it is refused, and asks again', () => {
    const other = start({ ...FRESH })
    const [csr] = other.requests()
    const denied = { type: 'Denied', status: 'True', reason: 'KubectlDeny', message: 'no' }
    other.bench.api.put(REQUESTS, {
      ...(csr as CertificateSigningRequest),
      status: { conditions: [denied] },
    } as CertificateSigningRequest)
    other.bench.run(20_000)
    expect(other.log.join('\n')).toContain(
      'cannot rotate: certificate signing request is denied, reason: \\"KubectlDeny\\", message: \\"no\\"',
    )
  })
})

describe('rotation and serving', () => {
  it('replaces its certificate at 70 to 90 % of its life', () => {
    const pem = certificate(EPOCH_MS - MINUTE_MS, EPOCH_MS + 9 * MINUTE_MS)
    const { bench, files, requests } = start({
      '/etc/kubernetes/kubelet.conf': BY_FILE,
      [CURRENT]: pem,
      '/var/lib/kubelet/config.yaml': CONFIG,
    })
    bench.run(5.9 * MINUTE_MS)
    expect(requests()).toHaveLength(0)
    bench.run(2.2 * MINUTE_MS)
    expect(requests()).toHaveLength(1)
    issue(bench, requests()[0] as CertificateSigningRequest)
    bench.run(10_000)
    expect(files[CURRENT]).not.toBe(pem)
  })

  it('a serving certificate by the cluster waits for its approval; without it one of its own is made', () => {
    const pem = certificate(EPOCH_MS - 1 * HOUR_MS, EPOCH_MS + 999 * HOUR_MS)
    const base = { '/etc/kubernetes/kubelet.conf': BY_FILE, [CURRENT]: pem }
    const own = start({ ...base, '/var/lib/kubelet/config.yaml': CONFIG })
    expect(own.files[`${PKI}/kubelet.crt`]).toContain('BEGIN CERTIFICATE')
    const signed = start({ ...base, '/var/lib/kubelet/config.yaml': `${CONFIG}serverTLSBootstrap: true\n` })
    signed.bench.run(5_000)
    expect(signed.requests().map(({ spec }) => spec?.signerName)).toEqual(['kubernetes.io/kubelet-serving'])
    expect(signed.files[`${PKI}/kubelet.crt`]).toBeUndefined()
    issue(signed.bench, signed.requests()[0] as CertificateSigningRequest)
    signed.bench.run(20_000)
    expect(signed.files[`${PKI}/kubelet-server-current.pem`]).toContain('BEGIN CERTIFICATE')
  })
})
