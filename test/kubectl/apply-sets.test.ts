/** `apply --prune` and its sets, manifests from URLs and `-k`, the last-applied annotation in an editor (K4, U3). */
import { describe, expect, test } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { applySetId } from '../../engine/tools/kubectl/verbs/apply/apply-set.ts'
import { upgraded } from '../../engine/tools/kubectl/verbs/apply/managers.ts'
import { parseAllowed } from '../../engine/tools/kubectl/verbs/apply/prune.ts'
import { typedObject } from '../../engine/tools/kubectl/verbs/set/typed.ts'
import { runProgram } from '../harness/proc.ts'
import { KUBECONFIG, MutableApi } from './mutable-api.ts'

const configMap = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default, labels: {set: s}}\n`

const files = {
  '/root/.kube/config': KUBECONFIG,
  '/root/set.yaml': ['p1', 'p2', 'p3'].map(configMap).join('---\n'),
  '/root/less.yaml': ['p1', 'p2'].map(configMap).join('---\n'),
  '/root/k/kustomization.yaml': 'namePrefix: x-\nresources: [cm.yaml]\n',
  '/root/k/cm.yaml': configMap('k'),
}

const run = (argv: string[], api: MutableApi, extra: Parameters<typeof runProgram>[2] = {}) =>
  runProgram(kubectl, ['kubectl', ...argv], { files, release: '1.33.2', http: api.http, ...extra })

describe('apply --prune', () => {
  const allowed = ['--prune-allowlist=core/v1/ConfigMap']

  test('deletes what was applied once and is not there any more', () => {
    const api = new MutableApi([])
    run(['apply', '-f', 'set.yaml'], api)
    const { stdout } = run(['apply', '-f', 'less.yaml', '-l', 'set=s', '--prune', ...allowed], api)
    expect(stdout).toBe('configmap/p1 unchanged\nconfigmap/p2 unchanged\nconfigmap/p3 pruned\n')
    expect(api.get('configmaps', 'p3')).toBeUndefined()
  })

  test('leaves alone what was never applied', () => {
    const api = new MutableApi([])
    run(['create', 'cm', 'own'], api)
    run(['apply', '-f', 'less.yaml', '--all', '--prune', ...allowed], api)
    expect(api.get('configmaps', 'own')).toBeDefined()
  })

  test('asks for --all or a selector', () => {
    const { stderr, code } = run(['apply', '-f', 'less.yaml', '--prune'], new MutableApi([]))
    expect(stderr).toBe(
      'error: all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector\n',
    )
    expect(code).toBe(1)
  })

  test('--prune-allowlist is group, version and kind', () => {
    expect(parseAllowed('core/v1/ConfigMap')).toEqual(['v1', 'ConfigMap'])
    expect(parseAllowed('apps/v1/Deployment')).toEqual(['apps/v1', 'Deployment'])
    expect(() => parseAllowed('ConfigMap')).toThrow(
      'invalid GroupVersionKind format: ConfigMap, please follow <group/version/kind>',
    )
  })
})

test('a set is named by the SHA-256 of its parent', () => {
  expect(applySetId('mine', 'default', 'Secret', '')).toBe('applyset-ys5EGYi_BUuUvnOWurgroZiPpCfcP_mpZ8wXIg4nomo-v1')
})

test('--applyset is a flag only when KUBECTL_APPLYSET is set', () => {
  const { stderr } = run(['apply', '-f', 'less.yaml', '--applyset=x'], new MutableApi([]))
  expect(stderr).toBe("error: unknown flag: --applyset\nSee 'kubectl apply --help' for usage.\n")
})

test('the fields of client-side apply move to the manager of server-side apply', () => {
  const annotation = 'f:kubectl.kubernetes.io/last-applied-configuration'
  const fieldsV1 = { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:annotations': { [annotation]: {} } } }
  const managedFields = [
    { manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:data': { 'f:b': {} } } },
    { manager: 'kubectl-client-side-apply', operation: 'Update', fieldsV1 },
    { manager: 'other', operation: 'Update', fieldsV1: {} },
  ]
  const moved = upgraded({ metadata: { name: 'x', managedFields } }, 'kubectl')
  expect(moved?.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual(['kubectl Apply', 'other Update'])
  expect(moved?.[0]?.fieldsV1).toMatchObject({ 'f:data': { 'f:a': {}, 'f:b': {} } })
  expect(upgraded({ metadata: { managedFields: [managedFields[0]] } }, 'kubectl')).toBeUndefined()
})

describe('manifests from elsewhere', () => {
  test('-k builds and sends', () => {
    const api = new MutableApi([])
    expect(run(['apply', '-k', 'k'], api).stdout).toBe('configmap/x-k created\n')
    expect(run(['delete', '-k', 'k'], api).stdout).toBe('configmap "x-k" deleted\n')
  })

  test('-f and -k exclude each other', () => {
    const { stderr } = run(['create', '-k', 'k', '-f', 'set.yaml'], new MutableApi([]))
    expect(stderr).toBe('error: only one of -f or -k can be specified\n')
  })

  const served = (code: number, body: string) => {
    const api = new MutableApi([])
    const http: MutableApi['http'] = (outgoing) =>
      outgoing.url.startsWith('http://files') ? { code, headers: {}, body } : api.http(outgoing)
    return run(['apply', '-f', 'http://files/cm.yaml'], api, { http })
  }

  test('a URL is fetched', () => {
    expect(served(200, configMap('far')).stdout).toBe('configmap/far created\n')
  })

  test('a URL that is not there is told with its status', () => {
    expect(served(404, '').stderr).toBe(
      'error: unable to read URL "http://files/cm.yaml", server reported 404 Not Found, status code=404\n',
    )
  })

  test('a server error is tried three times', () => {
    expect(served(503, '').requests.filter(({ url }) => url.startsWith('http://files'))).toHaveLength(3)
  })
})

test('apply edit-last-applied changes the annotation alone', () => {
  const api = new MutableApi([])
  run(['apply', '-f', 'less.yaml'], api)
  const edit = (text: string) => text.replace('set: s', 'set: t')
  const { stdout } = run(['apply', 'edit-last-applied', 'cm/p1'], api, { edit })
  expect(stdout).toBe('configmap/p1 edited\n')
  const { labels, annotations } = api.get('configmaps', 'p1')!.metadata
  expect(labels).toEqual({ set: 's' })
  expect(JSON.stringify(annotations)).toContain('\\"set\\":\\"t\\"')
})

test('set --local prints what Go’s types always write; from 1.34 on without creationTimestamp', () => {
  const object = { kind: 'Deployment', spec: { template: { spec: { containers: [{ name: 'a' }] } } } }
  expect(typedObject(object, 33)).toEqual({
    kind: 'Deployment',
    metadata: { creationTimestamp: null },
    spec: {
      strategy: {},
      template: { metadata: { creationTimestamp: null }, spec: { containers: [{ name: 'a', resources: {} }] } },
    },
    status: {},
  })
  expect(typedObject(object, 34).metadata).toEqual({})
})
