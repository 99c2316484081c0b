/** Tables, watches, connection errors and warnings of `kubectl get` (K1, K5; recordings of get formats and watches). */
import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../../engine/fabric/http.ts'
import type { Outgoing } from '../../engine/host/process.ts'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram, type Machine } from '../harness/proc.ts'
import { fixedServer } from './cluster.ts'

const COLUMNS = [
  { name: 'Name' },
  { name: 'Ready' },
  { name: 'Status' },
  { name: 'Restarts' },
  { name: 'Age' },
  { name: 'IP', priority: 1 },
  { name: 'Node', priority: 1 },
]

const row = (name: string, status: string, labels: Record<string, string> = {}) => ({
  cells: [name, status === 'Running' ? '1/1' : '0/1', status, 0, '1s', '10.244.0.1', 'z2'],
  object: { metadata: { name, namespace: 'default', labels } },
})

const table = (...rows: unknown[]) => ({
  kind: 'Table',
  metadata: { resourceVersion: '7' },
  columnDefinitions: COLUMNS,
  rows,
})

const solo = row('solo', 'ContainerCreating', { tier: 'cache', env: 'dev' })
const web = row('web-7b84c5f95f-slvtr', 'Running', { app: 'web' })

const plain = fixedServer()

function server(outgoing: Outgoing): HttpResponse {
  const path = outgoing.url.replace(/^[a-z]+:\/\/[^/]+/, '')
  const headers: Record<string, string> = { warning: '299 - "v1 Pod is \\"old\\"", 299 - "second"' }
  if (path === '/api/v1/namespaces/default/pods') return { code: 200, headers, body: table(solo, web) }
  if (path === '/api/v1/pods') return { code: 200, headers: {}, body: table(solo, web) }
  if (path === '/api/v1/namespaces/default/pods/solo') return { code: 200, headers: {}, body: table(solo) }
  if (path === '/api/v1/namespaces/default/services') return { code: 200, headers: {}, body: table() }
  return plain(outgoing)
}

const get = (words: string, machine: Machine = {}) =>
  runProgram(kubectl, ['kubectl', '-s', 'http://10.0.0.1:6443', 'get', ...words.split(' ')], {
    http: server,
    ...machine,
  })

describe('kubectl get prints the tables the server makes', () => {
  const check = (words: string, expected: string) =>
    it(words, () => {
      expect(get(words).stdout).toBe(expected)
    })

  check(
    'pods',
    'NAME                   READY   STATUS              RESTARTS   AGE\nsolo                   0/1     ContainerCreating   0          1s\nweb-7b84c5f95f-slvtr   1/1     Running             0          1s\n',
  )
  check(
    'pod solo -o wide',
    'NAME   READY   STATUS              RESTARTS   AGE   IP           NODE\nsolo   0/1     ContainerCreating   0          1s    10.244.0.1   z2\n',
  )
  check(
    'pod solo --show-labels',
    'NAME   READY   STATUS              RESTARTS   AGE   LABELS\nsolo   0/1     ContainerCreating   0          1s    env=dev,tier=cache\n',
  )
  check(
    'pods -L app,tier --no-headers',
    'solo                   0/1   ContainerCreating   0     1s          cache\nweb-7b84c5f95f-slvtr   1/1   Running             0     1s    web   \n',
  )
  check('pod solo -A --show-kind', '')
  check(
    'pods -A --no-headers',
    'default   solo                   0/1   ContainerCreating   0     1s\ndefault   web-7b84c5f95f-slvtr   1/1   Running             0     1s\n',
  )
  check(
    'po,svc',
    'NAME                       READY   STATUS              RESTARTS   AGE\npod/solo                   0/1     ContainerCreating   0          1s\npod/web-7b84c5f95f-slvtr   1/1     Running             0          1s\n',
  )
})

