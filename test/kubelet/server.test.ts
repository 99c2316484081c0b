import { describe, expect, it } from 'vitest'
import { HTTP } from '../../engine/fabric/http.ts'
import type { HttpRequestData } from '../../engine/fabric/http.ts'
import type { Component } from '../../engine/kernel/kernel.ts'
import type { ContainerRuntimePort } from '../../engine/kubelet/runtime.ts'
import { addPod, makeBench } from './bench.ts'
import type { NodeBench } from './bench.ts'

class Caller implements Component {
  got: { type: string; at: number; data: Record<string, unknown> }[] = []
  constructor(private readonly bench: NodeBench) {
    bench.fabric.addHost('controlplane')
    bench.kernel.register('caller', this)
  }
  handle(event: { type: string; data?: unknown }): void {
    this.got.push({ type: event.type, at: this.bench.kernel.now, data: event.data as Record<string, unknown> })
  }
  dump(): unknown {
    return null
  }
  load(): void {}
  ask(path: string, query: Record<string, string> = {}): void {
    const data: HttpRequestData = {
      id: '1',
      from: 'controlplane',
      request: { method: 'GET', path, query, headers: {} },
      replyTo: { host: 'controlplane', address: 'caller', tag: 't' },
    }
    this.bench.fabric.send({
      from: 'controlplane',
      to: 'worker-1',
      port: 10250,
      event: { to: this.bench.kubelet.address, type: HTTP.request, data },
    })
  }
  body(): unknown {
    return (this.got[0]?.data.response as { body?: unknown } | undefined)?.body
  }
  chunks(): unknown[] {
    return this.got.filter(({ type }) => type === HTTP.chunk).map(({ data }) => data.chunk)
  }
}

const TALK = {
  image: 'busybox:1.36',
  command: ['sh', '-c', 'echo one; sleep 5; echo two; sleep 5; echo three; sleep 600'],
}

describe('the kubelet as a server', () => {
  it('gives logs, their tail, and time stamps', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, TALK)
    bench.run(8_000)
    const caller = new Caller(bench)
    caller.ask('/containerLogs/default/web/c')
    bench.run(10)
    expect(caller.body()).toBe('one\ntwo\n')
    caller.got = []
    caller.ask('/containerLogs/default/web/c', { tailLines: '1', timestamps: 'true' })
    bench.run(10)
    expect(caller.body()).toMatch(/^2026-11-20T09:00:05\.\d{9}Z two\n$/)
  })

  it('follows a log until the container ends', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(
      bench,
      { ...TALK, command: ['sh', '-c', 'echo one; sleep 5; echo two; sleep 2; exit 0'] },
      { restartPolicy: 'Never' },
    )
    bench.run(2_000)
    const caller = new Caller(bench)
    caller.ask('/containerLogs/default/web/c', { follow: 'true' })
    bench.run(10_000)
    expect(caller.chunks()).toEqual(['one\n', 'two\n'])
    expect(caller.got[caller.got.length - 1]?.type).toBe(HTTP.end)
  })

  it('says why there is no log yet', () => {
    const bench = makeBench()
    addPod(bench, { image: 'nginx:nope' })
    bench.run(3_000)
    const caller = new Caller(bench)
    caller.ask('/containerLogs/default/web/c')
    bench.run(10)
    expect(caller.body()).toBe('container "c" in pod "web" is waiting to start: image can\'t be pulled')
  })

  it('runs commands: output, exit code, a missing program', () => {
    const bench = makeBench({ images: ['busybox:1.36'] })
    addPod(bench, TALK)
    bench.run(3_000)
    const caller = new Caller(bench)
    caller.ask('/exec/default/web/c', { command: 'echo\nhello', output: '1', error: '1' })
    bench.run(100)
    expect(caller.chunks()).toEqual([
      { channel: 'stdout', data: 'hello\n' },
      { channel: 'error', data: { metadata: {}, status: 'Success' } },
    ])
    caller.got = []
    caller.ask('/exec/default/web/c', { command: '["sh","-c","exit 7"]' })
    bench.run(100)
    expect(caller.chunks()).toMatchObject([
      {
        channel: 'error',
        data: { reason: 'NonZeroExitCode', message: 'command terminated with non-zero exit code: exit status 7' },
      },
    ])
    caller.got = []
    caller.ask('/exec/default/web/c', { command: 'nosuchcmd' })
    bench.run(100)
    expect(JSON.stringify(caller.chunks())).toContain(
      'exec: \\"nosuchcmd\\": executable file not found in $PATH: unknown',
    )
  })

  it('a stopped kubelet does not listen', () => {
    const bench = makeBench()
    expect(bench.fabric.dial('worker-1', 'worker-1', 10250).kind).toBe('open')
    bench.kubelet.stop()
    expect(bench.fabric.dial('worker-1', 'worker-1', 10250).kind).toBe('refused')
  })
})

