/** History expansion: `!!`, `!n`, `!-n`, `!prefix`, `!$`. */

/** The line with its events put in; undefined when one is not there. */
export function expandHistory(line: string, history: readonly string[]): string | undefined {
  if (!/(^|[^\\$\[])!([!$\w-])/.test(line) || /'[^']*![^']*'/.test(line)) return line
  let missing = false
  const text = line.replace(/(^|[\s;&|])!(!|\$|-?\d+|[A-Za-z][\w-]*)/g, (_all, before: string, what: string) => {
    const found = eventOf(what, history)
    if (found === undefined) missing = true
    return before + (found ?? '')
  })
  return missing ? undefined : text
}

function eventOf(what: string, history: readonly string[]): string | undefined {
  if (what === '!') return history.at(-1)
  if (what === '$') return history.at(-1)?.split(/\s+/).at(-1)
  if (/^-\d+$/.test(what)) return history.at(Number(what))
  if (/^\d+$/.test(what)) return history[Number(what) - 1]
  return history.findLast((line) => line.startsWith(what))
}
