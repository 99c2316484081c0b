import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { RaftScript } from './etcd-script.ts'

const FOLDER = join(import.meta.dirname, 'etcd')
const REWRITE = process.env.KUBEFLIGHT_REWRITE === '1'

/** Paragraphs of `directive`, `----`, output; a paragraph of `#` lines stands as it is. */
function replay(text: string): string {
  const script = new RaftScript()
  return (
    text
      .trim()
      .split(/\n\n+/)
      .map((paragraph) => replayOne(script, paragraph))
      .join('\n\n') + '\n'
  )
}

function replayOne(script: RaftScript, paragraph: string): string {
  const lines = paragraph.split('\n')
  const directives = lines.slice(0, lines.includes('----') ? lines.indexOf('----') : lines.length)
  if (directives.every((line) => line.startsWith('#'))) return paragraph
  const output = directives
    .filter((line) => !line.startsWith('#'))
    .map((line) => script.run(line))
    .filter((out) => out !== '')
  return [...directives, '----', output.join('\n') || 'ok'].join('\n')
}

describe('Raft, who says what to whom (H1)', () => {
  for (const name of readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt'))
    .sort()) {
    it(name, () => {
      const path = join(FOLDER, name)
      const text = readFileSync(path, 'utf8')
      const replayed = replay(text)
      if (REWRITE) writeFileSync(path, replayed)
      else expect(replayed).toBe(text)
    })
  }
})