describe('listeners', () => {
  it('nginx serves its page and writes its access log', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    addPod(bench, {})
    bench.run(3_000)
    const answer = bench.kubelet.listeners.respond(
      '10.244.1.2',
      80,
      { method: 'GET', path: '/', query: {}, headers: { 'user-agent': 'curl/8.5.0' } },
      '10.244.2.7',
    )
    expect(answer).toMatchObject({ code: 200, headers: { 'content-type': 'text/html' } })
    expect(answer?.body).toContain('Welcome to nginx!')
    expect(bench.kubelet.listeners.listening('10.244.1.2', 8080)).toBeUndefined()
    expect(bench.kubelet.criList().containers[0]?.logs.at(-1)?.text).toMatch(
      /^10\.244\.2\.7 - - \[20\/Nov\/2026:09:00:03 \+0000\] "GET \/ HTTP\/1\.1" 200 \d+ "-" "curl\/8\.5\.0" "-"$/,
    )
  })

  it('a ConfigMap volume replaces the page', () => {
    const bench = makeBench({ images: ['nginx:1.27'] })
    bench.api.put('v1/configmaps', {
      metadata: { name: 'page', namespace: 'default' },
      data: { 'index.html': 'hello\n' },
    } as never)
    addPod(
      bench,
      { volumeMounts: [{ name: 'v', mountPath: '/usr/share/nginx/html' }] },
      { volumes: [{ name: 'v', configMap: { name: 'page' } }] },
    )
    bench.run(3_000)
    const page = (): unknown =>
      bench.kubelet.listeners.respond(
        '10.244.1.2',
        80,
        { method: 'GET', path: '/', query: {}, headers: {} },
        '10.244.2.7',
      )?.body
    expect(page()).toBe('hello\n')
    bench.api.put('v1/configmaps', {
      metadata: { name: 'page', namespace: 'default' },
      data: { 'index.html': 'changed\n' },
    } as never)
    bench.run(5_000)
    expect(page()).toBe('hello\n')
    bench.run(120_000)
    expect(page()).toBe('changed\n')
  })
})

describe('the container runtime port', () => {
  it('gets what the catalogue cannot foresee, with environment and files', () => {
    const started: Parameters<ContainerRuntimePort['start']>[] = []
    const signals: string[] = []
    const port: ContainerRuntimePort = {
      start: (...args) => void started.push(args),
      signal: (_id, signal) => void signals.push(signal),
      exec: () => undefined,
      input: () => undefined,
      hangUp: () => undefined,
      readFile: () => undefined,
      remove: () => undefined,
      removePod: () => undefined,
      hasProgram: () => false,
    }
    const bench = makeBench({ images: ['busybox:1.36'], ports: { containers: port, token: () => 'secret-token' } })
    bench.api.put('v1/services', {
      metadata: { name: 'kubernetes', namespace: 'default' },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] },
    } as never)
    bench.run(10)
    addPod(
      bench,
      {
        image: 'busybox:1.36',
        command: ['sh', '-c', 'while true; do date; sleep 1; done'],
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        volumeMounts: [{ name: 'token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true }],
      },
      { volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }] },
    )
    bench.run(3_000)
    const [spec, argv] = started[0] ?? []
    expect(argv).toEqual(['sh', '-c', 'while true; do date; sleep 1; done'])
    expect(spec?.env).toMatchObject({
      IP: '10.244.1.2',
      HOSTNAME: 'web',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
    })
    expect(spec?.files['/etc/resolv.conf']).toBe(
      'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    )
    expect(spec?.mounts[0]?.volume).toMatchObject({ kind: 'files', files: { token: 'secret-token' } })
    bench.kernel.send({
      to: bench.kubelet.address,
      type: 'runtime.output',
      data: { id: spec?.id, stream: 'stdout', text: 'a\nb' },
    })
    bench.kernel.send({ to: bench.kubelet.address, type: 'runtime.exit', data: { id: spec?.id, code: 3 } })
    bench.run(1_500)
    expect(
      bench.kubelet
        .criList()
        .containers.find(({ exitCode }) => exitCode === 3)
        ?.logs.map(({ text }) => text),
    ).toEqual(['a', 'b'])
    bench.run(3_000)
    bench.api.deletePod('web')
    bench.run(31_000)
    expect(signals).toEqual(['TERM', 'KILL'])
  })
})

describe('static pods (F10)', () => {
  it('run from a manifest, with a mirror that comes back', () => {
    const files: Record<string, string> = {
      '/etc/kubernetes/manifests/web.yaml': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'static' },
        spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] },
      }),
    }
    const bench = makeBench({
      images: ['nginx:1.27'],
      ports: {
        files: {
          list: (path) =>
            Object.keys(files)
              .filter((name) => name.startsWith(path))
              .map((name) => name.slice(path.length + 1)),
          read: (path) => files[path],
        },
      },
    })
    bench.run(4_000)
    const mirror = bench.pod('static-worker-1')
    expect(mirror.metadata.annotations).toMatchObject({ 'kubernetes.io/config.source': 'file' })
    expect(mirror.metadata.annotations?.['kubernetes.io/config.mirror']).toBe(
      mirror.metadata.annotations?.['kubernetes.io/config.hash'],
    )
    expect(mirror.status).toMatchObject({ phase: 'Running', podIP: '10.244.1.2' })
    bench.api.remove('v1/pods', 'default', 'static-worker-1')
    bench.run(3_000)
    expect(bench.pod('static-worker-1').status).toMatchObject({ phase: 'Running' })
    expect(bench.pod('static-worker-1').status?.containerStatuses?.[0]?.restartCount).toBe(0)
    delete files['/etc/kubernetes/manifests/web.yaml']
    bench.kubelet.manifestsChanged()
    bench.run(3_000)
    expect(bench.pod('static-worker-1')).toBeUndefined()
    expect(bench.kubelet.criList().containers).toEqual([])
  })
})
