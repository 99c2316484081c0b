/** Our kubectl and our API server, in one process: what one sends, the other understands (K1, K5, C8). */
import { beforeAll, describe, expect, it } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { startApi, type Api } from '../harness/api.ts'
import { runProgram, type Result } from '../harness/proc.ts'

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}]}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: nginx}]}
`

let api: Api

function run(line: string): Result {
  return runProgram(kubectl, ['kubectl', '-s', 'https://cp:6443', '--token=t', ...line.split(' ')], {
    files: { '/root/m.yaml': MANIFEST },
    nowMs: api.kernel.clockMs,
    http: ({ url, request }) => {
      const query = new URLSearchParams(request.query).toString()
      return api.request(
        request.method,
        url.replace(/^https:\/\/[^/]+/, '') + (query ? `?${query}` : ''),
        request.body,
        { headers: request.headers },
      )
    },
  })
}

beforeAll(() => {
  api = startApi()
  expect(run('create -f m.yaml').stdout).toBe('deployment.apps/web created\npod/p created\n')
})

describe('kubectl against the API server', () => {
  const prints = (line: string, ...expected: (string | RegExp)[]) =>
    it(line, () => {
      const { stdout } = run(line)
      expect(stdout.split('\n').map((text) => text.replace(/ +/g, ' ').trim())).toEqual(
        expect.arrayContaining(expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one)))),
      )
    })

  const refuses = (line: string, stderr: string) =>
    it(line, () => {
      const result = run(line)
      expect([result.stderr, result.code]).toEqual([`${stderr}\n`, 1])
    })

  prints('get pods', 'NAME READY STATUS RESTARTS AGE', 'p 0/1 Pending 0 0s')
  prints(
    'get all',
    'pod/p 0/1 Pending 0 0s',
    /^service\/kubernetes ClusterIP 10\.96\.0\.1 <none> 443\/TCP \ds$/,
    'deployment.apps/web 0/2 0 0 0s',
  )
  prints(
    'get deploy -o wide',
    'NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR',
    'web 0/2 0 0 0s nginx nginx app=web',
  )
  prints('get ns -o name', 'namespace/default', 'namespace/kube-system')
  prints('get deploy web -o jsonpath={.spec.replicas}', '2')
  prints(
    'describe deploy web',
    'Replicas: 2 desired | 0 updated | 0 total | 0 available | 0 unavailable',
    'Port: 80/TCP',
    'Events: <none>',
  )
  prints(
    'describe pod p',
    'QoS Class: BestEffort',
    'Type: Projected (a volume that contains injected data from multiple sources)',
  )
  prints('api-resources --api-group=apps', 'deployments deploy apps/v1 true Deployment')
  prints(
    'explain deploy.spec.strategy',
    'KIND: Deployment',
    'FIELD: strategy <DeploymentStrategy>',
    'rollingUpdate\t<RollingUpdateDeployment>',
  )
  prints('auth can-i create pods', 'yes')
  prints('auth whoami', 'Username kubernetes-admin', 'Groups [system:masters system:authenticated]')
  prints('get --raw /healthz', 'ok')

  refuses('get pods nope', 'Error from server (NotFound): pods "nope" not found')
  refuses('get foo', 'error: the server doesn\'t have a resource type "foo"')
  refuses('get pods -n nowhere x', 'Error from server (NotFound): namespaces "nowhere" not found')
  refuses(
    'get pods --as=jane',
    'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  )
  refuses(
    'get pods --field-selector=spec.containers=x',
    'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.containers=x": field label not supported: spec.containers',
  )
})
