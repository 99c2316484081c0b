/** logs, exec, wait, explain, completion (K4; recordings 17, 18, 50). */
import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../../engine/fabric/http.ts'
import type { Outgoing } from '../../engine/host/process.ts'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram, type Machine } from '../harness/proc.ts'
import { fixedServer } from './cluster.ts'

const plain = fixedServer()

const openapi = {
  components: {
    schemas: {
      'io.k8s.api.core.v1.Pod': {
        type: 'object',
        description:
          'Pod is a collection of containers that can run on a host. This resource is created by clients and scheduled onto hosts.',
        properties: {
          spec: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }], description: 'The spec.' },
          kind: { type: 'string' },
        },
        'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Pod' }],
      },
      'io.k8s.api.core.v1.PodSpec': {
        type: 'object',
        description: 'PodSpec is a description of a pod.',
        required: ['containers'],
        properties: {
          containers: {
            type: 'array',
            items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }] },
            description: 'List of containers.',
          },
          restartPolicy: { type: 'string', enum: ['Always', 'Never'] },
        },
      },
      'io.k8s.api.core.v1.Container': { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    },
  },
}

function server(outgoing: Outgoing): HttpResponse {
  if (outgoing.url.endsWith('/pods/full/log'))
    return { code: 200, headers: {}, body: `line 1 of ${outgoing.request.query.container}\nline 2\n` }
  if (outgoing.url.endsWith('/openapi/v3/api/v1')) return { code: 200, headers: {}, body: openapi }
  return plain(outgoing)
}

const run = (argv: string[], machine: Machine = {}) =>
  runProgram(kubectl, ['kubectl', '-s', 'http://10.0.0.1:6443', ...argv], { http: server, ...machine })

describe('kubectl logs', () => {
  it('takes the first container and says so', () => {
    const { stdout, stderr } = run(['logs', 'full'])
    expect([stdout, stderr]).toEqual([
      'line 1 of web\nline 2\n',
      'Defaulted container "web" out of: web, side, init (init)\n',
    ])
  })

  it('prefixes every line, init containers first', () => {
    expect(run(['logs', 'full', '--all-containers', '--prefix']).stdout.split('\n').slice(0, 3)).toEqual([
      '[pod/full/init] line 1 of init',
      '[pod/full/init] line 2',
      '[pod/full/web] line 1 of web',
    ])
  })

  it('asks for what the flags say', () => {
    const { requests } = run(['logs', 'full', '-c', 'side', '-p', '--tail=3', '--since=90s', '--timestamps'])
    expect(requests.at(-1)!.request.query).toEqual({
      container: 'side',
      previous: 'true',
      sinceSeconds: '90',
      timestamps: 'true',
      tailLines: '3',
    })
  })

  it('follows a stream to its end', () => {
    const stream: Machine['stream'] = () => ({
      response: { code: 200, headers: {} },
      chunks: [{ chunk: 'a\nb' }, { chunk: 'c\n' }],
    })
    expect(run(['logs', '-f', 'full', 'side', '--prefix'], { stream }).stdout).toBe(
      '[pod/full/side] a\n[pod/full/side] bc\n',
    )
  })
})

describe('kubectl exec', () => {
  const answering = (...chunks: unknown[]): Machine => ({
    stream: () => ({ response: { code: 200, headers: {} }, chunks: chunks.map((chunk) => ({ chunk })) }),
  })

  it('prints both outputs and ends with the code of the command', () => {
    const { stdout, stderr, code } = run(
      ['exec', 'full', '-c', 'web', '--', 'sh', '-c', 'exit 7'],
      answering(
        { channel: 'stdout', data: 'out\n' },
        { channel: 'stderr', data: 'oops\n' },
        { channel: 'error', data: { status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: '7' }] } } },
      ),
    )
    expect([stdout, stderr, code]).toEqual(['out\n', 'oops\ncommand terminated with exit code 7\n', 7])
  })

  it('tells why a command could not start', () => {
    const { stderr, code } = run(
      ['exec', 'full', '-c', 'web', '--', 'nope'],
      answering({ channel: 'error', data: { status: 'Failure', message: 'Internal error occurred: no such file' } }),
    )
    expect([stderr, code]).toEqual(['error: Internal error occurred: no such file\n', 1])
  })
})

describe('kubectl wait', () => {
  it('waits for the event that brings the condition', () => {
    const pod = { kind: 'Pod', metadata: { name: 'bare' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }
    const stream: Machine['stream'] = () => ({
      response: { code: 200, headers: {} },
      chunks: [{ chunk: { type: 'MODIFIED', object: pod }, afterMs: 4000 }],
    })
    const { stdout, code } = run(['wait', '--for=condition=Ready', 'pod/bare', '--timeout=10s'], { stream })
    expect([stdout, code]).toEqual(['pod/bare condition met\n', 0])
  })

  it('gives up at the timeout, on virtual time', () => {
    const stream: Machine['stream'] = () => ({ response: { code: 200, headers: {} }, chunks: [] })
    const start = 1_000_000
    const { stderr, code, nowMs } = run(['wait', '--for=condition=Ready', 'pod/bare', '--timeout=5s'], {
      stream,
      nowMs: start,
    })
    expect([stderr, code, nowMs - start]).toEqual([
      'error: timed out waiting for the condition on pods/bare\n',
      1,
      5000,
    ])
  })

  it('counts what is not there as deleted', () => {
    expect(run(['wait', '--for=delete', 'pod/nope']).code).toBe(0)
  })
})

describe('kubectl explain', () => {
  it('prints a type and its fields', () => {
    expect(run(['explain', 'pod']).stdout).toBe(
      'KIND:       Pod\nVERSION:    v1\n\nDESCRIPTION:\n    Pod is a collection of containers that can run on a host. This resource is\n    created by clients and scheduled onto hosts.\n    \nFIELDS:\n  kind\t<string>\n    <no description>\n\n  spec\t<PodSpec>\n    The spec.\n\n\n',
    )
  })

  it('walks into lists and marks what is required', () => {
    expect(run(['explain', 'po.spec.containers', '--recursive']).stdout).toBe(
      'KIND:       Pod\nVERSION:    v1\n\nFIELD: containers <[]Container>\n\n\nDESCRIPTION:\n    List of containers.\n    \nFIELDS:\n  name\t<string> -required-\n\n',
    )
  })

  it('knows when there is no such field', () => {
    expect(run(['explain', 'pod.spec.bogus']).stderr).toBe('error: field "bogus" does not exist\n')
  })
})

describe('completion', () => {
  const completed = (...words: string[]): string[] =>
    run(['__complete', ...words])
      .stdout.split('\n')
      .filter(Boolean)

  it('gives commands, flags, types, names and kubeconfig entries', () => {
    const at = (...words: string[]) =>
      runProgram(kubectl, ['kubectl', '__complete', ...words], { http: server })
        .stdout.split('\n')
        .filter(Boolean)
    expect(at('desc')).toEqual(['describe'])
    expect(at('rollout', 'un')).toEqual(['undo'])
    expect(at('get', '--show-l')).toEqual(['--show-labels'])
    expect(at('get', 'deploym')).toEqual(['deployments'])
    expect(at('describe', 'po', 'f')).toEqual(['full'])
    expect(at('get', 'po/b')).toEqual(['po/bare'])
    expect(at('logs', '')).toEqual(['bare', 'full'])
    expect(completed('zzz')).toEqual([])
  })
})
