/** What our kubectl prints differently by its own release (recordings of 1.33 and 1.36), and help texts against a real kubectl 1.33 where there is one. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import data from '../../engine/tools/kubectl/help.gen.json' with { type: 'json' }
import { kubectl } from '../../engine/tools/kubectl/kubectl.ts'
import { runProgram } from '../harness/proc.ts'
import { fixedServer } from './cluster.ts'

const http = fixedServer()

const lines = (release: string, ...words: string[]): string[] =>
  runProgram(kubectl, ['kubectl', '-s', 'http://10.0.0.1:6443', ...words], { http, release }).stdout.split('\n')

describe('describe by release', () => {
  it('names ports since 1.34 (recording 06)', () => {
    const ports = (release: string) =>
      lines(release, 'describe', 'pod', 'full').find((line) => line.includes('    Ports:'))
    expect(ports('1.33.1')).toMatch(/80\/TCP, 53\/UDP$/)
    expect(ports('1.36.3')).toMatch(/80\/TCP \(http\), 53\/UDP$/)
  })

  it('dropped the Kube-Proxy version of nodes', () => {
    const has = (release: string) =>
      lines(release, 'describe', 'node', 'n1').some((line) => line.includes('Kube-Proxy Version'))
    expect([has('1.33.1'), has('1.36.3')]).toEqual([true, false])
  })

  it('tells the time zone of a CronJob since 1.34', () => {
    const has = (release: string) =>
      lines(release, 'describe', 'cronjob', 'cj').some((line) => line.startsWith('Time Zone:'))
    expect([has('1.33.1'), has('1.36.3')]).toEqual([false, true])
  })

  it('leaves out events of several objects, unless asked (recording 06)', () => {
    const events = (release: string, ...more: string[]) =>
      lines(release, 'describe', 'pods', ...more).filter((line) => line.startsWith('Events:')).length
    expect([events('1.33.1'), events('1.36.3'), events('1.36.3', '--show-events')]).toEqual([2, 0, 2])
  })
})

describe('kubectl version', () => {
  it('knows its own release and that of the server', () => {
    expect(lines('1.34.2', 'version')).toEqual([
      'Client Version: v1.34.2',
      'Kustomize Version: v5.7.1',
      'Server Version: v1.33.1',
      '',
    ])
  })

  it('warns of a skew of more than one minor', () => {
    const { stderr } = runProgram(kubectl, ['kubectl', '-s', 'http://10.0.0.1:6443', 'version'], {
      http,
      release: '1.36.3',
    })
    expect(stderr).toBe(
      'Warning: version difference between client (1.36) and server (1.33) exceeds the supported minor version skew of +/-1\n',
    )
  })
})

const REAL = 'kubectl.1.33'
const missing = spawnSync(REAL, ['version', '--client']).status !== 0

describe(`help texts are those of ${REAL}${missing ? ' (skipped: there is none in PATH)' : ''}`, () => {
  for (const path of Object.keys(data.commands)) {
    it.skipIf(missing)(path || 'kubectl', () => {
      const words = [...path.split(' ').filter(Boolean), '--help']
      const real = spawnSync(REAL, words, { encoding: 'utf8' }).stdout
      expect(runProgram(kubectl, ['kubectl', ...words], { release: '1.33.1' }).stdout).toBe(real)
    })
  }
})
