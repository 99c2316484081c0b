/** Rows about clients: over HTTPS as `kubeflight up` serves it, by the real kubectl, and in the process itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { AgentOptions, RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import type { Flight } from '../../engine/index.ts'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'
import { pickKubectl } from '../real-clients/find-kubectl.ts'
import { run } from '../real-clients/run.ts'
import { launch } from './scene.ts'
import type { Scene } from './scene.ts'

const CREATES = 2_000
const CONNECTIONS = 16
const PODS = 10_000
const WATCHERS = 1_000
const REQUESTS = 5_000
const KUBECTL_RUNS = 9
const PODS_PATH = '/api/v1/namespaces/default/pods'
const MAPS_PATH = '/api/v1/namespaces/default/configmaps'

/** A cluster behind a port, and requests to it. */
interface Client {
  server: ClusterServer
  ask(method: string, path: string, body?: unknown): Promise<string>
  watch(path: string, onData: (text: string) => void): Promise<void>
}

async function openClient(seed: string): Promise<Client> {
  const server = await serveCluster({
    flight: { seed, epochMs: Date.now() - 120_000, release: '1.35', controlPlanes: 1, workers: 1 },
    speed: 1,
    meetWallClock: true,
  })
  const config = new KubeConfig()
  config.loadFromString(server.kubeconfig)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const { ca, cert, key } = options
  const common: AgentOptions = { ca, cert, key }
  const pool = new Agent({ ...common, keepAlive: true, maxSockets: CONNECTIONS })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  return {
    server,
    ask: (method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = request(`${server.url}${path}`, { method, headers, agent: pool }, (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => void parts.push(part))
          answer.on('end', () => {
            const text = Buffer.concat(parts).toString()
            if ((answer.statusCode ?? 500) < 300) resolve(text)
            else reject(new Error(`${method} ${path} was answered ${answer.statusCode}: ${text.slice(0, 200)}`))
          })
        })
        sent.on('error', reject)
        sent.end(body === undefined ? undefined : JSON.stringify(body))
      }),
    watch: (path, onData) =>
      new Promise((resolve, reject) => {
        const sent = request(`${server.url}${path}`, { headers, agent: new Agent(common) }, (answer) => {
          answer.on('data', (part: Buffer) => onData(part.toString()))
          answer.on('error', () => undefined)
          resolve()
        })
        sent.on('error', reject)
        sent.end()
      }),
  }
}

const configMap = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: 'b' },
})

/** A pod that no scheduler takes. */
const idlePod = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `idle-${index}`, labels: { app: 'idle' } },
  spec: { schedulerName: 'nobody', containers: [{ name: 'web', image: 'nginx:1.27' }] },
})

async function inTurns(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
}

/** Hands all requests in at once and runs the clock until they are answered. */
async function askInside(
  flight: Flight,
  count: number,
  one: (index: number) => Parameters<Flight['asAdmin']>[0],
): Promise<void> {
  let answered = 0
  const previous = flight.listeners.response
  flight.listeners.response = (id, response) => {
    previous?.(id, response)
    if (response.code >= 300) throw new Error(`a request was answered ${response.code}`)
    answered++
  }
  for (let index = 0; index < count; index++)
    flight.input({ kind: 'api', id: `bench-${index}`, request: flight.asAdmin(one(index)) })
  while (answered < count) await flight.advance(10)
  flight.listeners.response = previous
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

export const CLIENT_SCENES: Scene[] = [
  {
    name: 'creates',
    measures: `creations a second over HTTPS, ${CONNECTIONS} connections`,
    unit: '/s',
    target: 1_000,
    runs: 3,
    async stage(seed) {
      const { server, ask } = await openClient(seed)
      return async () => {
        const from = performance.now()
        await inTurns(CREATES, (index) => ask('POST', MAPS_PATH, configMap(`map-${index}`)))
        const seconds = (performance.now() - from) / 1_000
        await server.close()
        return CREATES / seconds
      }
    },
  },
  {
    name: 'list-10000',
    measures: `the list of ${PODS} pods over HTTPS`,
    unit: 'ms',
    target: 500,
    runs: 3,
    async stage(seed) {
      const { server, ask } = await openClient(seed)
      await server.pace.exclusively(() =>
        askInside(server.flight, PODS, (index) => ({
          method: 'POST',
          path: PODS_PATH,
          query: {},
          headers: HEADERS,
          body: idlePod(index),
        })),
      )
      return async () => {
        const from = performance.now()
        const text = await ask('GET', PODS_PATH)
        const took = performance.now() - from
        const { items } = JSON.parse(text) as { items: unknown[] }
        if (items.length !== PODS) throw new Error(`the list has ${items.length} pods`)
        await server.close()
        return took
      }
    },
  },
  {
    name: 'fan-out',
    measures: `one change to ${WATCHERS} watchers over HTTPS`,
    unit: 'ms',
    target: 200,
    runs: 3,
    async stage(seed) {
      const { server, ask, watch } = await openClient(seed)
      let heard = 0
      await inTurns(WATCHERS, () =>
        watch(
          `${MAPS_PATH}?watch=true&fieldSelector=metadata.name%3Dnews`,
          (text) => void (text.includes('"ADDED"') && heard++),
        ),
      )
      return async () => {
        const from = performance.now()
        await ask('POST', MAPS_PATH, configMap('news'))
        while (heard < WATCHERS) await new Promise((resolve) => setImmediate(resolve))
        const took = performance.now() - from
        await server.close()
        return took
      }
    },
  },
  ...kubectlScenes(),
  {
    name: 'requests',
    measures: 'requests a second in the process: get of one pod',
    unit: '/s',
    target: 20_000,
    runs: 5,
    async stage(seed) {
      const flight = await launch(seed, 1)
      await askInside(flight, 1, () => ({
        method: 'POST',
        path: PODS_PATH,
        query: {},
        headers: HEADERS,
        body: idlePod(0),
      }))
      return async () => {
        const from = performance.now()
        await askInside(flight, REQUESTS, () => ({
          method: 'GET',
          path: `${PODS_PATH}/idle-0`,
          query: {},
          headers: HEADERS,
        }))
        return REQUESTS / ((performance.now() - from) / 1_000)
      }
    },
  },
]

/** Without a kubectl on the machine there is no row. */
function kubectlScenes(): Scene[] {
  const kubectl = pickKubectl()
  if (kubectl === undefined) return []
  return [
    {
      name: 'kubectl',
      measures: `kubectl ${kubectl.version} get pods, median of ${KUBECTL_RUNS}`,
      unit: 'ms',
      target: 100,
      runs: 3,
      unprofiled: true,
      async stage(seed) {
        const { server, ask } = await openClient(seed)
        const folder = mkdtempSync(join(tmpdir(), 'kubeflight-bench-'))
        writeFileSync(join(folder, 'config'), server.kubeconfig)
        await ask('POST', PODS_PATH, idlePod(0))
        const get = (): Promise<unknown> =>
          run(kubectl.path, ['get', 'pods'], {
            env: { KUBECONFIG: join(folder, 'config'), HOME: folder },
            timeoutMs: 20_000,
          })
        await get()
        return async () => {
          const took: number[] = []
          for (let index = 0; index < KUBECTL_RUNS; index++) {
            const from = performance.now()
            await get()
            took.push(performance.now() - from)
          }
          await server.close()
          rmSync(folder, { recursive: true })
          return took.sort((a, b) => a - b)[Math.floor(KUBECTL_RUNS / 2)] as number
        }
      },
    },
  ]
}
