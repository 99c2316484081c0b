import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:tls'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseYaml } from '../../engine/index.ts'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'
import { makeCertificates } from '../../server/edge/certificates.ts'

interface Config {
  clusters: { cluster: { 'certificate-authority-data': string } }[]
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[]
}

interface Answer {
  code: number
  body: { kind?: string; message?: string; reason?: string; [field: string]: unknown }
}

describe('the HTTPS edge', () => {
  let server: ClusterServer
  let ca = ''
  const failures: Error[] = []
  let admin: { cert: string; key: string }
  beforeAll(async () => {
    server = await serveCluster({
      flight: { seed: 'edge', epochMs: Date.now(), release: '1.35', controlPlanes: 1, workers: 1 },
      speed: 1,
      onFailure: (error) => failures.push(error),
    })
    const config = parseYaml(server.kubeconfig) as unknown as Config
    const text = (base64: string): string => Buffer.from(base64, 'base64').toString()
    ca = text(config.clusters[0]?.cluster['certificate-authority-data'] ?? '')
    const user = config.users[0]?.user
    admin = { cert: text(user?.['client-certificate-data'] ?? ''), key: text(user?.['client-key-data'] ?? '') }
  })
  afterAll(async () => {
    await server.close()
    expect(failures).toEqual([])
  })

  const ask = (
    method: string,
    path: string,
    more: { body?: string; headers?: Record<string, string>; identity?: { cert: string; key: string } | null } = {},
  ): Promise<Answer> => {
    const identity = more.identity === undefined ? admin : (more.identity ?? {})
    return new Promise((resolve, reject) => {
      const sent = request(
        `${server.url}${path}`,
        {
          method,
          ca,
          ...identity,
          headers: { ...(more.body !== undefined && { 'content-type': 'application/json' }), ...more.headers },
        },
        (response) => {
          let text = ''
          response.on('data', (part: Buffer) => void (text += part.toString()))
          response.on('end', () =>
            resolve({
              code: response.statusCode ?? 0,
              body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : { text },
            }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(more.body)
    })
  }

  it('knows people by their certificate, refuses strangers, and takes nobody for an administrator', async () => {
    expect((await ask('GET', '/api/v1/nodes')).code).toBe(200)
    const anonymous = await ask('GET', '/api/v1/nodes', { identity: null })
    expect(anonymous).toMatchObject({
      code: 403,
      body: {
        reason: 'Forbidden',
        message: expect.stringContaining('User "system:anonymous" cannot list resource "nodes"'),
      },
    })
    const { admin: stranger } = makeCertificates()
    expect(
      (await ask('GET', '/api/v1/nodes', { identity: { cert: stranger.certificate, key: stranger.key } })).code,
    ).toBe(401)
    expect(
      (await ask('GET', '/api/v1/nodes', { identity: null, headers: { authorization: 'Bearer nonsense' } })).code,
    ).toBe(401)
  })

  it('takes the token of a service account', async () => {
    const made = await ask('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', {
      body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
    })
    const { token } = made.body.status as { token: string }
    expect(
      (await ask('GET', '/api/v1/pods', { identity: null, headers: { authorization: `Bearer ${token}` } })).body
        .message,
    ).toContain('User "system:serviceaccount:default:default" cannot list resource "pods"')
  })

  it('answers what it cannot read with a Status, and goes on', async () => {
    expect(await ask('POST', '/api/v1/namespaces/default/configmaps', { body: '{"metadata":' })).toMatchObject({
      code: 400,
      body: { kind: 'Status', reason: 'BadRequest' },
    })
    expect(
      (
        await ask('POST', '/api/v1/namespaces/default/configmaps', {
          body: JSON.stringify({ data: { x: 'y'.repeat(4_000_000) } }),
        })
      ).code,
    ).toBe(413)
    expect(
      (
        await ask('POST', '/api/v1/namespaces/default/configmaps', {
          body: '{}',
          headers: { 'content-type': 'text/csv' },
        })
      ).code,
    ).toBe(415)
    expect(
      (
        await ask('POST', '/api/v1/namespaces/default/configmaps', {
          body: 'k8s\u0000garbage',
          headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
        })
      ).code,
    ).toBe(400)
    expect((await ask('GET', '/api/v1/namespaces/default/configmaps/%E0%A4%A')).code).toBeGreaterThanOrEqual(400)
    expect((await ask('GET', '/readyz')).code).toBe(200)
  })

  it('survives bytes that are no TLS, and connections that say nothing', async () => {
    const { hostname, port } = new URL(server.url)
    await new Promise<void>((resolve) => {
      const socket = connect({ host: hostname, port: Number(port), ca }, () => socket.end('NONSENSE\r\n\r\n'))
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
    })
    expect((await ask('GET', '/version')).body).toMatchObject({ major: '1', minor: '35' })
  })

  it('streams a watch, an event a line', async () => {
    const lines: string[] = []
    const watching = request(
      `${server.url}/api/v1/namespaces/default/configmaps?watch=true`,
      { ca, ...admin },
      (response) => {
        response.on('data', (part: Buffer) =>
          lines.push(
            ...part
              .toString()
              .split('\n')
              .filter((line) => line !== ''),
          ),
        )
      },
    )
    watching.on('error', () => undefined)
    watching.end()
    const until = async (count: number): Promise<void> => {
      for (let tries = 0; lines.length < count && tries < 400; tries++)
        await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await until(1)
    await ask('POST', '/api/v1/namespaces/default/configmaps', { body: JSON.stringify({ metadata: { name: 'new' } }) })
    await until(2)
    watching.destroy()
    const events = lines.map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } })
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toContain('ADDED new')
  })

  describe('over HTTP/2', () => {
    let session: ClientHttp2Session
    beforeAll(() => {
      session = connectHttp2(server.url, { ca, ...admin })
    })
    afterAll(() => session.destroy())

    const open = (path: string, isEnough: (text: string) => boolean): Promise<{ code: number; text: string }> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': path })
        let [code, text] = [0, '']
        const done = (): void => {
          stream.close()
          resolve({ code, text })
        }
        stream.on('response', (headers) => void (code = headers[':status'] ?? 0))
        stream.on('data', (part: Buffer) => {
          text += part.toString()
          if (isEnough(text)) done()
        })
        stream.on('end', done)
        stream.on('error', reject)
      })
    const never = (): boolean => false

    it('answers many requests of one connection at once, and pings', async () => {
      const paths = ['/api/v1/nodes', '/version', '/api/v1/namespaces/default/pods/none', '/apis']
      const answers = await Promise.all(paths.map((path) => open(path, never)))
      expect(answers.map(({ code }) => code)).toEqual([200, 200, 404, 200])
      expect(session.alpnProtocol).toBe('h2')
      await new Promise<void>((resolve, reject) => {
        session.ping((error) => (error === null ? resolve() : reject(error)))
      })
    })

    it('streams a watch, beside which other requests go on', async () => {
      const watching = open('/api/v1/namespaces/default/configmaps?watch=1', (text) => text.includes('"h2"'))
      await ask('POST', '/api/v1/namespaces/default/configmaps', { body: '{"metadata":{"name":"h2"}}' })
      expect((await watching).text).toContain('"type":"ADDED"')
    })
  })
})
