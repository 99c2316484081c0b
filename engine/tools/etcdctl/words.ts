/** Words of a line as argify splits them: quotes hold blanks together. Models etcdctl/ctlv3/command/util.go (Argify). */
const WORD = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^'"\s]\S*/g

export function argify(line: string): string[] {
  return [...line.matchAll(WORD)].map(([word]) => {
    if (word.startsWith('"')) return unquote(word)
    return word.startsWith("'") ? word.slice(1, -1) : word
  })
}

function unquote(word: string): string {
  return word.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter)
}
