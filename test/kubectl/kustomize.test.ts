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

test('a wrong flag is refused in kubectl’s words', () => {
  expect(run('kustomize', 'a', 'b').stderr).toBe('error: specify one path to kustomization.yaml\n')
  expect(run('kustomize', 'prefix', '--load-restrictor=x').stderr).toBe(
    'error: illegal flag value --load-restrictor x; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]\n',
  )
})
