/** ClusterView and ClusterHands of the simulator. Everything that changes the run goes through the input log. */
import { KindRegistry, apiVersionOf } from '../objects/kinds.ts'
import type { KindEntry } from '../objects/kinds.ts'
import { NotSupported } from '../view.ts'
import { REMEMBERED } from './history.ts'
import type { HttpResponse } from '../fabric/http.ts'
import type { Flight } from '../flight.ts'
import type { ClusterHands, ClusterView, CommandResult, ObjectQuery, Reach, Vantage, ViewedObject } from '../view.ts'

const COMMAND_TIMEOUT_MS = 30_000

export function simulatedView(flight: Flight): ClusterView {
  return {
    name: 'simulated',
    now: () => Promise.resolve(flight.clockMs),
    wait: (ms) => flight.advance(Math.ceil(ms)),
    object: (query) => getObject(flight, query),
    objects: (query) => listObjects(flight, query),
    canI: (question) => canI(flight, question),
    run: (at, command, timeoutMs) => run(flight, at, command, timeoutMs),
    reach: (from, target, timeoutMs) => reach(flight, from, target, timeoutMs),
    resolve: (from, name) => resolve(flight, from, name),
    file: (host, path) => Promise.resolve(flight.cluster.hosts.get(host).files.text(path)),
    unit: (host, unit) => Promise.resolve(unitState(flight, host, unit)),
    journal: (prefix, sinceMs) =>
      Promise.resolve(flight.journal.entries(prefix, sinceMs === undefined ? 0 : sinceMs - flight.options.epochMs)),
    history: (query, sinceMs) => Promise.resolve(history(flight, query, sinceMs)),
  }
}

export function simulatedHands(flight: Flight): ClusterHands {
  const act = (
    action: 'crash' | 'boot' | 'reboot' | 'cut' | 'mend' | 'writeFile',
    ...args: string[]
  ): Promise<void> => {
    flight.input({ kind: 'hands', action, args })
    return flight.advance(0)
  }
  return {
    apply: (manifest) => apply(flight, manifest),
    patch: (query, patch) => mutate(flight, query, 'PATCH', patch),
    remove: (query, options) =>
      mutate(
        flight,
        query,
        'DELETE',
        options?.graceSeconds === undefined ? undefined : { gracePeriodSeconds: options.graceSeconds },
      ),
    run: (at, command, timeoutMs) => run(flight, at, command, timeoutMs),
    writeFile: (host, path, text) => act('writeFile', host, path, text),
    crash: (host) => act('crash', host),
    boot: (host) => act('boot', host),
    reboot: (host) => act('reboot', host),
    cut: (a, b) => act('cut', a, b),
    mend: (a, b) => act('mend', a, b),
    fork: () => {
      const copy = flight.fork()
      return Promise.resolve({ view: copy.view, hands: copy.hands })
    },
  }
}

/** The kind that a person means: `Deployment`, `deployments`, `deploy` or `deployments.apps`. Throws when there is none. */
function entryOf(flight: Flight, kind: string): KindEntry {
  const registry = new KindRegistry(flight.options.release)
  const wanted = kind.toLowerCase()
  const [name = '', ...group] = wanted.split('.')
  const matches = registry
    .all()
    .filter((entry) => [entry.kind.toLowerCase(), entry.resource, entry.singular, ...entry.shortNames].includes(name))
  const inGroup = group.length === 0 ? matches : matches.filter((entry) => entry.group === group.join('.'))
  const found = inGroup.find(({ storage }) => storage) ?? inGroup[0]
  if (found === undefined) throw new Error(`no kind ${kind} in release ${flight.options.release}`)
  return found
}

function pathOf(entry: KindEntry, namespace: string | undefined, name: string | undefined): string {
  const root = entry.group === '' ? '/api/v1' : `/apis/${entry.group}/${entry.version}`
  const scope = entry.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''
  return `${root}${scope}/${entry.resource}${name === undefined ? '' : `/${name}`}`
}

async function ask(
  flight: Flight,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  query: Record<string, string>,
  body?: unknown,
  type = 'application/json',
): Promise<HttpResponse> {
  return flight.api(
    flight.asAdmin({
      method,
      path,
      query,
      headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    }),
  )
}

function textOf(response: HttpResponse): string {
  const body = response.body as { message?: string } | string | undefined
  return typeof body === 'object' ? (body.message ?? JSON.stringify(body)) : String(body)
}

async function getObject(flight: Flight, query: ObjectQuery & { name: string }): Promise<ViewedObject | undefined> {
  const entry = entryOf(flight, query.kind)
  const response = await ask(flight, 'GET', pathOf(entry, query.namespace ?? 'default', query.name), {})
  if (response.code === 404) return undefined
  if (response.code !== 200) throw new Error(`${query.kind}/${query.name}: ${textOf(response)}`)
  return response.body as ViewedObject
}

