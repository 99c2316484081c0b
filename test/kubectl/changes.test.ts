/** The changing verbs, held against what kubectl 1.33 printed on a server with the same objects (K4, K5, I1, I2). */
import { describe, expect, test } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram } from '../harness/proc.ts'
import { files, objects } from './fixtures.ts'
import goldens from './goldens/changes.json' with { type: 'json' }
import { KUBECONFIG, MutableApi } from './mutable-api.ts'

const machine = (api: MutableApi, release: string) => ({
  release,
  files: {
    '/root/.kube/config': KUBECONFIG,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`/root/${name}`, text])),
  },
  http: api.http,
  stream: () => ({ response: { code: 200, headers: {} }, chunks: [] }),
})

const run = (argv: string[], api = new MutableApi(objects()), release = '1.35.2') =>
  runProgram(kubectl, ['kubectl', ...argv], machine(api, release))

describe('the changing verbs print what kubectl 1.33 prints', () => {
  for (const golden of goldens) {
    test(golden.argv.join(' '), () => {
      const { code, stdout, stderr } = run(golden.argv, new MutableApi(objects()), '1.33.2')
      expect({ code, stdout, stderr }).toEqual({ code: golden.code, stdout: golden.stdout, stderr: golden.stderr })
    })
  }
})

describe('delete', () => {
  test('tells the namespace from 1.34 on (K4)', () => {
    expect(run(['delete', 'pod', 'a']).stdout).toBe('pod "a" deleted from default namespace\n')
    expect(run(['delete', 'node', 'n1']).stdout).toBe('node "n1" deleted\n')
  })

  test('waits until the object is gone, and says when it is not', () => {
    const api = new MutableApi(objects())
    api.intercept = ({ method }, path) =>
      method === 'DELETE'
        ? { code: 200, headers: {}, body: api.get('configmaps', 'cfg') }
        : path.includes('watch')
          ? undefined
          : undefined
    const { code, stderr } = run(['delete', 'cm', 'cfg', '--timeout=2s'], api)
    expect(stderr).toBe('error: timed out waiting for the condition on configmaps/cfg\n')
    expect(code).toBe(1)
  })
})

describe('drain', () => {
  const refusing = (until: number) => {
    const api = new MutableApi(objects())
    let tries = 0
    api.intercept = (_, path) =>
      path.endsWith('/eviction') && ++tries <= until
        ? {
            code: 429,
            headers: {},
            body: {
              kind: 'Status',
              status: 'Failure',
              reason: 'TooManyRequests',
              code: 429,
              message: "Cannot evict pod as it would violate the pod's disruption budget.",
            },
          }
        : undefined
    return api
  }

  test('tries again after five seconds while a budget forbids it (I2)', () => {
    const { code, stdout, stderr, nowMs } = run(['drain', 'n1', '--ignore-daemonsets', '--force'], refusing(1))
    expect(stdout).toBe(
      'node/n1 cordoned\nevicting pod default/a\nevicting pod default/a\npod/a evicted\nnode/n1 drained\n',
    )
    expect(stderr).toBe(
      'Warning: deleting Pods that declare no controller: default/a; ignoring DaemonSet-managed Pods: default/ds-1\n' +
        'error when evicting pods/"a" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod\'s disruption budget.\n',
    )
    expect(nowMs - Date.UTC(2026, 10, 21, 1, 30)).toBe(5000)
    expect(code).toBe(0)
  })

  test('gives up at the timeout, the node stays cordoned (I2)', () => {
    const api = refusing(99)
    const { code, stdout, stderr } = run(['drain', 'n1', '--ignore-daemonsets', '--force', '--timeout=7s'], api)
    expect(stdout).toBe('node/n1 cordoned\nevicting pod default/a\nevicting pod default/a\nevicting pod default/a\n')
    const why = 'error when evicting pods/"a" -n "default": global timeout reached: 7s'
    expect(stderr.split('\n').slice(3)).toEqual([
      `There are pending pods in node "n1" when an error occurred: ${why}`,
      'pod/a',
      `error: unable to drain node "n1" due to error: ${why}, continuing command...`,
      'There are pending nodes to be drained:',
      ' n1',
      why,
      '',
    ])
    expect(code).toBe(1)
    expect((api.get('nodes', 'n1')!.spec as { unschedulable: boolean }).unschedulable).toBe(true)
  })
})

