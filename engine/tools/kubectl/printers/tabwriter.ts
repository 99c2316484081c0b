/** Aligned columns out of text with tabs. Models Go's text/tabwriter: a column is a run of neighbouring lines that have it. */

export interface TabOptions {
  minWidth: number
  padding: number
}

/** kubectl get's. */
export const GET_TABS: TabOptions = { minWidth: 6, padding: 3 }
/** kubectl describe's. */
export const DESCRIBE_TABS: TabOptions = { minWidth: 0, padding: 2 }

const widthOf = (cell: string): number => [...cell].length

/** Aligns the cells of `text`, which ends with a newline. `remembered` widths only grow. */
export function alignTabs(text: string, options: TabOptions, remembered?: number[]): string {
  const lines = text.split('\n').map((line) => line.split('\t'))
  const output: string[] = []
  format(lines, 0, lines.length, [], options, output, remembered)
  return output.join('\n')
}

function format(
  lines: string[][],
  from: number,
  to: number,
  widths: number[],
  options: TabOptions,
  output: string[],
  remembered?: number[],
): void {
  const column = widths.length
  let written = from
  for (let row = from; row < to; row++) {
    if (column >= lines[row]!.length - 1) continue
    write(lines, written, row, widths, output)
    let end = row
    let width = Math.max(options.minWidth, remembered?.[column] ?? 0)
    while (end < to && column < lines[end]!.length - 1) {
      width = Math.max(width, widthOf(lines[end]![column]!) + options.padding)
      end++
    }
    if (remembered) remembered[column] = width
    format(lines, row, end, [...widths, width], options, output, remembered)
    written = end
    row = end - 1
  }
  write(lines, written, to, widths, output)
}

function write(lines: string[][], from: number, to: number, widths: number[], output: string[]): void {
  for (let row = from; row < to; row++) {
    const cells = lines[row]!.map((cell, i) =>
      i < widths.length ? cell + ' '.repeat(Math.max(0, widths[i]! - widthOf(cell))) : cell,
    )
    output.push(cells.join(''))
  }
}
