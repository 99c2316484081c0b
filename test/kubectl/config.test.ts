/** `kubectl config` against goldens of the real kubectl 1.33: each command goes on with the file the one before left (K5, recording 43). */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram } from '../harness/proc.ts'

interface Goldens {
  start: string
  rows: { args: string[]; code: number; stdout: string; stderr: string; file: string }[]
}

const goldens = JSON.parse(readFileSync(new URL('goldens/config-1.33.json', import.meta.url), 'utf8')) as Goldens
const CONFIG = '/root/.kube/config'

describe('kubectl config 1.33 prints and writes the same', () => {
  goldens.rows.forEach((row, i) => {
    it(`${i}: ${row.args.join(' ')}`, () => {
      const before = i === 0 ? goldens.start : goldens.rows[i - 1]!.file
      const ours = runProgram(kubectl, ['kubectl', ...row.args], { files: { [CONFIG]: before }, release: '1.33.1' })
      const { code, stdout, stderr } = ours
      expect({ code, stdout, stderr, file: ours.files[CONFIG] }).toEqual({
        code: row.code,
        stdout: row.stdout,
        stderr: row.stderr,
        file: row.file,
      })
    })
  })
})

describe('several kubeconfig files', () => {
  const second =
    'apiVersion: v1\nkind: Config\ncontexts: [{name: second, context: {cluster: k, user: a, namespace: lease}}]\ncurrent-context: second\n'
  const machine = {
    files: { [CONFIG]: goldens.start, '/root/second': second },
    env: { KUBECONFIG: `${CONFIG}:/root/second` },
  }

  it('are merged: the first to set a value wins (recording 43)', () => {
    expect(runProgram(kubectl, ['kubectl', 'config', 'get-contexts'], machine).stdout).toBe(
      'CURRENT   NAME     CLUSTER   AUTHINFO   NAMESPACE\n*         a@k      k         a          \n          second   k         a          lease\n',
    )
  })

  it('are changed where the stanza stands', () => {
    const { files } = runProgram(kubectl, ['kubectl', 'config', 'set-context', 'second', '--namespace=x'], machine)
    expect([files[CONFIG], files['/root/second']!.includes('namespace: x')]).toEqual([goldens.start, true])
  })
})
