import { describe, expect, it } from 'vitest'
import { DIFFICULTIES, DOMAINS } from '../../engine/scenario/format/scenario.ts'
import { en } from '../../web/messages/en.ts'
import { ko } from '../../web/messages/ko.ts'

const keys = (table: object): string[] => Object.keys(table).sort()
const values = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()

describe('the messages of the page', () => {
  it('are the same in every language', () => {
    expect(keys(ko)).toEqual(keys(en))
  })

  it('use the same values in every language, and none is empty', () => {
    for (const [key, text] of Object.entries(en)) {
      const other = ko[key as keyof typeof en]
      expect([key, values(other)]).toEqual([key, values(text)])
      expect(other.trim(), key).not.toBe('')
    }
  })

  it('name every domain and difficulty that a scenario can have', () => {
    expect(keys(en)).toEqual(
      expect.arrayContaining([
        ...DOMAINS.map((name) => `domain.${name}`),
        ...Object.keys(DIFFICULTIES).map((name) => `difficulty.${name}`),
      ]),
    )
  })
})
