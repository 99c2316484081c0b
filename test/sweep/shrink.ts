/** Makes a failing list small: parts are left out as long as it still fails (delta debugging), for at most `tries`. */
export function shrink<T>(list: readonly T[], fails: (part: T[]) => boolean, tries = Infinity): T[] {
  let left = [...list]
  let tried = 0
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length && tried < tries;) {
      const without = [...left.slice(0, from), ...left.slice(from + size)]
      if (without.length < left.length && ++tried && fails(without)) left = without
      else from += size
    }
  }
  return left
}
