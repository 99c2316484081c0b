/** `create` and `run` with `--dry-run=client`, held against what kubectl 1.33 printed (K4, K5). */
import { describe, expect, test } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram } from '../harness/proc.ts'
import goldens from './goldens/generators.json' with { type: 'json' }
import { KUBECONFIG, MutableApi } from './mutable-api.ts'

const files = {
  '/root/.kube/config': KUBECONFIG,
  '/root/app.env': 'a=1\nb=two words\n# c\n\nEMPTY=\n',
  '/root/notes.txt': 'line1\nline2\n',
  '/root/dir/one': 'x\n',
  '/root/dir/two.txt': 'y\n',
  '/root/c.pem': '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
  '/root/k.pem': '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n',
}

const run = (argv: string[], release: string) =>
  runProgram(kubectl, ['kubectl', ...argv], { files, release, http: new MutableApi().http })

describe('generators print what kubectl 1.33 prints', () => {
  for (const golden of goldens) {
    test(golden.argv.join(' '), () => {
      const { code, stdout, stderr } = run(golden.argv, '1.33.2')
      expect({ code, stdout, stderr }).toEqual({ code: golden.code, stdout: golden.stdout, stderr: golden.stderr })
    })
  }
})

test('from 1.34 on, creationTimestamp is not printed', () => {
  const { stdout } = run(
    ['create', 'cronjob', 'nightly', '--image=busybox', '--schedule=@daily', '--dry-run=client', '-o', 'yaml'],
    '1.35.2',
  )
  expect(stdout).toBe(`apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
spec:
  jobTemplate:
    metadata:
      name: nightly
    spec:
      template:
        metadata: {}
        spec:
          containers:
          - image: busybox
            name: nightly
            resources: {}
          restartPolicy: OnFailure
  schedule: '@daily'
status: {}
`)
})
