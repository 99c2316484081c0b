/** port-forward, cp, debug and attach of real clients: SPDY (kubectl before 1.31), SPDY in a WebSocket, channels (client-node). */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig, PortForward } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'
import { findKubectls } from './find-kubectl.ts'
import { run } from './run.ts'
import type { Ran, RunOptions } from './run.ts'

const kubectls = findKubectls()
if (kubectls.length === 0) console.warn('no kubectl on this machine: the tests with real clients are skipped')

const SETUP =
  'kubectl create deployment web --image=nginx:1.25 && kubectl run b --image=busybox:1.36 -- sleep 36000 && kubectl rollout status deploy/web && kubectl wait pod/b --for=condition=Ready'

let server: ClusterServer
let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))
  server = await serveCluster({
    flight: { seed: 'streams', epochMs: Date.now(), release: '1.33', controlPlanes: 1, workers: 1 },
    speed: 20,
  })
  writeFileSync(join(folder, 'config'), server.kubeconfig)
  expect(await server.pace.exclusively(() => server.flight.script(SETUP))).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** The text that a port-forward of a real kubectl prints, once it says what is waited for. */
function printed(child: ChildProcess, until: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const hear = (part: Buffer): void => {
      text += part.toString()
      if (until.test(text)) resolve(text)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.on('close', () => resolve(text))
  })
}

describe.skipIf(kubectls.length === 0).each(kubectls)('streams of kubectl $version', ({ path }) => {
  const env = (): Record<string, string> => ({ KUBECONFIG: join(folder, 'config'), HOME: folder })
  const k = (command: string, options: RunOptions = {}): Promise<Ran> =>
    run(path, command.split(' '), { ...options, cwd: folder, env: env() })
  const started = (words: string[]): ChildProcess => spawn(path, words, { env: { ...process.env, ...env() } })

  it('forwards a port', async () => {
    const child = started(['port-forward', 'deploy/web', ':80'])
    const [, port] = /127\.0\.0\.1:(\d+) -> 80/.exec(await printed(child, /-> 80/)) ?? []
    const page = await fetch(`http://127.0.0.1:${port}/`)
    expect(await page.text()).toContain('Welcome to nginx!')
    expect((await fetch(`http://127.0.0.1:${port}/no`)).status).toBe(404)
    child.kill('SIGINT')
  })

  it('says what nothing listens on', async () => {
    const child = started(['port-forward', 'pod/b', ':81'])
    const [, port] = /127\.0\.0\.1:(\d+) -> 81/.exec(await printed(child, /-> 81/)) ?? []
    const told = printed(child, /lost connection/)
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    expect(await told).toMatch(
      /an error occurred forwarding \d+ -> 81: .*connect: connection refused[^]*lost connection to pod/,
    )
  })

  it('copies both ways', async () => {
    const raw = Buffer.from([0, 255, 128, 10, 65])
    mkdirSync(join(folder, 'd/e'), { recursive: true })
    writeFileSync(join(folder, 'd/f'), 'grüße\n')
    writeFileSync(join(folder, 'd/e/raw'), raw)
    expect(await k('cp d b:/tmp/x')).toMatchObject({ code: 0 })
    expect(await k('cp b:/tmp/x out')).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'out/f'), 'utf8')).toBe('grüße\n')
    expect(readFileSync(join(folder, 'out/e/raw'))).toEqual(raw)
    expect((await k('cp d/f b:/nodir/file')).stderr).toContain("can't change directory to '/nodir'")
    rmSync(join(folder, 'out'), { recursive: true })
    expect(existsSync(join(folder, 'out'))).toBe(false)
  })

  it('debugs with an ephemeral container and on a node', async () => {
    const name = `d${path.replace(/\D/g, '')}`
    expect(await k(`debug b --image=busybox:1.36 --profile=general -c ${name} -- sh -c hostname`)).toMatchObject({
      code: 0,
    })
    expect(
      (await k(`debug b -i --image=busybox:1.36 --profile=general -c ${name}i`, { stdin: 'hostname\n' })).stdout,
    ).toContain('b\n')
    expect((await k(`logs b -c ${name}`)).stdout).toBe('b\n')
    const node = await k('debug node/worker-1 -i --image=busybox:1.36 --profile=general', {
      stdin: 'cat /host/etc/hostname\n',
    })
    expect(node.stdout).toMatch(
      /Creating debugging pod node-debugger-worker-1-\w{5} with container debugger on node worker-1\.\n[^]*worker-1\n/,
    )
  })
})

describe('@kubernetes/client-node', () => {
  it('forwards a port over WebSocket channels', async () => {
    const config = new KubeConfig()
    config.loadFromString(server.kubeconfig)
    const forward = new PortForward(config)
    const pods = (await server.flight.script('kubectl get pods -l app=web -o name')).stdout.trim()
    const relay = createServer(
      (socket) => void forward.portForward('default', pods.replace('pod/', ''), [80], socket, null, socket),
    )
    await new Promise<void>((resolve) => void relay.listen(0, '127.0.0.1', resolve))
    const { port } = relay.address() as AddressInfo
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    expect(await page.text()).toContain('Welcome to nginx!')
    relay.close()
  })
})
