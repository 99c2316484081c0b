/**
 * What kubectl remembers of the types of custom resources between its runs. Models client-go discovery/cached/disk:
 * a type that the server has dropped is still believed in until the cache is made anew.
 * Not modelled: the files of built-in groups, which are asked for anew each time.
 */
import type { Proc, Run } from '../../host/process.ts'
import { homeOf } from './config/kubeconfig.ts'
import type { Discovered, ResourceType } from './discovery.ts'

/** How long a remembered type is believed in. */
const TTL_MS = 6 * 3_600_000

interface Remembered {
  atMs: number
  types: ResourceType[]
}

const isCustom = ({ group }: ResourceType): boolean => group.includes('.') && !group.endsWith('.k8s.io')

const keyOf = ({ group, version, resource }: ResourceType): string => `${group}/${version}/${resource}`

const fileOf = (p: Proc, server: string): string =>
  `${homeOf(p)}/.kube/cache/discovery/${server.replace(/^https?:\/\//, '').replace(/[^\w.]/g, '_')}/customresources.json`

function* read(p: Proc, file: string): Run<ResourceType[]> {
  const found = yield* p.readFile(file)
  if (!('text' in found)) return []
  const { atMs, types } = JSON.parse(found.text) as Remembered
  return (yield* p.now()) - atMs < TTL_MS ? types : []
}

/** The types with those that were known before; remembers them all. `fresh`: only what the server says now. */
export function* withRemembered(p: Proc, server: string, discovered: Discovered, fresh: boolean): Run<Discovered> {
  const file = fileOf(p, server)
  const before = yield* read(p, file)
  const now = discovered.types.filter(isCustom)
  const served = new Set(now.map(keyOf))
  const stale = fresh ? [] : before.filter((type) => !served.has(keyOf(type)))
  const known = [...now, ...stale]
  if (known.map(keyOf).join() !== before.map(keyOf).join()) yield* remember(p, file, known)
  return stale.length === 0 ? discovered : { ...discovered, types: [...discovered.types, ...stale] }
}

function* remember(p: Proc, file: string, types: ResourceType[]): Run<void> {
  const text = JSON.stringify({ atMs: yield* p.now(), types })
  yield* p.mkdir(file.slice(0, file.lastIndexOf('/')), { parents: true })
  yield* p.writeFile(file, text)
}
