/** The checks that only look. */
import { canI } from './canI.ts'
import { cel } from './cel.ts'
import type { CheckKind } from './check.ts'
import { etcd } from './etcd.ts'
import { event } from './event.ts'
import { file } from './file.ts'
import { history } from './history.ts'
import { journal } from './journal.ts'
import { node } from './node.ts'
import { object } from './object.ts'
import { objects } from './objects.ts'
import { packageCheck } from './package.ts'
import { reach } from './reach.ts'
import { resolves } from './resolves.ts'
import { run } from './run.ts'
import { skew } from './skew.ts'
import { snapshot } from './snapshot.ts'
import { staticPod } from './staticPod.ts'
import { unit } from './unit.ts'
import { workload } from './workload.ts'

export const BASIC_CHECKS = {
  object,
  objects,
  workload,
  node,
  cel,
  unit,
  file,
  reach,
  resolves,
  canI,
  run,
  event,
  journal,
  history,
  package: packageCheck,
  skew,
  staticPod,
  etcd,
  snapshot,
}

type SchemasOf<C extends Record<string, { schema: unknown }>> = { [K in keyof C]: C[K]['schema'] }

export function schemasOf<C extends Record<string, { schema: unknown }>>(checks: C): SchemasOf<C> {
  return Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, check.schema])) as SchemasOf<C>
}

/** A check of some kind with its arguments, picked out of the YAML mapping that names the kind. */
export function pickKind(
  kinds: Record<string, { schema: unknown }>,
  of: object,
): { name: string; kind: CheckKind<unknown>; argument: unknown } {
  for (const [name, argument] of Object.entries(of)) {
    if (argument !== undefined && Object.hasOwn(kinds, name))
      return { name, kind: kinds[name] as unknown as CheckKind<unknown>, argument }
  }
  throw new Error(`a check names no kind: ${JSON.stringify(of)}`)
}
