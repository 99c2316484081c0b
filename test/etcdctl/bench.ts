/** Runs etcdctl or etcdutl against a member that a test plays. */
import type { EtcdCall, EtcdHeader, EtcdResult, KeyValue } from '../../engine/etcd/messages.ts'
import { makeBinary } from '../../engine/host/binary.ts'
import { etcdctl } from '../../engine/tools/etcdctl/etcdctl.ts'
import { etcdutl } from '../../engine/tools/etcdutl/etcdutl.ts'
import { runProgram } from '../harness/proc.ts'
import type { Machine, Result } from '../harness/proc.ts'

/** The member that made the recordings. */
export const HEADER: EtcdHeader = {
  clusterId: 'c6e741ee30dfe943',
  memberId: 'd0fc88b41492808e',
  revision: 4,
  raftTerm: 2,
}

export interface Question {
  url: string
  tls: Record<string, unknown>
  request: EtcdCall
  timeoutMs?: number
}

export type Reply = EtcdResult | { failure: 'connection' | 'timeout'; message: string }
export type Member = (question: Question) => Reply | undefined

export interface Setting extends Omit<Machine, 'ask'> {
  version?: string
  header?: EtcdHeader
}

export const kv = (key: string, value: unknown, own: Partial<KeyValue> = {}): KeyValue => ({
  key,
  value,
  createRevision: 2,
  modRevision: 4,
  version: 2,
  lease: 0,
  ...own,
})

/** Runs a command line; `questions` is what the member was asked. */
export function ctl(
  line: string | string[],
  member: Member = () => undefined,
  setting: Setting = {},
): Result & { questions: Question[] } {
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const { version = '3.5.30', header = HEADER, ...machine } = setting
  const questions: Question[] = []
  const ask = (name: string, args: Record<string, unknown>): unknown => {
    if (name !== 'etcd.call') return undefined
    const question = args as unknown as Question
    questions.push(question)
    const reply = member(question)
    if (reply === undefined) return { failure: 'timeout', message: 'context deadline exceeded' }
    return 'failure' in reply ? reply : { header, result: reply }
  }
  const name = argv[0] === 'etcdutl' ? 'etcdutl' : 'etcdctl'
  const files = { [`/usr/bin/${name}`]: makeBinary(name, version), ...machine.files }
  const result = runProgram(name === 'etcdutl' ? etcdutl : etcdctl, argv, { ...machine, files, ask })
  return { ...result, questions }
}
