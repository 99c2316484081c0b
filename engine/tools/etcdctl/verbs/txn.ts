/** Models etcdctl/ctlv3/command/txn_command.go: compares, success and failure requests from standard input. */
import type { Compare, RequestOp } from '../../../etcd/messages.ts'
import type { Run } from '../../../host/process.ts'
import { parseCommandLine } from '../cobra.ts'
import { badArgs, Ended, EXIT, Failed } from '../exit.ts'
import { keyRangeOf } from '../key-range.ts'
import { LEASE_ARG, leaseIdOf } from '../lease-id.ts'
import { Session } from '../session.ts'
import { quoted } from '../values.ts'
import { argify } from '../words.ts'

const TARGETS: Record<string, Compare['target']> = {
  ver: 'version',
  version: 'version',
  c: 'create',
  create: 'create',
  m: 'mod',
  mod: 'mod',
  val: 'value',
  value: 'value',
  lease: 'lease',
}
const RESULTS: Record<string, Compare['result']> = { '=': 'equal', '!=': 'not-equal', '>': 'greater', '<': 'less' }

export function* txn(session: Session): Run<void> {
  if (session.args.length > 0) throw badArgs('txn command does not accept argument')
  const client = yield* session.client()
  const compare = yield* section(session, 'compares:', parseCompare)
  const success = yield* section(session, 'success requests (get, put, del):', (line) => parseRequest(session, line))
  const failure = yield* section(session, 'failure requests (get, put, del):', (line) => parseRequest(session, line))
  const { header, result } = yield* client.must({ kind: 'txn', compare, success, failure })
  if (result.kind !== 'txn') return
  const responses = result.responses.map((one) =>
    one.op === 'put' || one.op === 'delete' ? withoutPrevious(one) : one,
  )
  yield* session.show({ kind: 'txn', header, succeeded: result.succeeded, responses })
}

function withoutPrevious<T extends { op: 'put' } | { op: 'delete'; prevKvs: unknown[] }>(response: T): T {
  if (response.op === 'delete') return { ...response, prevKvs: [] }
  const { prevKv: _, ...rest } = response as T & { prevKv?: unknown }
  return rest as unknown as T
}

/** Lines up to an empty one. */
function* section<T>(session: Session, title: string, parse: (line: string) => T): Run<T[]> {
  if (session.isSet('interactive')) yield* session.p.out(`${title}\n`)
  const found: T[] = []
  for (;;) {
    const line = yield* session.p.readLine()
    if (line === null) throw new Failed(EXIT.invalidInput, 'EOF')
    if (line.trim() === '') return found
    found.push(parse(line.trim()))
  }
}

/** `mod("key") > "0"`: key and operand are Go strings in quotes. */
function parseCompare(line: string): Compare {
  const [, target = '', rest = ''] = /^([^(]*)\(([^)]*\).*)$/.exec(line) ?? []
  if (rest === '') throw new Failed(EXIT.invalidInput, `malformed comparison: ${line}`)
  const [, key, operator = '', value] = /^("(?:[^"\\]|\\.)*")\)\s*(\S+)(?:\s+("(?:[^"\\]|\\.)*"))?/.exec(rest) ?? []
  const [name = ''] = argify(key ?? '')
  if (key === undefined || value === undefined) {
    const got = `${target}(${quoted(name)}) ${operator} ${quoted('')}`
    throw new Failed(EXIT.invalidInput, `malformed comparison: ${line}; got ${got}`)
  }
  const what = TARGETS[target.trim().toLowerCase()]
  if (what === undefined)
    throw new Failed(EXIT.invalidInput, `malformed comparison: ${line} (unknown target ${target})`)
  const result = RESULTS[operator]
  if (result === undefined) throw new Failed(EXIT.badConnection, 'panic: Unknown result op')
  return { key: name, target: what, result, operand: operandOf(what, argify(value)[0] ?? '', line) }
}

function operandOf(target: Compare['target'], value: string, line: string): string | number {
  if (target === 'value') return value
  if (!(target === 'lease' ? /^[0-9a-fA-F]+$/ : /^[+-]?\d+$/).test(value))
    throw new Failed(EXIT.invalidInput, `invalid txn compare request: ${line}`)
  return target === 'lease' ? Number(BigInt(`0x${value}`)) : Number(value)
}

/** A request is a command line of get, put or del. */
function parseRequest(session: Session, line: string): RequestOp {
  const parsed = parseCommandLine(session.tool, argify(line), session.version)
  if (!('path' in parsed) || !['get', 'put', 'del'].includes(parsed.path))
    throw new Failed(EXIT.invalidInput, `invalid txn request: ${line}`)
  const own = new Session(session.p, session.tool, session.version, parsed)
  const [key = '', value = ''] = own.args
  if (parsed.path === 'get')
    return { op: 'range', ...keyRangeOf(own), revision: own.number('rev'), keysOnly: own.isSet('keys-only') }
  if (parsed.path === 'del') return { op: 'delete', ...keyRangeOf(own), prevKv: own.isSet('prev-kv') }
  const lease = leaseIdOf(own.flag('lease'), LEASE_ARG)
  if (own.args.length < 2) throw new Ended(EXIT.badArgs)
  return { op: 'put', key, value, ...(lease !== 0 && { lease }), prevKv: own.isSet('prev-kv') }
}
