/** Models etcdctl/ctlv3/command/member_command.go (H3). */
import type { EtcdMemberInfo } from '../../../etcd/messages.ts'
import type { Run } from '../../../host/process.ts'
import { badArgs, EXIT, Failed } from '../exit.ts'
import { hexId } from '../printers/responses.ts'
import { parseHex, withoutRevision } from '../session.ts'
import type { Session, Verb } from '../session.ts'

function memberIdOf({ args }: Session): string {
  if (args.length !== 1) throw badArgs('member ID is not provided')
  return parseHex(args[0] as string, 'member', 'ParseUint')
}

function peerUrlsOf(session: Session): string[] {
  const urls = session.flag('peer-urls')
  if (urls === '') throw badArgs('member peer urls not provided')
  return urls.split(',')
}

/** Models pkg/types (NewURLs), which clientv3 puts before the call. */
function checkUrls(urls: string[]): string[] {
  for (const url of urls) {
    const problem = urlProblem(url)
    if (problem !== undefined) throw new Failed(EXIT.error, problem)
  }
  return [...urls].sort()
}

function urlProblem(url: string): string | undefined {
  const [, scheme, host = '', path = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/]*)(\/.*)?$/i.exec(url) ?? []
  if (scheme === undefined && /^[^/]*:/.test(url))
    return `parse ${JSON.stringify(url)}: first path segment in URL cannot contain colon`
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'unix' && scheme !== 'unixs')
    return `URL scheme must be http, https, unix, or unixs: ${url}`
  if (!/^(\[[^\]]+\]|[^:]+):\d+$/.test(host)) return `URL address does not have the form "host:port": ${url}`
  return path === '' ? undefined : `URL must not contain a path: ${url}`
}

const list: Verb = function* (session) {
  const consistency = session.flag('consistency')
  const client = yield* session.client()
  const linearizable = session.minor > 4 && consistency !== 's'
  const { header, result } = yield* client.must({ kind: 'memberList', linearizable })
  if (result.kind === 'memberList')
    yield* session.show({ kind: 'members', header: withoutRevision(header), members: result.members })
}

const add: Verb = function* (session) {
  const { args } = session
  if (args.length < 1) throw badArgs('member name not provided')
  if (args.length > 1) {
    const name = /^https?:\/\//.test(args[1] as string) ? `, did you mean --peer-urls=${args[1]}` : ''
    throw badArgs(`too many arguments${name}`)
  }
  const urls = peerUrlsOf(session)
  const client = yield* session.client()
  const learner = session.isSet('learner')
  const { header, result } = yield* client.must({ kind: 'memberAdd', peerUrls: checkUrls(urls), learner })
  if (result.kind !== 'memberAdd') return
  const { member, members } = result
  yield* session.show({ kind: 'memberAdd', header: withoutRevision(header), member, members })
  if (session.flag('write-out') === 'simple') yield* instructions(session, args[0] as string, member, members)
}

/** What the new member is to be started with. */
function* instructions(session: Session, name: string, added: EtcdMemberInfo, members: EtcdMemberInfo[]): Run<void> {
  const cluster = members.flatMap((member) =>
    member.peerUrls.map((url) => `${hexId(member.id) === hexId(added.id) ? name : member.name}=${url}`),
  )
  const lines = [
    `ETCD_NAME=${JSON.stringify(name)}`,
    `ETCD_INITIAL_CLUSTER=${JSON.stringify(cluster.join(','))}`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=${JSON.stringify(added.peerUrls.join(','))}`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"',
  ]
  yield* session.p.out(`\n${lines.join('\n')}\n`)
}

const remove: Verb = function* (session) {
  const id = memberIdOf(session)
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'memberRemove', id })
  if (result.kind === 'memberChange') yield* changed(session, id, 'removed from', header, result.members)
}

const update: Verb = function* (session) {
  const id = memberIdOf(session)
  const urls = peerUrlsOf(session)
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'memberUpdate', id, peerUrls: checkUrls(urls) })
  if (result.kind === 'memberChange') yield* changed(session, id, 'updated in', header, result.members)
}

const promote: Verb = function* (session) {
  const id = memberIdOf(session)
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'memberPromote', id })
  if (result.kind === 'memberChange') yield* changed(session, id, 'promoted in', header, result.members)
}

function* changed(
  session: Session,
  id: string,
  verb: string,
  header: Parameters<typeof withoutRevision>[0],
  members: EtcdMemberInfo[],
): Run<void> {
  yield* session.show({ kind: 'memberChange', verb, header: withoutRevision(header), id, members })
}

export const memberVerbs: Record<string, Verb> = {
  'member list': list,
  'member add': add,
  'member remove': remove,
  'member update': update,
  'member promote': promote,
}
