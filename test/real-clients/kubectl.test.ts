/** What the real kubectl of every release on this machine does against a served cluster. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'
import { findKubectls } from './find-kubectl.ts'
import { run } from './run.ts'
import type { Ran, RunOptions } from './run.ts'

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: nginx:1.27}]
`

const kubectls = findKubectls()
if (kubectls.length === 0) console.warn('no kubectl on this machine: the tests with real clients are skipped')

describe.skipIf(kubectls.length === 0).each(kubectls)('kubectl $version', ({ path }) => {
  let server: ClusterServer
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))
    server = await serveCluster({
      flight: { seed: 'real', epochMs: Date.now(), release: '1.35', controlPlanes: 1, workers: 2 },
      speed: 60,
    })
    writeFileSync(join(folder, 'config'), server.kubeconfig)
    writeFileSync(join(folder, 'web.yaml'), MANIFEST)
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })
  const k = (command: string, options: RunOptions = {}): Promise<Ran> =>
    run(path, command.split(' '), {
      ...options,
      cwd: folder,
      env: { KUBECONFIG: join(folder, 'config'), HOME: folder },
    })

  it('gets, applies, waits for a rollout, describes, scales, labels', async () => {
    expect((await k('get nodes')).stdout).toMatch(
      /^NAME +STATUS +ROLES +AGE +VERSION\ncontrolplane +Ready +control-plane/,
    )
    expect(await k('apply -f web.yaml')).toMatchObject({ code: 0, stdout: 'deployment.apps/web created\n' })
    expect(await k('apply -f web.yaml')).toMatchObject({ code: 0, stdout: 'deployment.apps/web unchanged\n' })
    expect(await k('apply --server-side --force-conflicts -f web.yaml')).toMatchObject({
      code: 0,
      stdout: 'deployment.apps/web serverside-applied\n',
    })
    expect((await k('rollout status deploy/web')).stdout).toContain('deployment "web" successfully rolled out\n')
    expect((await k('describe deploy web')).stdout).toMatch(
      /^Name: +web\nNamespace: +default\n[^]*2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable[^]*ScalingReplicaSet/,
    )
    expect(await k('scale deploy/web --replicas=3')).toMatchObject({ code: 0, stdout: 'deployment.apps/web scaled\n' })
    expect(await k('label deploy web tier=front')).toMatchObject({ code: 0, stdout: 'deployment.apps/web labeled\n' })
    expect((await k('get deploy -l tier=front -o name')).stdout).toBe('deployment.apps/web\n')
  })

  it('creates by generators, whose bodies are protobuf from 1.32 on', async () => {
    expect(await k('create deployment api --image=nginx:1.27 --port=80')).toMatchObject({
      code: 0,
      stdout: 'deployment.apps/api created\n',
    })
    expect(await k('create configmap settings --from-literal=a=b')).toMatchObject({
      code: 0,
      stdout: 'configmap/settings created\n',
    })
    expect(await k('expose deployment api')).toMatchObject({ code: 0, stdout: 'service/api exposed\n' })
    expect((await k('get cm settings -o jsonpath={.data.a}')).stdout).toBe('b')
    expect(
      (await k('get deploy api -o jsonpath={.spec.template.spec.containers[0].ports[0].containerPort}')).stdout,
    ).toBe('80')
    expect(await k('create deployment api --image=x')).toMatchObject({
      code: 1,
      stderr: 'error: failed to create deployment: deployments.apps "api" already exists\n',
    })
  })

  it('reads logs and follows them, runs commands with input and exit codes', async () => {
    await run(
      path,
      ['run', 'talk', '--image=busybox:1.36', '--', 'sh', '-c', 'echo one; sleep 5; echo two; sleep 6000'],
      { cwd: folder, env: { KUBECONFIG: join(folder, 'config'), HOME: folder } },
    )
    expect((await k('wait pod/talk --for=condition=Ready --timeout=120s')).stdout).toBe('pod/talk condition met\n')
    expect((await k('logs -f talk', { until: /two/ })).stdout).toBe('one\ntwo\n')
    expect(await k('exec talk -- echo hello world')).toMatchObject({ code: 0, stdout: 'hello world\n' })
    expect(await k('exec -i talk -- cat', { stdin: 'typed\n' })).toMatchObject({ code: 0, stdout: 'typed\n' })
    const failed = await run(path, ['exec', 'talk', '--', 'sh', '-c', 'echo wrong >&2; exit 3'], {
      cwd: folder,
      env: { KUBECONFIG: join(folder, 'config'), HOME: folder },
    })
    expect(failed).toMatchObject({ code: 3, stderr: expect.stringContaining('wrong\n') })
    expect((await k('logs nope')).stderr).toMatch(/\(NotFound\): pods "nope" not found/)
    expect((await k('port-forward talk :80', { timeoutMs: 5_000 })).stdout).toMatch(
      /^Forwarding from 127\.0\.0\.1:\d+ -> 80$/m,
    )
  })

  it('watches', async () => {
    let watching: Promise<Ran> | undefined
    await new Promise<void>(
      (resolve) => (watching = k('get pods -w', { until: /seen +1\/1 +Running/, onOutput: resolve })),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    await k('run seen --image=nginx:1.27')
    expect((await watching)?.stdout).toMatch(
      /seen +0\/1 +Pending[^]*seen +0\/1 +ContainerCreating[^]*seen +1\/1 +Running/,
    )
  })

  it('drains a node and lets it work again', async () => {
    const drained = await k('drain worker-1 --ignore-daemonsets --force --delete-emptydir-data')
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining('node/worker-1 drained\n') })
    expect((await k('get node worker-1 --no-headers')).stdout).toMatch(/Ready,SchedulingDisabled/)
    expect(await k('uncordon worker-1')).toMatchObject({ code: 0, stdout: 'node/worker-1 uncordoned\n' })
  })

  it('updates and undoes a rollout', async () => {
    expect((await k('set image deploy/web nginx=httpd:2.4')).stdout).toBe('deployment.apps/web image updated\n')
    expect((await k('rollout status deploy/web')).stdout).toContain('successfully rolled out')
    expect((await k('rollout undo deploy/web')).stdout).toBe('deployment.apps/web rolled back\n')
    expect((await k('rollout status deploy/web')).stdout).toContain('successfully rolled out')
    expect((await k('get deploy web -o jsonpath={.spec.template.spec.containers[0].image}')).stdout).toBe('nginx:1.27')
    expect(await k('delete deploy web')).toMatchObject({ code: 0 })
  })
})
