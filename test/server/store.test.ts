import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../server/storage/store.ts'

const ROW = {
  id: 'a',
  owner: 'o',
  scenario: 's',
  language: 'en',
  seed: '1',
  prepared: { workers: 2 },
  state: 'running',
  startedAt: 1,
  finishedAt: null,
  touchedAt: 1,
  usedMs: 0,
  nowMs: 0,
  speed: 1,
  hints: 0,
  points: null,
  got: null,
  problem: null,
  result: null,
}

describe('the store of attempts', () => {
  let folder = ''
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))))
  afterEach(() => rmSync(folder, { recursive: true }))
  const open = (): Promise<Store> =>
    Store.open(join(folder, 'data', 'attempts.db'), (error) => {
      throw error
    })

  it('keeps rows, log and snapshot from one opening to the next', async () => {
    const store = await open()
    await store.create(ROW)
    store.append(
      [0, 1, 2].map((seq) => ({
        attempt: 'a',
        seq,
        at: seq * 10,
        input: { kind: 'terminal.input', terminal: 't', text: `${seq}` },
      })),
    )
    store.patch('a', { nowMs: 20 })
    store.patch('a', { usedMs: 7 })
    await store.saveSnapshot('a', {
      seq: 1,
      nowMs: 10,
      flight: { big: 'x'.repeat(10_000) },
      session: { terminals: [] },
    })
    await store.close()
    const again = await open()
    expect(await again.attempt('a')).toMatchObject({ nowMs: 20, usedMs: 7, prepared: { workers: 2 } })
    expect((await again.log('a', 1)).map(({ seq, at }) => [seq, at])).toEqual([
      [1, 10],
      [2, 20],
    ])
    expect(await again.snapshot('a')).toMatchObject({ seq: 1, flight: { big: 'x'.repeat(10_000) } })
    await again.close()
  })

  it("lists an owner's attempts only, newest first, and forgets a removed one whole", async () => {
    const store = await open()
    for (const [id, owner, startedAt] of [
      ['a', 'o', 1],
      ['b', 'o', 2],
      ['c', 'other', 3],
    ] as const)
      await store.create({ ...ROW, id, owner, startedAt })
    store.append([{ attempt: 'a', seq: 0, at: 0, input: {} }])
    expect((await store.attemptsOf('o')).map(({ id }) => id)).toEqual(['b', 'a'])
    await store.remove('a')
    expect((await store.attemptsOf('o')).map(({ id }) => id)).toEqual(['b'])
    expect(await store.log('a')).toEqual([])
    await store.close()
  })
})
