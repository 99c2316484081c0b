import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

const REWRITE = process.env.KUBEFLIGHT_REWRITE === '1'

interface Script {
  run(line: string): string
}

/** One test for each file of a folder: paragraphs of directives, `----`, output; a paragraph of `#` lines stands as it is. */
export function replayFolder(folder: string, begin: () => Script): void {
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.txt')) continue
    it(name, () => {
      const path = join(folder, name)
      const text = readFileSync(path, 'utf8')
      const replayed = replay(text, begin())
      if (REWRITE) writeFileSync(path, replayed)
      else expect(replayed).toBe(text)
    })
  }
}

function replay(text: string, script: Script): string {
  const paragraphs = text.trim().split(/\n\n+/)
  return paragraphs.map((paragraph) => replayOne(script, paragraph)).join('\n\n') + '\n'
}

function replayOne(script: Script, paragraph: string): string {
  const lines = paragraph.split('\n')
  const directives = lines.slice(0, lines.includes('----') ? lines.indexOf('----') : lines.length)
  if (directives.every((line) => line.startsWith('#'))) return paragraph
  const output = directives
    .filter((line) => !line.startsWith('#'))
    .map((line) => script.run(line))
    .filter((out) => out !== '')
  return [...directives, '----', output.join('\n') || 'ok'].join('\n')
}
