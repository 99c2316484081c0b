/** Tables as olekukonko/tablewriter 0.0.5 draws them: headers centred and in capitals, cells to the right. */

/** tablewriter: MAX_ROW_WIDTH; longer cells are broken between words. */
const WRAP_AT = 30

export function drawTable(headers: string[], rows: string[][]): string {
  const cells = rows.map((row) => row.map(wrapped))
  const titles = headers.map((header) => header.toUpperCase().replace(/[_.]/g, ' '))
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.flatMap((row) => (row[column] ?? []).map((line) => line.length))),
  )
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`
  const head = `|${titles.map((title, column) => ` ${centred(title, widths[column] as number)} `).join('|')}|\n`
  const body = cells.map((row) => drawRow(row, widths)).join('')
  return `${rule}${head}${rule}${body}${body === '' ? '' : rule}`
}

function drawRow(row: string[][], widths: number[]): string {
  const height = Math.max(1, ...row.map((lines) => lines.length))
  return Array.from({ length: height }, (_, at) => {
    const line = widths.map((width, column) => ` ${(row[column]?.[at] ?? '').padStart(width)} `)
    return `|${line.join('|')}|\n`
  }).join('')
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2)
  return text.padStart(text.length + left).padEnd(width)
}

/** tablewriter's WrapString, for cells of few words. */
function wrapped(text: string): string[] {
  if (text.length <= WRAP_AT) return [text]
  const words = text.split(/\s+/).filter((word) => word !== '')
  const limit = Math.max(WRAP_AT, ...words.map((word) => word.length))
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
