/** A shell pattern with `*`, `?` and `[…]` as a regular expression of the whole text. Models fnmatch(3). */
export function globPattern(glob: string): RegExp {
  const text = glob.replace(
    /\[([!^]?)(\]?[^\]]*)\]|[.+^${}()|[\]\\*?]/g,
    (found: string, not: string | undefined, set: string | undefined) => {
      if (set !== undefined && set !== '') return `[${not === '' ? '' : '^'}${set.replace(/[\\\]^]/g, '\\$&')}]`
      return { '*': '.*', '?': '.' }[found] ?? found.replace(/[^\w]/g, '\\$&')
    },
  )
  return patternOf(`^${text}$`, 's') ?? NOTHING
}

const NOTHING = /(?!)/

/** A regular expression as somebody typed it; undefined: it is none. */
export function patternOf(text: string, flags = ''): RegExp | undefined {
  try {
    return new RegExp(text, flags)
  } catch {
    return undefined
  }
}
