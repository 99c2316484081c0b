/** Command-line options, as getopt_long reads them. */
export interface Options {
  /** Option name (without dashes) → its values; a flag has ''. */
  values: Map<string, string[]>
  /** What is not an option. */
  rest: string[]
  /** The first unknown option, such as `-z` or `--zoo`; and one that lacks its value. */
  unknown?: string
  missing?: string
}

export interface OptionSpec {
  /** Short and long names without a value: `['a', 'all']`. */
  flags: readonly string[]
  /** Those that take one. */
  withValue?: readonly string[]
  /** Short or long name → the name it is kept under. */
  alias?: Readonly<Record<string, string>>
  /** Stop at the first argument that is no option, as ssh and sudo do. */
  stopEarly?: boolean
  /** Long options may be written with one dash, as find and ip do. */
  singleDash?: boolean
}

export function parseOptions(argv: readonly string[], spec: OptionSpec): Options {
  const options: Options = { values: new Map(), rest: [] }
  const keep = (name: string, text: string): void => {
    const key = spec.alias?.[name] ?? name
    options.values.set(key, [...(options.values.get(key) ?? []), text])
  }
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] as string
    if (word === '--') return { ...options, rest: [...options.rest, ...argv.slice(i + 1)] }
    if (word === '-' || !word.startsWith('-')) {
      options.rest.push(word)
      if (spec.stopEarly) return { ...options, rest: argv.slice(i) }
    } else if (word.startsWith('--') || spec.singleDash) i = long(word, i)
    else i = short(word, i)
  }
  return options

  function long(word: string, at: number): number {
    const [name = '', ...value] = word.replace(/^--?/, '').split('=')
    if (spec.withValue?.includes(name)) {
      if (value.length > 0) keep(name, value.join('='))
      else if (at + 1 < argv.length) {
        keep(name, argv[at + 1] as string)
        return at + 1
      } else options.missing ??= word
    } else if (spec.flags.includes(name)) keep(name, value.join('='))
    else options.unknown ??= word
    return at
  }

  function short(word: string, at: number): number {
    for (let j = 1; j < word.length; j++) {
      const name = word.charAt(j)
      if (spec.withValue?.includes(name)) {
        const glued = word.slice(j + 1)
        if (glued !== '') keep(name, glued)
        else if (at + 1 < argv.length) keep(name, argv[at + 1] as string)
        else options.missing ??= `-${name}`
        return glued === '' ? at + 1 : at
      }
      if (spec.flags.includes(name)) keep(name, '')
      else options.unknown ??= `-${name}`
    }
    return at
  }
}

export function has(options: Options, name: string): boolean {
  return options.values.has(name)
}

/** The last value given. */
export function valueOf(options: Options, name: string): string | undefined {
  return options.values.get(name)?.at(-1)
}
