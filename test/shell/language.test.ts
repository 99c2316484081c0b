import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeBox, run } from './box.ts'

interface Feature {
  script: string
  stdout: string
  stderr: string
  code: number
}

/** Answers of GNU bash 5.2 to one-line scripts (`bash -c`). */
const features = JSON.parse(readFileSync(new URL('./fixtures/features.json', import.meta.url), 'utf8')) as Feature[]

describe('the language answers as GNU bash 5.2 does', () => {
  it.each(features.map((feature) => [feature.script, feature] as const))(
    '%s',
    async (script, { stdout, stderr, code }) => {
      const ran = await run(makeBox(), script, { user: 'root' })
      expect({ stdout: ran.stdout, stderr: ran.stderr, code: ran.code }).toEqual({ stdout, stderr, code })
    },
  )
})
