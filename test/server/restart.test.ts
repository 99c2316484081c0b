import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Learner } from './learner.ts'
import { runCli, startCli } from './process.ts'

const READY = /Kubeflight is at (http:\S+)/

describe('a server that is killed in the middle of an attempt', () => {
  let data = ''
  beforeAll(() => void (data = mkdtempSync(join(tmpdir(), 'kubeflight-'))))
  afterAll(() => rmSync(data, { recursive: true }))

  it('brings the attempt back with its prompt, files and clock, and the run replays to the same hash', async () => {
    const first = await startCli(['serve', '--port', '0', '--data', data], READY)
    const url = new URL(first.match[1] as string)
    const learner = new Learner(url.origin)
    const { id } = await learner.start('bad-image-rollout', { seed: 'kill' })
    const screen = await learner.look(id)
    const terminal = await screen.open()
    await screen.type(terminal, 'cd /tmp && echo kept > note.txt && X=shell-variable')
    await screen.type(terminal, 'kubectl -n shop scale deploy/web --replicas=5')
    const before = await learner.call<{ clock: { nowMs: number } }>('GET', `/api/attempts/${id}`)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await first.stop('SIGKILL')

    const second = await startCli(['serve', '--port', url.port, '--data', data], READY)
    const again = await learner.look(id)
    expect(again.view).toMatchObject({
      id,
      state: 'running',
      seed: 'kill',
      terminals: [{ id: terminal, host: 'base' }],
    })
    expect(again.text[terminal]).toContain('deployment.apps/web scaled')
    expect(again.text[terminal]).toMatch(/candidate@base:\/tmp\$ $/)
    expect(again.view?.clock.nowMs).toBeGreaterThan(before.body.clock.nowMs)
    expect(await again.type(terminal, 'cat note.txt; echo $X')).toMatch(/kept\r\nshell-variable/)
    expect(
      await again.type(terminal, 'kubectl -n shop get deploy web -o jsonpath=\'{.spec.replicas}{"\\n"}\''),
    ).toMatch(/\n5\r\n/)
    again.close()
    expect((await second.stop('SIGTERM')).code).toBe(0)

    const replayed = await runCli(['replay', join(data, 'attempts.db'), '--format', 'json'])
    expect(JSON.parse(replayed.stdout)).toMatchObject({ seed: 'kill', same: true })
    expect(replayed.code).toBe(0)
  })
})