describe('apply', () => {
  test('takes away what was applied last and is no longer there, keeps what others set', () => {
    const api = new MutableApi(objects())
    expect(run(['apply', '-f', 'cm.yaml'], api).stdout).toBe('configmap/app configured\n')
    expect(api.get('configmaps', 'app')!.data).toEqual({ a: '2', other: 'y' })
    expect(run(['apply', '-f', 'cm.yaml'], api).stdout).toBe('configmap/app unchanged\n')
  })

  test('conflicts of server-side apply come with advice', () => {
    const api = new MutableApi(objects())
    api.intercept = ({ method }) =>
      method === 'PATCH'
        ? {
            code: 409,
            headers: {},
            body: {
              kind: 'Status',
              reason: 'Conflict',
              code: 409,
              message: 'Apply failed with 1 conflict: conflict with "kubectl": .data.color',
            },
          }
        : undefined
    const { stderr, requests } = run(['apply', '--server-side', '-f', 'cm.yaml'], api)
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      'error: Apply failed with 1 conflict: conflict with "kubectl": .data.color',
      'Please review the fields above--they currently have other managers. Here',
    ])
    expect(requests.at(-1)!.request.query).toEqual({
      fieldManager: 'kubectl',
      fieldValidation: 'Strict',
      force: 'false',
    })
  })
})

test('diff shows hunks and ends with 1', () => {
  const { code, stdout } = run(['diff', '-f', 'cm2.yaml'])
  expect(code).toBe(1)
  expect(
    stdout
      .split('\n')
      .filter((line) => /^[+-] /.test(line))
      .slice(0, 2),
  ).toEqual(['-  COLOR: blue', '+  COLOR: red'])
  expect(run(['diff', '-f', 'same.yaml']).code).toBe(0)
})

test('diff hides the values of Secrets', () => {
  const { stdout } = run(['diff', '-f', 'sec.yaml'])
  expect(stdout).toContain("-  pw: '*** (before)'\n+  pw: '*** (after)'\n")
})

test('run --rm deletes the pod when it has ended, and hands on its exit code', () => {
  const api = new MutableApi([])
  api.intercept = ({ method }, path) => {
    if (method === 'GET' && path.endsWith('/log')) return { code: 200, headers: {}, body: 'hello\n' }
    const pod = api.get('pods', 't')
    if (method !== 'GET' || !path.endsWith('/pods/t') || !pod) return undefined
    const status = { phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] }
    return { code: 200, headers: {}, body: { ...pod, status } }
  }
  const { code, stdout, stderr } = run(['run', 't', '--image=busybox', '-i', '--rm', '--restart=Never', '--', 'x'], api)
  expect(stdout).toBe('hello\npod "t" deleted from default namespace\n')
  expect(stderr).toBe('pod default/t terminated (Error)\n')
  expect(code).toBe(3)
})

describe('edit', () => {
  const edit = (change: (text: string) => string, api = new MutableApi(objects())) =>
    runProgram(kubectl, ['kubectl', 'edit', 'cm', 'cfg'], { ...machine(api, '1.35.2'), edit: change })

  test('sends what was changed', () => {
    const api = new MutableApi(objects())
    expect(edit((text) => text.replace('blue', 'red'), api).stdout).toBe('configmap/cfg edited\n')
    expect((api.get('configmaps', 'cfg')!.data as { COLOR: string }).COLOR).toBe('red')
  })

  test('an unchanged file cancels', () => {
    expect(edit((text) => text)).toMatchObject({ code: 0, stderr: 'Edit cancelled, no changes made.\n' })
  })

  test('an empty file is no object', () => {
    const { code, stderr } = edit(() => '')
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^error: configmaps "cfg" is invalid\nA copy of your changes has been stored to "\/tmp\/kubectl-edit-\d+\.yaml"\nerror: Edit cancelled, no valid changes were saved\.\n$/,
    )
  })

  test('a refused change is shown again, and kept when the person gives up', () => {
    const api = new MutableApi(objects())
    const causes = [{ field: 'data', message: 'Forbidden: no' }]
    api.intercept = ({ method }) =>
      method === 'PATCH'
        ? {
            code: 422,
            headers: {},
            body: {
              kind: 'Status',
              reason: 'Invalid',
              code: 422,
              message: 'x',
              details: { name: 'cfg', kind: 'ConfigMap', causes },
            },
          }
        : undefined
    const seen: string[] = []
    const { code, stderr, files: left } = edit((text) => (seen.push(text), text.replace('blue', 'red')), api)
    expect(stderr).toMatch(
      /^error: configmaps "cfg" is invalid\nA copy of your changes has been stored to "(\/tmp\/kubectl-edit-\d+\.yaml)"\nerror: Edit cancelled, no valid changes were saved.\n$/,
    )
    expect(seen[1]).toContain('# configmaps "cfg" was not valid:\n# * data: Forbidden: no\n#\n')
    expect(Object.keys(left).some((name) => name.startsWith('/tmp/kubectl-edit-'))).toBe(true)
    expect(code).toBe(1)
  })
})

test("create rolebinding's --user is no user of the kubeconfig", () => {
  expect(run(['create', 'rolebinding', 'x', '--role=r', '--user=nobody']).stdout).toBe(
    'rolebinding.rbac.authorization.k8s.io/x created\n',
  )
})

test('diff ends with 2 when it fails', () => {
  expect(run(['diff', '-f', 'nosuch.yaml'])).toMatchObject({
    code: 2,
    stderr: 'error: the path "nosuch.yaml" does not exist\n',
  })
})
