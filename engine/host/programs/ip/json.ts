/** JSON as iproute2 writes it: in one line, or with -p in its own way of indenting. */
export type JsonValue = string | number | boolean | JsonValue[] | { [key: string]: JsonValue | undefined }

const indent = (depth: number): string => '    '.repeat(depth)

function pretty(value: JsonValue, depth: number): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]'
    return `[ ${value.map((one) => pretty(one, depth + 1)).join(',')} ]`
  }
  if (typeof value !== 'object') return JSON.stringify(value)
  const members = Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
  const lines = members.map(([key, one]) => `${indent(depth + 1)}"${key}": ${pretty(one, depth + 1)}`)
  return `{\n${lines.join(',\n')}\n${indent(depth)}}`
}

export function makeJson(values: JsonValue[], isPretty: boolean): string {
  return `${isPretty ? pretty(values, 0) : JSON.stringify(values)}\n`
}
