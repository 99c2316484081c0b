/** `kubectl cluster-info dump`. Models kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go: lists of a few kinds, then every container's log, to stdout or one file each. */
import type { Run } from '../../../host/process.ts'
import type { ApiObject, Client, ListObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, StatusError } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { makeYaml } from '../serialize.ts'

export const clusterInfoDumpCommand: Command = { path: 'cluster-info dump', complete: 'none', run: runDump }

/** Resource and the name of its file, in upstream's order. */
const LISTS: [resource: string, file: string][] = [
  ['events', 'events'],
  ['replicationcontrollers', 'replication-controllers'],
  ['services', 'services'],
  ['daemonsets.apps', 'daemonsets'],
  ['deployments.apps', 'deployments'],
  ['replicasets.apps', 'replicasets'],
  ['pods', 'pods'],
]

function* runDump(ctx: Context): Run<void> {
  const { flags, session } = ctx
  const client = yield* session.client()
  yield* dump(ctx, 'nodes', yield* client.get<ListObject>('/api/v1/nodes'))
  for (const namespace of yield* namespacesOf(ctx, client)) yield* dumpNamespace(ctx, client, namespace)
  const directory = flags.text('output-directory')
  if (directory !== '' && directory !== '-') yield* ctx.p.out(`Cluster info dumped to ${directory}\n`)
}

function* namespacesOf(ctx: Context, client: Client): Run<string[]> {
  const { flags, session } = ctx
  if (flags.bool('all-namespaces')) {
    const list = yield* client.get<ListObject>('/api/v1/namespaces')
    return list.items.map(({ metadata }) => metadata?.name ?? '')
  }
  const listed = flags.list('namespaces')
  return listed.length > 0 ? listed : ['kube-system', (yield* session.namespace()).namespace]
}

function* dumpNamespace(ctx: Context, client: Client, namespace: string): Run<void> {
  const mapper = yield* ctx.session.mapper()
  let pods: ApiObject[] = []
  for (const [resource, file] of LISTS) {
    const list = yield* client.get<ListObject>(pathOf(mapper.resolve(resource), namespace))
    yield* dump(ctx, `${namespace}/${file}`, list)
    if (resource === 'pods') pods = list.items
  }
  for (const pod of pods) yield* dumpLogs(ctx, client, namespace, pod)
}

function* dumpLogs(ctx: Context, client: Client, namespace: string, pod: ApiObject): Run<void> {
  const name = pod.metadata?.name ?? ''
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const { initContainers = [], containers = [] } = (pod.spec ?? {}) as Record<string, { name: string }[] | undefined>
  const texts: string[] = []
  for (const { name: container } of [...initContainers, ...containers]) {
    texts.push(`==== START logs for container ${container} of pod ${namespace}/${name} ====\n`)
    texts.push(yield* logOf(client, pathOf(type, namespace, name, 'log'), container))
    texts.push(`==== END logs for container ${container} of pod ${namespace}/${name} ====\n`)
  }
  yield* write(ctx, `${namespace}/${name}/logs.txt`, texts.join(''))
}

function* logOf(client: Client, path: string, container: string): Run<string> {
  try {
    const answer = yield* client.request<unknown>('GET', path, { query: { container } })
    return typeof answer === 'string' ? answer : ''
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return `Create log error: ${error.message}\n`
  }
}

function* dump(ctx: Context, file: string, list: ListObject): Run<void> {
  const output = ctx.flags.text('output') || 'json'
  if (output === 'json') return yield* write(ctx, `${file}.json`, jsonText(list))
  if (output === 'yaml') return yield* write(ctx, `${file}.yaml`, makeYaml(bare(list)))
  throw new CommandError(`not simulated: kubectl cluster-info dump -o ${output}`)
}

/** A typed list: its items do not say their kind. */
function bare({ kind, apiVersion, metadata, items }: ListObject): ApiObject {
  const plain = items.map(({ kind: _kind, apiVersion: _version, ...rest }) => rest)
  return { kind, apiVersion, metadata, items: plain } as ApiObject
}

const jsonText = (list: ListObject): string => `${JSON.stringify(bare(list), null, 4)}\n`

function* write(ctx: Context, file: string, text: string): Run<void> {
  const directory = ctx.flags.text('output-directory')
  if (directory === '' || directory === '-') return yield* ctx.p.out(text)
  const path = `${directory.replace(/\/+$/, '')}/${file}`
  yield* ctx.p.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true })
  const written = yield* ctx.p.writeFile(path, text)
  if ('error' in written) throw new CommandError(`open ${path}: permission denied`)
}