async function listObjects(flight: Flight, query: ObjectQuery): Promise<ViewedObject[]> {
  const entry = entryOf(flight, query.kind)
  const selectors = {
    ...(query.labelSelector && { labelSelector: query.labelSelector }),
    ...(query.fieldSelector && { fieldSelector: query.fieldSelector }),
  }
  const response = await ask(flight, 'GET', pathOf(entry, query.namespace, undefined), selectors)
  if (response.code !== 200) throw new Error(`${query.kind}: ${textOf(response)}`)
  const { items, apiVersion } = response.body as { items: ViewedObject[]; apiVersion: string }
  return items.map((item) => ({ ...item, apiVersion, kind: entry.kind }))
}

function history(
  flight: Flight,
  query: ObjectQuery & { name: string },
  sinceMs: number,
): { atMs: number; object?: ViewedObject }[] {
  const entry = entryOf(flight, query.kind)
  const resource = `${apiVersionOf(entry)}/${entry.resource}`
  if (!REMEMBERED.includes(resource)) throw new NotSupported(`no history is kept of ${entry.resource}`)
  const { epochMs } = flight.options
  const versions = flight.cluster.history.of(
    resource,
    entry.namespaced ? (query.namespace ?? 'default') : '',
    query.name,
    sinceMs - epochMs,
  )
  return versions.map(({ at, object }) => ({
    atMs: at + epochMs,
    ...(object !== undefined && { object: object as ViewedObject }),
  }))
}

async function canI(flight: Flight, question: Parameters<ClusterView['canI']>[0]): Promise<boolean> {
  const entry = entryOf(flight, question.resource)
  const resourceAttributes = {
    verb: question.verb,
    resource: entry.resource,
    group: entry.group,
    namespace: question.namespace,
    name: question.name,
  }
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: question.as, groups: question.groups ?? [], resourceAttributes },
  }
  const response = await ask(flight, 'POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {}, body)
  return (response.body as { status?: { allowed?: boolean } }).status?.allowed === true
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A command in a pod goes through kubectl exec on the base host, as a person's would. */
async function run(
  flight: Flight,
  at: Vantage,
  command: string,
  timeoutMs = COMMAND_TIMEOUT_MS,
): Promise<CommandResult> {
  if ('host' in at) return flight.script(command, { host: at.host, user: at.user ?? 'root', timeoutMs })
  const container = at.container === undefined ? '' : ` -c ${quote(at.container)}`
  return flight.script(
    `kubectl exec -n ${quote(at.namespace ?? 'default')} ${quote(at.pod)}${container} -- sh -c ${quote(command)}`,
    { timeoutMs },
  )
}

interface Target {
  scheme: 'http' | 'https' | 'tcp'
  host: string
  port: number
  rest: string
}

function parseTarget(target: string): Target {
  const match = /^(https?|tcp):\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(target)
  if (match === null) throw new Error(`${target} is not of the form http://host[:port]/path or tcp://host:port`)
  const scheme = match[1] as Target['scheme']
  return {
    scheme,
    host: match[2] as string,
    port: Number(match[3] ?? (scheme === 'https' ? 443 : 80)),
    rest: match[4] ?? '/',
  }
}

async function reach(flight: Flight, from: Vantage, target: string, timeoutMs = 5_000): Promise<Reach> {
  const { scheme, host, port, rest } = parseTarget(target)
  const seconds = Math.ceil(timeoutMs / 1000)
  const url = `${scheme === 'tcp' ? 'http' : scheme}://${host}:${port}${rest}`
  const answer = await flight.connectFrom(from, {
    host,
    port,
    url: scheme === 'tcp' ? undefined : url,
    timeoutMs: seconds * 1000,
  })
  return answer
}

async function resolve(flight: Flight, from: Vantage, name: string): Promise<string[]> {
  return flight.resolveFrom(from, name)
}

function unitState(flight: Flight, host: string, name: string): { active: boolean; enabled: boolean } | undefined {
  const { units } = flight.cluster.hosts.get(host)
  const status = units.status(name)
  if (status.definition.loadState === 'not-found') return undefined
  return { active: units.isActive(name), enabled: status.enabled === 'enabled' }
}

async function apply(flight: Flight, manifest: ViewedObject): Promise<void> {
  const entry = entryOf(flight, manifest.kind ?? '')
  const path = pathOf(entry, manifest.metadata.namespace ?? 'default', manifest.metadata.name)
  const response = await ask(
    flight,
    'PATCH',
    path,
    { fieldManager: 'kubeflight', force: 'true' },
    manifest,
    'application/apply-patch+yaml',
  )
  if (response.code >= 300) throw new Error(`${manifest.kind}/${manifest.metadata.name}: ${textOf(response)}`)
}

async function mutate(
  flight: Flight,
  query: ObjectQuery & { name: string },
  method: 'PATCH' | 'DELETE',
  body: unknown,
): Promise<void> {
  const entry = entryOf(flight, query.kind)
  const response = await ask(
    flight,
    method,
    pathOf(entry, query.namespace ?? 'default', query.name),
    {},
    body,
    method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  )
  if (response.code >= 300) throw new Error(`${query.kind}/${query.name}: ${textOf(response)}`)
}
