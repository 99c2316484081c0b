/** docker ps (cli/command/container/list.go, formatter/container.go). Not modelled: sizes, published ports. */
import { has, valueOf } from '../../../host/programs/options.ts'
import type { Options } from '../../../host/programs/options.ts'
import { patternOf } from '../../../host/programs/patterns.ts'
import { fail, fromDaemon, notSimulated } from '../command.ts'
import type { Verb } from '../command.ts'
import { familiarName, findContainer, findImage, shortId } from '../daemon.ts'
import type { Daemon, DockerContainer } from '../daemon.ts'
import { age, duration, show } from '../formatting.ts'

const COLUMNS = [['ID', 'CONTAINER ID'], ['Image', 'IMAGE'], ['Command', 'COMMAND'], ['RunningFor', 'CREATED'], ['Status', 'STATUS'], ['Ports', 'PORTS'], ['Names', 'NAMES']] as const // prettier-ignore
const COMMAND_CELLS = 20

/** `Up 2 minutes`, `Exited (1) 3 seconds ago`, `Created`. */
export function statusOf({ state, startedMs, finishedMs, exitCode }: DockerContainer, now: number): string {
  if (state === 'created') return 'Created'
  return state === 'running' ? `Up ${duration(now - startedMs)}` : `Exited (${exitCode}) ${age(now - finishedMs)}`
}

function commandOf({ argv }: DockerContainer, whole: boolean): string {
  const text = argv.join(' ')
  const cut = !whole && text.length > COMMAND_CELLS ? `${text.slice(0, COMMAND_CELLS - 1)}…` : text
  return JSON.stringify(cut)
}

const imageOf = (image: string, whole: boolean): string =>
  image.startsWith('sha256:') && !whole ? shortId(image) : familiarName(image)

function fieldsOf(one: DockerContainer, whole: boolean, now: number): Record<string, string> {
  return {
    ID: whole ? one.id : shortId(one.id),
    Image: imageOf(one.image, whole),
    Command: commandOf(one, whole),
    CreatedAt: `${new Date(one.createdMs).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`,
    RunningFor: age(now - one.createdMs),
    Status: statusOf(one, now),
    State: one.state,
    Ports: '',
    Names: one.name,
    Labels: Object.entries(one.labels).map(([key, value]) => `${key}=${value}`).join(','), // prettier-ignore
    Mounts: '',
    LocalVolumes: '0',
    Networks: one.sandboxId === undefined ? (one.ip === '' ? 'host' : 'none') : '',
    Size: '0B',
  }
}

type Test = (one: DockerContainer) => boolean

/** What a filter means; a text of what is wrong with it. */
function filterOf(key: string, value: string, daemon: Daemon): Test | string {
  const pattern = patternOf(value)
  const fitsLabel: Test = ({ labels }) => {
    const [name = '', wanted] = value.split(/=(.*)/s)
    return labels[name] !== undefined && (wanted === undefined || labels[name] === wanted)
  }
  const known = findContainer(daemon, value)
  const image = findImage(daemon, value)
  const tests: Record<string, Test> = {
    name: ({ name }) => name.includes(value) || pattern?.test(`/${name}`) === true || pattern?.test(name) === true,
    id: ({ id }) => id.startsWith(value),
    label: fitsLabel,
    status: ({ state }) => state === value,
    exited: ({ state, exitCode }) => state === 'exited' && String(exitCode) === value,
    ancestor: ({ imageId }) => image?.id === imageId,
    before: ({ createdMs }) => known !== undefined && createdMs < known.createdMs,
    since: ({ createdMs }) => known !== undefined && createdMs > known.createdMs,
  }
  if (key === 'status' && !STATUSES.includes(value)) return `Unrecognised filter value for status: ${value}`
  if ((key === 'before' || key === 'since') && known === undefined) return `No such container: ${value}`
  return tests[key] ?? `Invalid filter '${key}'`
}

const STATUSES = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead']

/** Filters of one key are one or the other, those of several keys must all fit. */
function filtersOf(filters: readonly string[], daemon: Daemon): Test | string {
  const byKey = new Map<string, Test[]>()
  for (const filter of filters) {
    const [key = '', value = ''] = filter.split(/=(.*)/s)
    const test = filterOf(key, value, daemon)
    if (typeof test === 'string') return test
    byKey.set(key, [...(byKey.get(key) ?? []), test])
  }
  return (one) =>
    [...byKey].every(([key, tests]) =>
      key === 'label' ? tests.every((test) => test(one)) : tests.some((test) => test(one)),
    )
}

function chosen(
  containers: readonly DockerContainer[],
  options: Options,
  filters: readonly string[],
): DockerContainer[] {
  const last = has(options, 'latest') ? 1 : Number(valueOf(options, 'last') ?? -1)
  const all = has(options, 'all') || last > 0 || filters.some((filter) => /^(status|exited)=/.test(filter))
  const shown = containers.filter(({ state }) => all || state === 'running')
  return last > 0 ? shown.slice(0, last) : shown
}

export const ps: Verb = function* (p, { options, daemon, now, release }) {
  const filters = options.values.get('filter') ?? []
  const odd = filters.find((filter) => !filter.includes('='))
  if (odd !== undefined)
    return yield* fail(p, `invalid argument "${odd}" for "-f, --filter" flag: bad format of filter (expected name=value)\nSee 'docker ps --help'.`, 125) // prettier-ignore
  if (has(options, 'size')) return yield* notSimulated(p, 'ps --size')
  const fits = filtersOf(filters, daemon)
  if (typeof fits === 'string') return yield* fromDaemon(p, fits)
  const whole = has(options, 'no-trunc')
  const rows = chosen(daemon.containers.filter(fits), options, filters)
  return yield* show(
    p,
    { rows, fields: (one) => fieldsOf(one, whole, now), columns: COLUMNS, quiet: 'ID' },
    { format: valueOf(options, 'format'), isQuiet: has(options, 'quiet'), release },
  )
}
