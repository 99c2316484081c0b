/** A regular expression as somebody typed it; undefined: it is none. */
export function patternOf(text: string, flags = ''): RegExp | undefined {
  try {
    return new RegExp(text, flags)
  } catch {
    return undefined
  }
}
