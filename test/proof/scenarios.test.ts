/** Each scenario proves itself with every value of its parameters: untouched 0, solution 100 %, no decoy passes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'
import { loadScenario } from '../../engine/scenario/load.ts'
import { makeProblem } from '../../engine/scenario/format/problem.ts'
import { proveScenario, renderProof } from '../../engine/scenario/prove.ts'
import type { Launch } from '../../engine/scenario/prove.ts'

const FOLDER = resolve(import.meta.dirname, '../../scenarios')
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort()
const EPOCH_MS = Date.UTC(2026, 0, 5, 9)

const launch: Launch = async (options) => {
  const { view, hands } = await Flight.launch({ ...options, epochMs: EPOCH_MS })
  return { view, hands }
}

describe('scenarios', () => {
  it('are six or more', () => {
    expect(files.length).toBeGreaterThanOrEqual(6)
  })

  it.each(files)(
    '%s is proven',
    async (path) => {
      const loaded = loadScenario(readFileSync(join(FOLDER, path), 'utf8'), path)
      if ('problems' in loaded) throw new Error(loaded.problems.map((problem) => makeProblem(path, problem)).join('\n'))
      // One start fewer than `kubeflight lint` takes: each costs half a minute here.
      const proof = await proveScenario(loaded.scenario, launch, { starts: 2 })
      expect(proof.proven, renderProof(proof)).toBe(true)
    },
    300_000,
  )

  it('lie in the folder of their domain', () => {
    for (const path of files) {
      const loaded = loadScenario(readFileSync(join(FOLDER, path), 'utf8'), path)
      expect('scenario' in loaded && loaded.scenario.spec.domain, path).toBe(path.split('/')[0])
    }
  })
})
