/** The reading verbs against goldens that the real kubectl 1.33 printed of the same objects (K1, K3, K4, K5). */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram } from '../harness/proc.ts'
import { fixedServer } from './cluster.ts'

interface Goldens {
  nowMs: number
  release: string
  rows: { args: string[]; code: number; stdout: string; stderr: string }[]
}

const goldens = JSON.parse(readFileSync(new URL('goldens/read-1.33.json', import.meta.url), 'utf8')) as Goldens

/** How errors look in a golden, without the time and process of its log lines. */
const masked = (text: string): string => text.replace(/^([EIW])\d{4} [\d:.]+ +\d+ /gm, '$1 ')

describe('kubectl 1.33 prints the same', () => {
  const http = fixedServer()
  for (const row of goldens.rows) {
    it(row.args.join(' ').slice(0, 100) || '(no words)', () => {
      const argv = ['kubectl', '-s', 'http://127.0.0.1:18778', ...row.args]
      const ours = runProgram(kubectl, argv, {
        http,
        release: goldens.release,
        nowMs: goldens.nowMs,
        env: { PATH: '/none' },
      })
      expect({ code: ours.code, stdout: ours.stdout, stderr: masked(ours.stderr) }).toEqual({
        code: row.code,
        stdout: row.stdout,
        stderr: masked(row.stderr),
      })
    })
  }
})
