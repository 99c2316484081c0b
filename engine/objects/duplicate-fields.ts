/**
 * Finds fields that stand twice in one object of a JSON text: `duplicate field "spec.replicas"`, in order of
 * appearance. Models sigs.k8s.io/json strict decoding, which JSON.parse cannot do. The text must be valid JSON.
 */
export function duplicateFields(text: string): string[] {
  const scan: Scan = { text, at: 0, found: [] }
  scanValue(scan, '')
  return scan.found
}

interface Scan {
  text: string
  at: number
  found: string[]
}

function skipSpace(scan: Scan): void {
  while (scan.at < scan.text.length && ' \t\r\n'.includes(scan.text[scan.at]!)) scan.at++
}

function scanValue(scan: Scan, path: string): void {
  skipSpace(scan)
  const first = scan.text[scan.at]
  if (first === '{') scanObject(scan, path)
  else if (first === '[') scanList(scan, path)
  else if (first === '"') scanString(scan)
  else while (scan.at < scan.text.length && !',]} \t\r\n'.includes(scan.text[scan.at]!)) scan.at++
}

function scanString(scan: Scan): string {
  const from = scan.at
  scan.at++
  while (scan.at < scan.text.length && scan.text[scan.at] !== '"') scan.at += scan.text[scan.at] === '\\' ? 2 : 1
  scan.at++
  return JSON.parse(scan.text.slice(from, scan.at)) as string
}

/** Walks the comma-separated members up to the closing character. */
function scanMembers(scan: Scan, close: string, member: (index: number) => void): void {
  scan.at++
  for (let index = 0; scan.at < scan.text.length; index++) {
    skipSpace(scan)
    if (scan.text[scan.at] === close) break
    member(index)
    skipSpace(scan)
    if (scan.text[scan.at] === ',') scan.at++
  }
  scan.at++
}

function scanObject(scan: Scan, path: string): void {
  const seen = new Set<string>()
  scanMembers(scan, '}', () => {
    const key = scanString(scan)
    const field = path === '' ? key : `${path}.${key}`
    if (seen.has(key)) scan.found.push(`duplicate field "${field}"`)
    seen.add(key)
    skipSpace(scan)
    scan.at++
    scanValue(scan, field)
  })
}

function scanList(scan: Scan, path: string): void {
  scanMembers(scan, ']', (index) => scanValue(scan, `${path}[${index}]`))
}
