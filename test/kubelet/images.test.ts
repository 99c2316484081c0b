import { describe, expect, it } from 'vitest'
import { planCommand } from '../../engine/kubelet/images/shell.ts'
import { resolveImage } from '../../engine/kubelet/images/catalogue.ts'
import { makeImageReference, parseImageReference } from '../../engine/kubelet/images/reference.ts'
import { addPod, makeBench, stateOf } from './bench.ts'

describe('images', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['acme/none:1', 'docker.io/acme/none:1'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['localhost:5000/a/b:c', 'localhost:5000/a/b:c'],
  ])('%s is %s', (text, full) => expect(makeImageReference(parseImageReference(text) as never)).toBe(full))

  it.each(['nginx:1:2', 'X:::', 'Nginx'])('%s is no reference', (text) =>
    expect(parseImageReference(text)).toBeUndefined(),
  )

  const error = (text: string, minor: number): string =>
    (resolveImage(parseImageReference(text) as never, minor) as { error: string }).error

  it('says what containerd says (F5)', () => {
    expect(error('nginx:nope', 33)).toBe(
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nope": failed to resolve reference "docker.io/library/nginx:nope": docker.io/library/nginx:nope: not found',
    )
    expect(error('acme/none:1', 33)).toBe(
      'failed to pull and unpack image "docker.io/acme/none:1": failed to resolve reference "docker.io/acme/none:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    )
    expect(error('nope.example.com/app:v1', 35)).toContain(
      'failed to do request: Head "https://nope.example.com/v2/app/manifests/v1": dial tcp: lookup nope.example.com: no such host',
    )
  })

  it('ErrImagePull and ImagePullBackOff take turns; the pod is Pending (F5)', () => {
    const bench = makeBench()
    addPod(bench, { image: 'nginx:nope' })
    const seen: string[] = []
    for (let i = 0; i < 600; i++) {
      bench.run(100)
      const state = stateOf(bench.pod())
      if (seen[seen.length - 1] !== state) seen.push(state)
    }
    expect(seen.slice(0, 5)).toEqual([
      'ContainerCreating',
      'ErrImagePull',
      'ImagePullBackOff',
      'ErrImagePull',
      'ImagePullBackOff',
    ])
    expect(bench.pod().status?.phase).toBe('Pending')
    const words = bench.events().map((text) => text.replace(/ ×\d+$/, ''))
    expect(words).toEqual([
      'Pulling Pulling image "nginx:nope"',
      `Failed Failed to pull image "nginx:nope": ${error('nginx:nope', 35)}`,
      'Failed Error: ErrImagePull',
      'BackOff Back-off pulling image "nginx:nope"',
      'Failed Error: ImagePullBackOff',
    ])
  })

  it('never pulls when told so, and refuses a bad name (F5)', () => {
    const bench = makeBench()
    addPod(bench, { image: 'httpd:2.4', imagePullPolicy: 'Never' })
    addPod(bench, { image: 'X:::' }, {}, 'bad')
    bench.run(3_000)
    expect([stateOf(bench.pod()), stateOf(bench.pod('bad'))]).toEqual(['ErrImageNeverPull', 'InvalidImageName'])
    expect(bench.events('bad')[0]?.replace(/ ×\d+$/, '')).toBe(
      `InspectFailed Failed to apply default image tag "X:::": couldn't parse image name "X:::": invalid reference format`,
    )
  })

  it('knows the future of literal commands only', () => {
    expect(planCommand(['sh', '-c', 'echo boot; sleep 1; exit 1'])).toMatchObject({
      logs: [{ atMs: 0, text: 'boot' }],
      exit: { atMs: 1005, code: 1 },
    })
    expect(planCommand(['sleep', '3600'])).toMatchObject({ exit: { atMs: 3_600_005, code: 0 }, term: 'ignore' })
    expect(planCommand(['sleep', 'infinity'])?.exit).toBeUndefined()
    expect(planCommand(['sh', '-c', 'echo oops >&2 && false'])).toMatchObject({
      logs: [{ stream: 'stderr', text: 'oops' }],
      exit: { code: 1 },
    })
    for (const script of [
      'echo $HOME',
      'while true; do date; done',
      'cat /etc/hosts',
      'echo a | wc',
      'touch /tmp/x; sleep 5',
    ])
      expect(planCommand(['sh', '-c', script])).toBeUndefined()
  })
})
