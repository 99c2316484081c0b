/** Manifests on disk (F10, O5): which become pods, and what the log says of the others. */
import { describe, expect, it } from 'vitest'
import { readManifest } from '../../engine/kubelet/manifest.ts'
import { makeStaticPod } from '../../engine/kubelet/staticPods.ts'
import type { Pod } from '../../engine/objects/types.gen.ts'
import { makeBench, stateOf } from './bench.ts'
import type { NodeBench } from './bench.ts'

const PATH = '/etc/kubernetes/manifests/a.yaml'
const GOOD = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: c
    image: nginx:1.27
`

function errorOf(text: string, minor = 33): string {
  const complete = (pod: Pod): Pod => makeStaticPod(pod, 'hash', 'controlplane')
  const read = readManifest(text, PATH, { minor, complete })
  return 'error' in read ? read.error : 'a pod'
}

const unparsed = (why: string): string => `${PATH}: couldn't parse as pod(${why}), please check config file`
const SCHEME = 'in scheme "pkg/api/legacyscheme/scheme.go:30"'

describe('a manifest that is no pod (O5)', () => {
  const rows: [string, string, string][] = [
    [
      'broken YAML',
      GOOD.replace('metadata:\n  name', 'metadata:\n   x: y\n  name'),
      unparsed('yaml: line 4: did not find expected key'),
    ],
    ['another version', GOOD.replace('v1', 'v2'), unparsed(`no kind "Pod" is registered for version "v2" ${SCHEME}`)],
    [
      'another kind',
      GOOD.replace('Pod', 'Deployment'),
      unparsed(`no kind "Deployment" is registered for version "v1" ${SCHEME}`),
    ],
    [
      'no version',
      'kind: Pod\nmetadata: {name: noapi}\n',
      unparsed(`Object 'apiVersion' is missing in '{"kind":"Pod","metadata":{"name":"noapi"}}'`),
    ],
    ['an empty file', '', unparsed("Object 'Kind' is missing in 'null'")],
    [
      'no image',
      GOOD.replace('    image: nginx:1.27\n', ''),
      'invalid pod: [spec.containers[0].image: Required value]',
    ],
    ['an unknown field', GOOD.replace('image: nginx:1.27', 'image: nginx:1.27\n    comand: [sleep]'), 'a pod'],
    [
      'a wrong type',
      GOOD.replace('nginx:1.27', '[nginx]'),
      unparsed('json: cannot unmarshal array into Go struct field Container.spec.containers.image of type string'),
    ],
    [
      'no containers',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n',
      'invalid pod: [spec.containers: Required value]',
    ],
  ]
  it.each(rows)('%s', (_what, text, error) => expect(errorOf(text)).toBe(error))

  it('a bad name, with the node behind it', () => {
    expect(errorOf(GOOD.replace('name: web', 'name: Bad_Name'))).toContain(
      'invalid pod: [metadata.name: Invalid value: "Bad_Name-controlplane": a lowercase RFC 1123 subdomain must',
    )
  })

  it('names of API objects are refused from 1.34 on', () => {
    const secret = `${GOOD}    envFrom: [{secretRef: {name: s}}]\n`
    expect([errorOf(secret, 33), errorOf(secret, 34)]).toEqual([
      'a pod',
      unparsed('static pods may not reference secrets'),
    ])
    const claim = `${GOOD}  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n`
    expect(errorOf(claim, 35)).toBe(unparsed('static pods may not reference persistentvolumeclaims'))
    expect(errorOf(`${GOOD}  serviceAccountName: x\n`, 35)).toBe(
      unparsed('static pods may not reference serviceaccounts'),
    )
  })
})

const DIRECTORY = '/etc/kubernetes/manifests'

function withFiles(files: Record<string, string>, log: string[] = []): NodeBench {
  const below = (path: string): string[] => Object.keys(files).filter((one) => one.startsWith(`${path}/`))
  return makeBench({
    images: ['nginx:1.27', 'nginx:1.28'],
    ports: {
      files: {
        read: (path) => files[path],
        list: (path) => (below(path).length === 0 ? undefined : below(path).map((one) => one.slice(path.length + 1))),
      },
      log: (text) => log.push(text),
    },
  })
}

