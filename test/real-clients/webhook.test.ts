/** A real HTTPS webhook of the machine answers a simulated API server, and the run replays without it. */
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Flight, replay } from '../../engine/index.ts'
import type { FlightOptions } from '../../engine/index.ts'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'
import { makeCertificates } from '../../server/edge/certificates.ts'

const options: FlightOptions = {
  seed: 'hook',
  epochMs: Date.UTC(2026, 0, 1),
  release: '1.35',
  controlPlanes: 1,
  workers: 1,
}
const certificates = makeCertificates(['127.0.0.1'])
const base64 = (text: string): string => Buffer.from(text).toString('base64')

interface Review {
  request: { uid: string; operation: string; object: { metadata: { name: string; labels?: Record<string, string> } } }
}

function configuration(port: number, ca: string, more = ''): string {
  return `kubectl apply -f - <<'E'
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: real}
webhooks:
- name: real.example.com
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  objectSelector: {matchLabels: {ask: outside}}
  clientConfig: {url: "https://127.0.0.1:${port}/mutate", caBundle: ${base64(ca)}}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 2
${more}
E`
}

const create = (name: string): string => `kubectl create -f - -o jsonpath='{.metadata.labels}' <<'E'
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, labels: {ask: outside}}
E`

describe('a webhook outside', () => {
  let hook: Server
  let server: ClusterServer
  const asked: Review[] = []
  beforeAll(async () => {
    const { key, certificate } = certificates.server
    hook = createServer({ key, cert: certificate }, (request, response) => {
      let text = ''
      request.on('data', (piece: Buffer) => (text += piece.toString()))
      request.on('end', () => {
        const review = JSON.parse(text) as Review
        asked.push(review)
        if (review.request.object.metadata.name === 'slow') return
        const allowed = review.request.object.metadata.name !== 'bad'
        const patch = base64(JSON.stringify([{ op: 'add', path: '/metadata/labels/from', value: 'outside' }]))
        const verdict = allowed ? { patchType: 'JSONPatch', patch } : { status: { message: 'no bad names', code: 403 } }
        const answer = { uid: review.request.uid, allowed, ...verdict }
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }))
      })
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    server = await serveCluster({ flight: options, speed: 60 })
  })
  afterAll(async () => {
    await server.close()
    hook.close()
    hook.closeAllConnections()
  })
  const port = (): number => (hook.address() as AddressInfo).port
  const script = (text: string): Promise<{ stdout: string; stderr: string }> =>
    server.pace.exclusively(() => server.flight.script(text))

  it('changes and refuses objects', async () => {
    await script(configuration(port(), certificates.ca))
    expect(await script(create('good'))).toMatchObject({ stdout: '{"ask":"outside","from":"outside"}', stderr: '' })
    expect(asked.at(-1)?.request).toMatchObject({ operation: 'CREATE', object: { metadata: { name: 'good' } } })
    expect((await script(create('bad'))).stderr).toBe(
      'Error from server: error when creating "STDIN": admission webhook "real.example.com" denied the request: no bad names\n',
    )
  })

  it('is given up after its timeout', async () => {
    expect((await script(create('slow'))).stderr).toContain(
      `failed calling webhook "real.example.com": failed to call webhook: Post "https://127.0.0.1:${port()}/mutate?timeout=2s": context deadline exceeded\n`,
    )
  })

  it('must show a certificate of its caBundle', async () => {
    await script(configuration(port(), makeCertificates(['127.0.0.1']).ca))
    expect((await script(create('other'))).stderr).toContain(
      `?timeout=2s": tls: failed to verify certificate: x509: certificate signed by unknown authority\n`,
    )
    await script(configuration(port(), makeCertificates(['127.0.0.1']).ca, '  failurePolicy: Ignore'))
    expect((await script(create('other'))).stdout).toBe('{"ask":"outside"}')
  })

  it('is part of the log: the run replays without it', async () => {
    const { flight } = server
    const before = asked.length
    const hash = await server.pace.exclusively(async () => flight.hash())
    const again = await replay(options, flight.log, flight.nowMs)
    expect(again.hash()).toBe(hash)
    expect(asked.length).toBe(before)
  })

  it('is not there for a flight without an outside', async () => {
    const flight = await Flight.launch(options)
    await flight.script(configuration(port(), certificates.ca))
    expect((await flight.script(create('alone'))).stderr).toContain('connect: connection refused')
  })
})