describe('what kubectl get says on stderr', () => {
  it('prints a warning of the server once (C8)', () => {
    expect(get('pods').stderr).toBe('Warning: v1 Pod is "old"\nWarning: second\n')
  })

  it('says that nothing was found, and succeeds', () => {
    const { stderr, code } = get('svc')
    expect([stderr, code]).toEqual(['No resources found in default namespace.\n', 0])
  })

  it('prints what is there before what is not', () => {
    const { stdout, stderr, code } = get('pod solo nosuch')
    expect([stdout.split('\n').length, stderr, code]).toEqual([
      3,
      'Error from server (NotFound): pods "nosuch" not found\n',
      1,
    ])
  })

  it('takes a sort field that no row has for an empty list (recording 03)', () => {
    expect(get('pods --sort-by=.spec.bogus').stderr).toContain('No resources found in default namespace.\n')
  })

  it('logs five failed discoveries, then that the server refused (K5)', () => {
    const { stderr, code } = get('pods', { http: undefined })
    const line =
      /^E1121 01:30:00\.000000 +4711 memcache\.go:265\] "Unhandled Error" err="couldn't get current server API group list: Get \\"http:\/\/10\.0\.0\.1:6443\/api\?timeout=32s\\": dial tcp 10\.0\.0\.1:6443: connect: connection refused"$/
    const lines = stderr.trimEnd().split('\n')
    expect(lines.slice(0, 5).every((text) => line.test(text))).toBe(true)
    expect(lines[5]).toBe(
      'The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?',
    )
    expect([lines.length, code]).toEqual([6, 1])
  })

  it('says why no connection came about (K5)', () => {
    const failure = {
      failure: 'tls' as const,
      message: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    }
    const { stderr } = runProgram(
      kubectl,
      ['kubectl', '-s', 'https://10.0.0.1:6443', '--token=t', 'get', '--raw', '/version'],
      {
        http: () => failure,
      },
    )
    expect(stderr).toBe(`Unable to connect to the server: ${failure.message}\n`)
  })

  it('asks to log in when the credentials are refused (K5)', () => {
    const body = { kind: 'Status', status: 'Failure', reason: 'Unauthorized', message: 'Unauthorized', code: 401 }
    const { stderr, code } = get('pods', { http: () => ({ code: 401, headers: {}, body }) })
    expect([stderr, code]).toEqual(['error: You must be logged in to the server (Unauthorized)\n', 1])
  })
})

describe('kubectl get --watch', () => {
  const chunks = [
    { chunk: { type: 'MODIFIED', object: table(row('solo', 'Running')) }, afterMs: 500 },
    { chunk: { type: 'ADDED', object: { kind: 'Table', rows: [row('a-much-longer-name', 'Pending')] } } },
    { chunk: { type: 'DELETED', object: { kind: 'Table', rows: [row('solo', 'Running')] } } },
  ]
  const stream: Machine['stream'] = () => ({ response: { code: 200, headers: {}, streaming: true }, chunks })

  it('lets columns only grow (K1, recording 05)', () => {
    expect(get('pod solo -w', { stream }).stdout).toBe(
      [
        'NAME   READY   STATUS              RESTARTS   AGE',
        'solo   0/1     ContainerCreating   0          1s',
        'solo   1/1     Running             0          1s',
        'a-much-longer-name   0/1     Pending             0          1s',
        'solo                 1/1     Running             0          1s',
        '',
      ].join('\n'),
    )
  })

  it('names the events when asked', () => {
    const { stdout } = get('pod solo --watch-only --output-watch-events', { stream })
    expect(stdout.split('\n').map((line) => line.split(/ +/)[0])).toEqual(['EVENT', 'MODIFIED', 'ADDED', 'DELETED', ''])
  })

  it('watches from the revision of the list, by name', () => {
    const { requests } = get('pods -w -l app=web', { stream })
    expect(requests.at(-1)!.request.query).toEqual({ labelSelector: 'app=web', watch: 'true', resourceVersion: '7' })
    expect(get('pod solo -w', { stream }).requests.at(-1)!.request.query.fieldSelector).toBe('metadata.name=solo')
  })
})
