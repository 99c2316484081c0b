/** The Corefile: CoreDNS's configuration as text and as data. Models coredns/caddy caddyfile parsing (G6). */

export interface Directive {
  name: string
  args: string[]
  block: { name: string; args: string[]; line: number }[]
  line: number
}

export interface ServerBlock {
  /** `.:53`, `cluster.local:53` … */
  keys: string[]
  directives: Directive[]
}

export type Corefile = ServerBlock[]

/** Where and why a Corefile is wrong, in CoreDNS's words: `Corefile:5 - Error during parsing: Unknown directive 'foo'`. */
export interface CorefileError {
  line: number
  message: string
}

/** Every plugin that is compiled in; any other name is an unknown directive. */
const PLUGINS = new Set(
  (
    'root metadata geoip cancel tls timeouts multisocket quic reload nsid bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 ' +
    'any chaos loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary ' +
    'etcd loop forward grpc erratic whoami on sign view acl nomad'
  ).split(' '),
)

interface Token {
  text: string
  line: number
  /** The first of its line. */
  first: boolean
}

function tokenize(text: string): Token[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.replace(/(^|\s)#.*$/, '').match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []
    return words.map((word, at) => ({ text: word.replace(/^"(.*)"$/, '$1'), line: index + 1, first: at === 0 }))
  })
}

class Parser {
  private at = 0
  constructor(private readonly tokens: Token[]) {}

  parse(): Corefile {
    const blocks: Corefile = []
    while (this.at < this.tokens.length) blocks.push(this.serverBlock())
    return blocks
  }

  private serverBlock(): ServerBlock {
    const keys: string[] = []
    while (this.peek() !== undefined && this.peek()?.text !== '{')
      keys.push((this.next() as Token).text.replace(/,$/, ''))
    this.expectOpen()
    const directives: Directive[] = []
    while (this.peek() !== undefined && this.peek()?.text !== '}') directives.push(this.directive())
    this.expectClose()
    return { keys, directives }
  }

  private directive(): Directive {
    const { text: name, line } = this.next() as Token
    if (!PLUGINS.has(name)) fail(line, `Unknown directive '${name}'`)
    const args = this.restOfLine()
    const block: Directive['block'] = []
    if (this.peek()?.text === '{') {
      this.next()
      while (this.peek() !== undefined && this.peek()?.text !== '}') {
        const { text, line: at } = this.next() as Token
        block.push({ name: text, args: this.restOfLine(), line: at })
      }
      this.expectClose()
    }
    return { name, args, block, line }
  }

  private restOfLine(): string[] {
    const args: string[] = []
    while (this.peek() !== undefined && this.peek()?.first === false && !['{', '}'].includes(this.peek()?.text ?? ''))
      args.push((this.next() as Token).text)
    return args
  }

  private expectOpen(): void {
    const token = this.next()
    if (token === undefined) fail(this.lastLine(), 'Unexpected EOF')
  }

  private expectClose(): void {
    if (this.next() === undefined) fail(this.lastLine(), 'Unexpected EOF')
  }

  private lastLine(): number {
    return this.tokens[this.tokens.length - 1]?.line ?? 1
  }

  private peek(): Token | undefined {
    return this.tokens[this.at]
  }

  private next(): Token | undefined {
    return this.tokens[this.at++]
  }
}

class ParseFailure extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message)
  }
}

function fail(line: number, message: string): never {
  throw new ParseFailure(line, message)
}

/** Plugins whose arguments are wrong stop the start too. */
const CHECKS: Record<string, (directive: Directive) => string | undefined> = {
  forward: ({ args }) => {
    if (args.length < 2)
      return 'plugin/forward: Wrong argument count or unexpected line ending after '.concat(
        `'${args[args.length - 1] ?? 'forward'}'`,
      )
    const bad = args
      .slice(1)
      .find(
        (to) =>
          !/^(\/|tls:\/\/|dns:\/\/)?[\w./:[\]-]+$/.test(to) ||
          (!to.startsWith('/') && !/\d+\.\d+\.\d+\.\d+|:/.test(to)),
      )
    return bad === undefined ? undefined : `plugin/forward: not an IP address or file: "${bad}"`
  },
  kubernetes: ({ block }) => {
    const known = new Set([
      'endpoint_pod_names',
      'pods',
      'namespaces',
      'endpoint',
      'tls',
      'labels',
      'namespace_labels',
      'fallthrough',
      'ttl',
      'transfer',
      'noendpoints',
      'ignore',
      'kubeconfig',
      'apiserver_qps',
      'apiserver_burst',
      'apiserver_max_inflight',
      'startup_timeout',
    ])
    const bad = block.find(({ name }) => !known.has(name))
    if (bad !== undefined) return `plugin/kubernetes: unknown property '${bad.name}'`
    const pods = block.find(({ name }) => name === 'pods')?.args[0]
    return pods === undefined || ['disabled', 'insecure', 'verified'].includes(pods)
      ? undefined
      : `plugin/kubernetes: wrong value for pods: ${pods},  must be one of: disabled, verified, insecure`
  },
}

/** Parses a Corefile; the error is what CoreDNS prints after the file's name. */
export function parseCorefile(text: string): Corefile | CorefileError {
  try {
    const corefile = new Parser(tokenize(text)).parse()
    for (const directive of corefile.flatMap(({ directives }) => directives)) {
      const wrong = CHECKS[directive.name]?.(directive)
      if (wrong !== undefined) return { line: directive.line, message: wrong }
    }
    return corefile
  } catch (error) {
    if (error instanceof ParseFailure) return { line: error.line, message: error.message }
    throw error
  }
}

/** The text of a Corefile, indented as kubeadm writes it. */
export function makeCorefile(corefile: Corefile): string {
  return corefile
    .map(({ keys, directives }) => `${keys.join(' ')} {\n${directives.map(makeDirective).join('')}}\n`)
    .join('')
}

function makeDirective({ name, args, block }: Directive): string {
  const head = `    ${[name, ...args].join(' ')}`
  if (block.length === 0) return `${head}\n`
  return `${head} {\n${block.map((one) => `       ${[one.name, ...one.args].join(' ')}\n`).join('')}    }\n`
}
