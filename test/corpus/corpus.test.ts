/** The corpus' own fixtures: answers of kubectl 1.33, verdicts and lines, replayed on an empty cluster. */
import { describe, expect, it } from 'vitest'
import { runAnswers } from './answers.ts'
import { runLines } from './lines.ts'
import { runManifests } from './manifests.ts'
import { readRows } from './rows.ts'
import type { AnswerRow, CommandRow, ManifestRow } from './rows.ts'
import { classOf, isExact, mask } from './score.ts'

const FIXTURES = 'test/corpus/fixtures'

describe('corpus', () => {
  it('answers as kubectl 1.33 did', async () => {
    const results = await runAnswers(readRows<AnswerRow>(FIXTURES, 'kubectl-answers.jsonl'))
    expect(results.length).toBeGreaterThan(15)
    expect(
      results.filter(({ exact, sameClass }) => !exact || !sameClass).map(({ row, ours }) => [row.argv, ours]),
    ).toEqual([])
  }, 60_000)

  it('judges manifests as the OpenAPI of 1.36 does', async () => {
    const results = await runManifests(readRows<ManifestRow>(FIXTURES, 'manifests.jsonl'))
    expect(results.filter(({ agrees }) => !agrees).map(({ row, found }) => [row.id, found])).toEqual([])
    expect(new Set(results.map(({ found }) => found))).toEqual(
      new Set(['accepted', 'fields', 'invalid', 'no-such-kind', 'unreadable']),
    )
  }, 60_000)

  it('carries out lines file by file, and says what it refused', async () => {
    const results = await runLines(readRows<CommandRow>(FIXTURES, 'commands.jsonl'))
    expect(results.filter(({ accepted }) => !accepted).map(({ row }) => row.program)).toEqual(['warp'])
    expect(results.filter(({ shape }) => shape === false).map(({ row, ours }) => [row.command, ours])).toEqual([])
  }, 60_000)

  it('tells a wrong answer from a right one', () => {
    const real = { rc: 1, stdout: '', stderr: 'Warning: old\nerror: a\n' }
    expect(isExact('usage-error', real, { rc: 1, stdout: '', stderr: 'error: a\n' })).toBe(true)
    expect(isExact('usage-error', real, { rc: 1, stdout: '', stderr: 'error: b\n' })).toBe(false)
    expect(isExact('ok', { rc: 0, stdout: 'a \n', stderr: '' }, { rc: 0, stdout: 'a\n', stderr: 'x' })).toBe(true)
    expect(classOf({ rc: 1, stdout: '', stderr: 'error: unknown flag: --x' })).toBe('unknown-flag')
    expect(mask('metadata:\n  creationTimestamp: null\n  name: a\n')).toBe('metadata:\n  name: a')
  })
})
