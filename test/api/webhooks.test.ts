/** Which webhooks are asked, in which order, and what they are told. The answers come from a flight's outside. */
import { describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'
import type { FlightListeners } from '../../engine/index.ts'

type OutsideRequest = Parameters<NonNullable<FlightListeners['outside']>>[0]

interface Request {
  uid: string
  name?: string
  operation: string
  dryRun: boolean
  kind: { group: string; version: string; kind: string }
  requestKind: { version: string }
  object: { metadata: { name?: string; labels?: Record<string, string> } } | null
  oldObject: object | null
  userInfo: { username: string }
}

interface World {
  flight: Flight
  asked: { path: string; request: Request }[]
  hook: (kind: 'Mutating' | 'Validating', name: string, path: string, more?: object) => Promise<void>
  script: (text: string) => Promise<string>
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A path says what its webhook does: `/label/a`, `/deny`, `/allow`, `/break`. */
function answer(path: string, request: Request): object {
  const [, verb, label = ''] = path.split('/')
  if (verb === 'deny') return { uid: request.uid, allowed: false, status: { reason: 'Conflict', code: 409 } }
  if (verb === 'break') return { uid: 'another', allowed: true }
  if (verb === 'warn') return { uid: request.uid, allowed: true, warnings: ['think twice'] }
  if (verb !== 'label') return { uid: request.uid, allowed: true }
  const labels = {
    ...request.object?.metadata.labels,
    [label]: String(Object.keys(request.object?.metadata.labels ?? {}).length),
  }
  const patch = base64(JSON.stringify([{ op: 'add', path: '/metadata/labels', value: labels }]))
  return { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch }
}

async function world(): Promise<World> {
  const asked: World['asked'] = []
  let flight: Flight | undefined
  const outside = ({ id, url, body }: OutsideRequest): void => {
    const path = new URL(url).pathname
    const { request } = JSON.parse(body) as { request: Request }
    asked.push({ path, request })
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer(path, request) }
    queueMicrotask(() =>
      flight?.input({ kind: 'outside.answer', id, answer: { response: { code: 200, headers: {}, body: review } } }),
    )
  }
  flight = await Flight.launch(
    { seed: '1', epochMs: Date.UTC(2026, 0, 1), release: '1.35', controlPlanes: 1, workers: 1 },
    { outside },
  )
  const script = async (text: string): Promise<string> => {
    const { stdout, stderr } = await (flight as Flight).script(text)
    return stdout + stderr
  }
  const hook: World['hook'] = async (kind, name, path, more = {}) => {
    const webhook = {
      name: `${name}.example.com`,
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
      objectSelector: { matchExpressions: [{ key: 'test', operator: 'Exists' }] },
      clientConfig: { url: `https://hooks.example.com${path}` },
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      ...more,
    }
    const body = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name },
      webhooks: [webhook],
    }
    const made = await script(`kubectl create -f - <<'E'\n${JSON.stringify(body)}\nE`)
    expect(made).toContain('created')
  }
  return { flight, asked, hook, script }
}

const configMap = (metadata: object): string =>
  `kubectl create -f - <<'E'\n${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { labels: { test: '0' }, ...metadata } })}\nE\n`

describe('webhooks', () => {
  it('are asked by name; those that want to are asked again after a later change', async () => {
    const { hook, script, asked } = await world()
    await hook('Mutating', 'b-second', '/label/b')
    await hook('Mutating', 'a-first', '/label/a', { reinvocationPolicy: 'IfNeeded' })
    await hook('Validating', 'c-last', '/allow')
    await script(configMap({ name: 'one' }))
    expect(asked.map(({ path }) => path)).toEqual(['/label/a', '/label/b', '/label/a', '/allow'])
    expect(await script(`kubectl get cm one -o jsonpath='{.metadata.labels}'`)).toBe('{"a":"3","b":"2","test":"0"}')
  })

  it('are told what the request is', async () => {
    const { hook, script, asked } = await world()
    await hook('Mutating', 'first', '/allow')
    await hook('Validating', 'last', '/allow')
    await script(`${configMap({ generateName: 'made-' })}kubectl get cm -l test -o name`)
    expect(asked[0]?.request).toMatchObject({
      operation: 'CREATE',
      dryRun: false,
      oldObject: null,
      userInfo: { username: 'kubernetes-admin' },
    })
    expect(asked[0]?.request.object?.metadata.name).toBeUndefined()
    expect(asked[1]?.request.object?.metadata.name).toMatch(/^made-/)
    await script('kubectl delete cm -l test')
    expect(asked.at(-1)?.request).toMatchObject({ operation: 'DELETE', object: null, oldObject: { kind: 'ConfigMap' } })
  })

  it('refuse in their own words, warn, and must answer what was asked', async () => {
    const { hook, script } = await world()
    await hook('Validating', 'a-warns', '/warn')
    expect(await script(configMap({ name: 'one' }))).toContain('Warning: think twice\n')
    await hook('Validating', 'b-denies', '/deny')
    expect(await script(configMap({ name: 'two' }))).toContain(
      'Error from server (Conflict): error when creating "STDIN": admission webhook "b-denies.example.com" denied the request: Conflict\n',
    )
    await script('kubectl delete validatingwebhookconfiguration b-denies')
    await hook('Validating', 'c-breaks', '/break')
    expect(await script(configMap({ name: 'two' }))).toMatch(
      /failed calling webhook "c-breaks.example.com": received invalid webhook response: expected response.uid="[-0-9a-f]+", got "another"/,
    )
  })

  it('are not asked about the objects that configure them', async () => {
    const { hook, script, asked } = await world()
    const all = {
      rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }],
      objectSelector: {},
    }
    await hook('Validating', 'everything', '/deny', {
      ...all,
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
    })
    await script('kubectl label validatingwebhookconfiguration everything a=b')
    expect(asked.filter(({ request }) => request.kind.group === 'admissionregistration.k8s.io')).toEqual([])
    expect(await script('kubectl delete validatingwebhookconfiguration everything')).toContain('deleted')
  })
})
