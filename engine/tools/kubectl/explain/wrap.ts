/** The two ways in which kubectl explain breaks lines. */

const isSpace = (char: string): boolean => /\s/.test(char) && char !== '\u00a0'

/** Breaks at spaces, keeps those within a line. Models github.com/mitchellh/go-wordwrap. */
export function wordWrap(text: string, limit: number): string {
  let [out, space, word, current] = ['', '', '', 0]
  const flush = (): void => {
    current += space.length + word.length
    out += space + word
    space = ''
    word = ''
  }
  for (const char of text) {
    if (char === '\n') {
      if (word === '' && current + space.length > limit) space = ''
      flush()
      out += char
      current = 0
    } else if (isSpace(char)) {
      if (space === '' || word !== '') flush()
      space += char
    } else {
      word += char
      if (current + word.length + space.length > limit && word.length < limit) {
        out += '\n'
        current = 0
        space = ''
      }
    }
  }
  if (word !== '' || current + space.length <= limit) out += space + word
  return out
}

const BULLET = /^(\d+\.?|-|\*)\s/

function startsLine(lastWord: string, text: string): boolean {
  const trimmed = text.trim()
  return lastWord.endsWith(':') || text.startsWith('    ') || trimmed === '' || BULLET.test(trimmed)
}

/** Fills lines with words, keeps code blocks, lists and empty lines. Models kubectl/pkg/explain/formatter.go. */
export function fillLines(text: string, width: number): string[] {
  const lines: string[] = []
  let [line, lastWord] = ['', '']
  const flush = (): void => {
    if (line === '') return
    lines.push(line)
    line = ''
    lastWord = ''
  }
  for (const one of text.split('\n')) {
    if (one.startsWith('    ')) {
      flush()
      lines.push(one)
      continue
    }
    if (lines.length > 0 && one.trim() === '') {
      flush()
      lines.push('')
      continue
    }
    if (startsLine(lastWord, one)) flush()
    for (const word of one.split(/\s+/).filter((part) => part !== '')) {
      if (line !== '' && line.length + 1 + word.length > width) flush()
      line = line === '' ? word : `${line} ${word}`
      lastWord = word
    }
  }
  flush()
  return lines
}
