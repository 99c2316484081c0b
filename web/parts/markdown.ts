/**
 * The little Markdown that task texts and hints are written in, as data: headings, lists, fenced and indented code,
 * `code`, **bold**, *emphasis* and links to http(s). Everything else, HTML included, is plain text.
 */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong'; children: Inline[] }
  | { kind: 'emphasis'; children: Inline[] }
  | { kind: 'link'; href: string; text: string }

export type Block =
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Block[][] }
  | { kind: 'code'; text: string }

const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|\*(?!\s)([^*]+?)\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/

/** The pieces of one line or paragraph. */
export function parseInline(text: string): Inline[] {
  const found = INLINE.exec(text)
  if (found === null) return text === '' ? [] : [{ kind: 'text', text }]
  const before: Inline[] = found.index === 0 ? [] : [{ kind: 'text', text: text.slice(0, found.index) }]
  return [...before, inlineOf(found), ...parseInline(text.slice(found.index + found[0].length))]
}

function inlineOf([whole, code, strong, emphasis, label, href]: RegExpExecArray): Inline {
  if (code !== undefined) return { kind: 'code', text: code }
  if (strong !== undefined) return { kind: 'strong', children: parseInline(strong) }
  if (emphasis !== undefined) return { kind: 'emphasis', children: parseInline(emphasis) }
  if (label !== undefined && href !== undefined) return { kind: 'link', href, text: label }
  return { kind: 'text', text: whole }
}

/** So far in, a line is code. */
const CODE_INDENT = 4
const FENCE = /^\s*```/
const HEADING = /^(#{1,4})\s+(.*)$/
const BULLET = /^\s*[-*]\s+(.*)$/
const NUMBER = /^\s*\d+[.)]\s+(.*)$/

/** The blocks of a text. Never throws: what is no block is a paragraph. */
export function parseMarkdown(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) at = takeBlock(lines, at, blocks)
  return blocks
}

/** Takes the block that begins at a line and answers the line after it. */
function takeBlock(lines: string[], at: number, blocks: Block[]): number {
  const line = lines[at] ?? ''
  if (line.trim() === '') return at + 1
  if (FENCE.test(line)) return takeCode(lines, at + 1, blocks)
  if (depthOf(line) >= CODE_INDENT) return takeIndented(lines, at, blocks)
  const heading = HEADING.exec(line)
  if (heading !== null) {
    blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, children: parseInline(heading[2] ?? '') })
    return at + 1
  }
  if (BULLET.test(line)) return takeList(lines, at, BULLET, false, blocks)
  if (NUMBER.test(line)) return takeList(lines, at, NUMBER, true, blocks)
  return takeParagraph(lines, at, blocks)
}

function takeCode(lines: string[], from: number, blocks: Block[]): number {
  const end = lines.findIndex((line, index) => index >= from && FENCE.test(line))
  const to = end === -1 ? lines.length : end
  blocks.push({ kind: 'code', text: lines.slice(from, to).join('\n') })
  return to + 1
}

/** Items with all that is indented beneath them; blank lines between items do not end the list. */
function takeList(lines: string[], from: number, mark: RegExp, ordered: boolean, blocks: Block[]): number {
  const items: string[][] = []
  let indent = 0
  let at = from
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const item = depthOf(line) < 2 ? mark.exec(line) : null
    if (item !== null) {
      items.push([item[1] ?? ''])
      indent = line.length - (item[1] ?? '').length
    } else if (depthOf(line) >= 2) items.at(-1)?.push(line.slice(Math.min(indent, depthOf(line))))
    else if (line.trim() === '' && goesOn(lines, at, mark)) items.at(-1)?.push('')
    else break
  }
  blocks.push({ kind: 'list', ordered, items: items.map((item) => parseMarkdown(item.join('\n'))) })
  return at
}

const depthOf = (line: string): number => (line.trim() === '' ? 0 : line.search(/\S/))

/** Whether a list goes on after the blank line at an index. */
function goesOn(lines: string[], blank: number, mark: RegExp): boolean {
  const next = lines.slice(blank).find((line) => line.trim() !== '')
  return next !== undefined && (depthOf(next) >= 2 || mark.test(next))
}

function takeIndented(lines: string[], from: number, blocks: Block[]): number {
  const after = lines.findIndex((line, index) => index > from && line.trim() !== '' && depthOf(line) < CODE_INDENT)
  const taken = lines.slice(from, after === -1 ? lines.length : after)
  blocks.push({
    kind: 'code',
    text: taken
      .map((line) => line.slice(CODE_INDENT))
      .join('\n')
      .trimEnd(),
  })
  return from + taken.length
}

function takeParagraph(lines: string[], from: number, blocks: Block[]): number {
  const starts = [FENCE, HEADING, BULLET, NUMBER]
  let at = from + 1
  while (at < lines.length && lines[at]?.trim() !== '' && !starts.some((start) => start.test(lines[at] ?? ''))) at++
  blocks.push({
    kind: 'paragraph',
    children: parseInline(
      lines
        .slice(from, at)
        .map((line) => line.trim())
        .join(' '),
    ),
  })
  return at
}
