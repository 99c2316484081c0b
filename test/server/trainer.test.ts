import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'
import type { AttemptSummary, AttemptView, CatalogueEntry, ProgressView, ResultView } from '../../server/contract.ts'
import { ScenarioDesk, scenarioFiles } from '../../server/desk.ts'
import { Store } from '../../server/storage/store.ts'
import { startTrainer } from '../../server/trainer/trainer.ts'
import type { Trainer } from '../../server/trainer/trainer.ts'
import { Learner } from './learner.ts'

const SCENARIO = 'bad-image-rollout'
const SOLUTION = /solution: \|\n((?: {4}.*\n|\n)+)/

describe('the trainer', () => {
  let folder = ''
  let trainer: Trainer
  const logged: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))
    const store = await Store.open(join(folder, 'attempts.db'))
    const desk = new ScenarioDesk('scenarios', (line) => logged.push(line))
    trainer = await startTrainer({
      host: '127.0.0.1',
      port: 0,
      web: join(folder, 'no-page'),
      store,
      desk,
      hangar: Flight,
      log: (line) => logged.push(line),
      limits: { attemptsPerOwner: 3 },
    })
  })
  afterAll(async () => {
    await trainer.close()
    rmSync(folder, { recursive: true })
  })

  it('lists scenarios without anything that is checked', async () => {
    const { body } = await new Learner(trainer.url).call<CatalogueEntry[]>('GET', '/api/scenarios')
    expect(body.map(({ name }) => name)).toContain(SCENARIO)
    for (const entry of body)
      expect(Object.keys(entry).sort()).toEqual([
        'competency',
        'controlPlanes',
        'difficulty',
        'domain',
        'hints',
        'name',
        'points',
        'release',
        'timeMs',
        'title',
        'workers',
      ])
  })

  it('flies a scenario: prompt, refresh, hint, check, submit, result', async () => {
    const learner = new Learner(trainer.url)
    const attempt = await learner.start(SCENARIO, { seed: 'flown' })
    const secret = readFileSync(
      scenarioFiles(['scenarios']).find((path) => path.endsWith(`${SCENARIO}.yaml`)) as string,
      'utf8',
    )
    const solution = (SOLUTION.exec(secret)?.[1] ?? '').replaceAll(/^ {4}/gm, '').trim()
    expect(solution).not.toBe('')
    expect(JSON.stringify(attempt)).not.toContain(solution.split('\n').at(-1))
    expect(attempt).toMatchObject({ state: 'running', hints: [], clock: { speed: 1, running: true } })

    const screen = await learner.look(attempt.id)
    const terminal = await screen.open()
    expect(await screen.type(terminal, 'kubectl -n shop get pods')).toContain('ImagePullBackOff')
    screen.close()
    const refreshed = await learner.look(attempt.id)
    expect(refreshed.text[terminal]).toContain('ImagePullBackOff')

    const hinted = await learner.call<AttemptView>('POST', `/api/attempts/${attempt.id}/hint`, {})
    expect(hinted.body.hints).toHaveLength(1)
    expect((await learner.call<ProgressView>('POST', `/api/attempts/${attempt.id}/check`, {})).body).toMatchObject({
      got: 0,
    })
    await refreshed.socket.emitWithAck('terminal.input', {
      terminal,
      text: `${solution.split('\n').join('\r')}\recho all"-"done\r`,
    })
    await refreshed.until(terminal, /all-done\r\n.*[$#] $/)
    const { body: result } = await learner.call<ResultView>('POST', `/api/attempts/${attempt.id}/submit`, {})
    expect(result.criteria.filter(({ got, points }) => got < points)).toEqual([])
    expect(result).toMatchObject({ passed: true, solution: expect.stringContaining(solution.split('\n')[0] as string) })
    expect(JSON.stringify(result)).not.toContain('decoy')

    expect(await refreshed.socket.emitWithAck('terminal.input', { terminal, text: 'x' })).toEqual({
      error: 'this attempt is over',
    })
    expect((await learner.call<AttemptSummary[]>('GET', '/api/attempts')).body[0]).toMatchObject({
      id: attempt.id,
      state: 'finished',
      score: { points: result.points },
    })
    refreshed.close()
  })

  it('keeps an attempt to the browser that opened it', async () => {
    const owner = new Learner(trainer.url)
    const { id } = await owner.start(SCENARIO)
    const other = new Learner(trainer.url)
    await other.call('GET', '/api/scenarios')
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/submit'],
      ['POST', '/hint'],
    ] as const) {
      expect((await other.call(method, `/api/attempts/${id}${path}`, method === 'POST' ? {} : undefined)).status).toBe(
        404,
      )
    }
    await expect(other.look(id)).rejects.toThrow('no such attempt')
    expect((await other.call<unknown[]>('GET', '/api/attempts')).body).toEqual([])
    expect((await owner.call('DELETE', `/api/attempts/${id}`)).status).toBe(200)
    expect((await owner.call('GET', `/api/attempts/${id}`)).status).toBe(404)
  })

  it('answers bad bodies and messages with an error, and goes on', async () => {
    const learner = new Learner(trainer.url)
    const { id } = await learner.start(SCENARIO)
    const refused = async (body: unknown): Promise<[number, string]> => {
      const { status, body: answer } = await learner.call<{ error: string }>('POST', '/api/attempts', body)
      return [status, answer.error]
    }
    expect((await refused('{"scenario":'))[0]).toBe(400)
    expect(await refused({})).toEqual([400, "body must have required property 'scenario'"])
    expect(await refused({ scenario: 'no-such' })).toEqual([404, 'no scenario no-such'])
    expect((await refused({ scenario: 'x'.repeat(100_000) }))[0]).toBe(413)
    expect((await learner.call('POST', `/api/attempts/${id}/speed`, { speed: 1000 })).status).toBe(400)
    const screen = await learner.look(id)
    const send = (event: string, ...args: unknown[]): Promise<unknown> =>
      (
        screen.socket as unknown as { emitWithAck: (event: string, ...args: unknown[]) => Promise<unknown> }
      ).emitWithAck(event, ...args)
    expect(await send('terminal.input', null)).toEqual({ error: 'terminal.input: the message must be an object' })
    expect(await send('terminal.input', { terminal: 't1', text: 7 })).toEqual({
      error: 'terminal.input: field "text" is missing or not as it must be',
    })
    expect(await send('terminal.open', { host: 'base', columns: 1e9, rows: 1 })).toEqual({
      error: 'terminal.open: field "columns" is missing or not as it must be',
    })
    expect(await send('terminal.open', { host: 'base', columns: 80, rows: 24, sudo: true })).toEqual({
      error: 'terminal.open: unknown field "sudo"',
    })
    expect(await send('terminal.open', { host: 'nowhere', columns: 80, rows: 24 })).toEqual({
      error: 'no host nowhere',
    })
    expect(await screen.type(await screen.open(), 'echo still"-"here')).toContain('still-here')
    screen.close()
  })

  it('lets no other site in', async () => {
    const learner = new Learner(trainer.url)
    const { id } = await learner.start(SCENARIO)
    expect(
      (await learner.call('POST', '/api/attempts', { scenario: SCENARIO }, { origin: 'https://evil.example' })).status,
    ).toBe(403)
    await expect(learner.look(id, { origin: 'https://evil.example' })).rejects.toThrow()
    const { headers } = await learner.call('GET', '/api/scenarios')
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(headers.get('x-frame-options')).toBe('DENY')
  })

  it('limits unfinished attempts of one browser', async () => {
    const learner = new Learner(trainer.url)
    for (let count = 0; count < 3; count++) await learner.start(SCENARIO)
    expect(
      (await learner.call<{ error: string }>('POST', '/api/attempts', { scenario: SCENARIO })).body.error,
    ).toContain('unfinished')
  })

  it('ends one attempt, and only that, when its simulation throws', async () => {
    const learner = new Learner(trainer.url)
    const broken = await learner.start(SCENARIO, { seed: 'broken' })
    const healthy = await learner.start(SCENARIO)
    const screen = await learner.look(broken.id)
    const { body: list } = await learner.call<AttemptSummary[]>('GET', '/api/attempts')
    const owner =
      (trainer.sessions as unknown as { awake: Map<string, { owner: string }> }).awake.get(list[0]?.id ?? '')?.owner ??
      ''
    const session = await trainer.sessions.open(broken.id, owner)
    const { flight } = session as unknown as { flight: { advance: () => Promise<void> } }
    flight.advance = () => Promise.reject(new Error('a bug'))
    await screen.socket.emitWithAck('terminal.open', { host: 'base', columns: 80, rows: 24 })
    for (let tries = 0; screen.view?.state !== 'failed' && tries < 200; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10))
    expect(screen.view).toMatchObject({ state: 'failed', problem: expect.stringMatching(/a bug.*seed broken/) })
    screen.close()
    const other = await learner.look(healthy.id)
    expect(await other.type(await other.open(), 'kubectl get nodes')).toContain('worker-1')
    other.close()
  })
})
