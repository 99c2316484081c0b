/** Values as Go's fmt prints them with %v. */

/** `map[a:1 b:[x y]]`, `<nil>`, `1.5`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number') return goNumber(value)
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const fields = value as Record<string, unknown>
  const keys = Object.keys(fields).sort()
  return `map[${keys.map((key) => `${key}:${goText(fields[key])}`).join(' ')}]`
}

/** Integers plainly; others as %v prints a float64. */
export function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -5 && exponent < 21) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
