import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { normalize } from './normalize.ts'
import { runSession } from './session.ts'
import type { Row, Start } from './session.ts'

/** Rows without a result only lead to the next. Texts are masked as normalize.ts does. */
interface Fixture {
  session: string
  start: Start
  rows: (Pick<Row, 'i' | 'cmd' | 'offsetMs'> & Partial<Row>)[]
}

const fixtures = JSON.parse(
  readFileSync(new URL('fixtures/terminal/sessions.json', import.meta.url), 'utf8'),
) as Fixture[]

describe('rows of recorded sessions of real clusters', () => {
  it.each(fixtures)('$session', async ({ start, rows }) => {
    const outputs = await runSession(start, rows as Row[])
    const simulated = rows.map((row, index) => {
      const { stdout, stderr, code } = outputs[index]!
      return row.code === undefined ? row : { ...row, code, stdout: normalize(stdout), stderr: normalize(stderr) }
    })
    expect(simulated).toEqual(rows)
  })
})