describe('the manifest directory (F10, O5)', () => {
  it('says what is wrong at each look, and runs the others', () => {
    const log: string[] = []
    const bench = withFiles({ [`${DIRECTORY}/bad.yaml`]: 'kind: Pod\n', [`${DIRECTORY}/web.yaml`]: GOOD }, log)
    bench.run(45_000)
    expect(stateOf(bench.pod('web-worker-1'))).toBe('Running')
    const lines = log.filter((line) => line.includes('Could not process manifest file'))
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain(
      `file.go:188] "Could not process manifest file" err="${DIRECTORY}/bad.yaml: couldn't parse as pod(Object 'apiVersion' is missing in`,
    )
    expect(lines[0]).toContain(`path="${DIRECTORY}/bad.yaml"`)
  })

  it('dot files are passed over; of two manifests of one pod the last by name counts', () => {
    const files: Record<string, string> = { [`${DIRECTORY}/.web.yaml.swp`]: 'x', [`${DIRECTORY}/web.yaml`]: GOOD }
    const bench = withFiles(files)
    bench.run(10_000)
    files[`${DIRECTORY}/web.yaml.bak`] = GOOD.replace('1.27', '1.28')
    bench.run(45_000)
    expect(bench.pod('web-worker-1').spec?.containers?.[0]?.image).toBe('nginx:1.28')
    delete files[`${DIRECTORY}/web.yaml.bak`]
    bench.run(45_000)
    expect(bench.pod('web-worker-1').spec?.containers?.[0]?.image).toBe('nginx:1.27')
  })

  it('a directory that is not there is looked for each second, and its pods end', () => {
    const log: string[] = []
    const files: Record<string, string> = { [`${DIRECTORY}/web.yaml`]: GOOD }
    const bench = withFiles(files, log)
    bench.run(10_000)
    delete files[`${DIRECTORY}/web.yaml`]
    bench.run(60_000)
    expect(bench.pod('web-worker-1')).toBeUndefined()
    const lost = log.filter((line) =>
      line.includes(
        `file_linux.go:61] "Unable to read config path" err="path does not exist, ignoring" path="${DIRECTORY}"`,
      ),
    )
    expect(lost.length).toBeGreaterThan(20)
    files[`${DIRECTORY}/web.yaml`] = GOOD
    bench.run(10_000)
    expect(stateOf(bench.pod('web-worker-1'))).toBe('Running')
  })

  it('a mirror goes, or follows its manifest, though the server did not answer at first (F10)', () => {
    const files: Record<string, string> = {
      [`${DIRECTORY}/web.yaml`]: GOOD,
      [`${DIRECTORY}/gone.yaml`]: GOOD.replace('name: web', 'name: gone'),
    }
    const bench = withFiles(files)
    bench.run(10_000)
    bench.api.failing = 'delete'
    delete files[`${DIRECTORY}/gone.yaml`]
    files[`${DIRECTORY}/web.yaml`] = GOOD.replace('1.27', '1.28')
    bench.run(45_000)
    expect(bench.pod('gone-worker-1')).toBeDefined()
    expect(bench.pod('web-worker-1').spec?.containers?.[0]?.image).toBe('nginx:1.27')
    bench.api.failing = undefined
    bench.run(30_000)
    expect(bench.pod('gone-worker-1')).toBeUndefined()
    expect(bench.pod('web-worker-1').spec?.containers?.[0]?.image).toBe('nginx:1.28')
    expect(stateOf(bench.pod('web-worker-1'))).toBe('Running')
  })

  it('one that does not fit is rejected, for nobody can be preempted', () => {
    const big = `${GOOD}    resources: {requests: {cpu: "64"}}\n`
    const bench = withFiles({ [`${DIRECTORY}/big.yaml`]: big })
    bench.run(10_000)
    expect(bench.pod('web-worker-1').status).toMatchObject({ phase: 'Failed', reason: 'UnexpectedAdmissionError' })
    expect(bench.pod('web-worker-1').status?.message).toContain(
      'no set of running pods found to reclaim resources: [(res: cpu, q: 62000), ]',
    )
  })
})
