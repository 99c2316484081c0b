/** `kubectl kustomize` and `kustomize build`, held against what kubectl 1.33 printed for the same folders (U3). */
import { describe, expect, test } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { kustomize } from '../../engine/tools/kustomize/program.ts'
import { runProgram } from '../harness/proc.ts'
import goldenFiles from './goldens/kustomize/files.json' with { type: 'json' }
import goldens from './goldens/kustomize/outputs.json' with { type: 'json' }

const texts: Record<string, string> = goldenFiles
const files = Object.fromEntries(
  Object.entries(texts).map(([path, text]) => [`/root/${path}`, text === '@all' ? texts['@all']! : text]),
)

const run = (...argv: string[]) => runProgram(kubectl, ['kubectl', ...argv], { files, release: '1.33.2' })

describe('kustomizations come out as kubectl 1.33 prints them (U3)', () => {
  for (const { directory, ...golden } of goldens)
    test(directory, () => {
      const { code, stdout, stderr } = run('kustomize', directory)
      expect({ code, stdout, stderr }).toEqual(golden)
    })
})

test('the program kustomize builds the same', () => {
  const { stdout } = runProgram(kustomize, ['kustomize', 'build', 'prefix'], { files })
  expect(stdout).toBe(goldens.find(({ directory }) => directory === 'prefix')!.stdout)
})

test('the program kustomize tells errors in its own way (U3)', () => {
  const { stderr, code } = runProgram(kustomize, ['kustomize', 'build', 'nosuch'], { files })
  expect(stderr).toBe(
    "Error: must build at directory: not a valid directory: evalsymlink failure on 'nosuch' : lstat /root/nosuch: no such file or directory\n",
  )
  expect(code).toBe(1)
})

test('a folder without a kustomization: get and describe tell it bare, the others as an error', () => {
  const text =
    "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '/root'\n"
  expect(run('get', '-k', '.').stderr).toBe(text)
  expect(run('describe', '-k', '.').stderr).toBe(text)
  expect(run('delete', '-k', '.').stderr).toBe(`error: ${text}`)
})

test('a wrong flag is refused in kubectl’s words', () => {
  expect(run('kustomize', 'a', 'b').stderr).toBe('error: specify one path to kustomization.yaml\n')
  expect(run('kustomize', 'prefix', '--load-restrictor=x').stderr).toBe(
    'error: illegal flag value --load-restrictor x; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]\n',
  )
})

describe('kustomize create and edit', () => {
  const inFolder = (start: Record<string, string>, ...commands: string[]): { stderr: string; text: string } => {
    let all: Record<string, string> = start
    let stderr = ''
    for (const command of commands) {
      const ran = runProgram(kustomize, ['kustomize', ...command.split(' ')], { files: all, cwd: '/root' })
      stderr += ran.stderr
      all = ran.files
    }
    return { stderr, text: all['/root/kustomization.yaml'] ?? '' }
  }

  test('a new file, and what is set in it', () => {
    const { stderr, text } = inFolder(
      { '/root/web.yaml': 'kind: Deployment\n' },
      'create --autodetect --namespace shop',
      'edit set image nginx=registry.local:5000/web:1.2',
      'edit set replicas web=3',
      'edit add configmap settings --from-literal=a=b',
    )
    expect(stderr).toBe('')
    expect(text).toBe(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- web.yaml
namespace: shop
images:
- name: nginx
  newName: registry.local:5000/web
  newTag: "1.2"
replicas:
- count: 3
  name: web
configMapGenerator:
- literals:
  - a=b
  name: settings
`)
  })

  test('refuses what is there, and what has no format', () => {
    const start = { '/root/kustomization.yaml': 'resources:\n- a.yaml\n' }
    expect(inFolder(start, 'create').stderr).toBe('Error: kustomization file already exists\n')
    expect(inFolder(start, 'edit set image nginx').stderr).toContain('Error: invalid format of image')
    expect(inFolder(start, 'edit set namespace').stderr).toBe('Error: must specify exactly one namespace value\n')
  })
})
