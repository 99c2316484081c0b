/**
 * The admission chain: for each request the mutating plugins, then (once the object has been validated)
 * the validating ones, in upstream's order. Models apiserver admission/{chain,plugins}.go and endpoints/handlers.
 */
import type { KindEntry } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../client.ts'
import type { Core, Outcome } from '../../core.ts'
import type { Flight } from '../../flight.ts'
import { enabledPlugins } from './plugins.ts'
import { pass, resourceOf } from './plugin.ts'
import type { Admission, Attributes, Charge, Operation, Plugin } from './plugin.ts'

interface Chain {
  mutating: Plugin[]
  validating: Plugin[]
}

/** By the flags of a server (a new object at each start), then by operation and resource. Derived. */
const chains = new WeakMap<object, Map<string, Chain>>()

function chainFor(core: Core, attrs: Attributes): Chain {
  let known = chains.get(core.flags)
  if (known === undefined) chains.set(core.flags, (known = new Map<string, Chain>()))
  const resource = resourceOf(attrs)
  const key = `${attrs.operation} ${resource}`
  let chain = known.get(key)
  if (chain === undefined) {
    const plugins = enabledPlugins(core).filter(
      ({ operations, resources }) =>
        operations.includes(attrs.operation) && (resources === undefined || resources.includes(resource)),
    )
    chain = {
      mutating: plugins.filter(({ admit }) => admit !== undefined),
      validating: plugins.filter(({ validate }) => validate !== undefined),
    }
    known.set(key, chain)
  }
  return chain
}

/** What a request is to the plugins. */
export function attributesOf(
  flight: Flight,
  entry: KindEntry,
  operation: Operation,
  object?: KubeObject,
  oldObject?: KubeObject,
): Attributes {
  const { namespace, name, subresource } = flight.info
  return {
    operation,
    entry,
    subresource,
    namespace: entry.namespaced ? namespace : entry.group === '' && entry.resource === 'namespaces' ? name : '',
    name,
    ...(object !== undefined && { object }),
    ...(oldObject !== undefined && { oldObject }),
    dryRun: flight.request.query.dryRun === 'All',
  }
}

/** Runs the mutating plugins; the object that comes out is the last one's. */
export function mutate(core: Core, flight: Flight, attrs: Attributes): Admission {
  let now = attrs
  for (const plugin of chainFor(core, attrs).mutating) {
    const verdict = (plugin.admit as NonNullable<Plugin['admit']>)(core, flight, now)
    if (!('object' in verdict)) return verdict
    if (verdict.object !== now.object && verdict.object !== undefined) now = { ...now, object: verdict.object }
  }
  return pass(now)
}

/** Runs the validating plugins over what is about to be stored. */
export function validate(core: Core, flight: Flight, attrs: Attributes): Admission {
  delete flight.memo.charges
  for (const plugin of chainFor(core, attrs).validating) {
    const verdict = (plugin.validate as NonNullable<Plugin['validate']>)(core, flight, attrs)
    if (!('object' in verdict)) return verdict
  }
  return pass(attrs)
}

/** Both, for requests whose object is not stored: deletions, connections, subresources that only ask for something. */
export function admit(core: Core, flight: Flight, attrs: Attributes): Admission {
  const mutated = mutate(core, flight, attrs)
  if (!('object' in mutated)) return mutated
  const { object } = mutated
  const verdict = validate(core, flight, object === undefined ? attrs : { ...attrs, object })
  return 'object' in verdict ? mutated : verdict
}

export const isAdmitted = (verdict: Admission): verdict is { object?: KubeObject } => 'object' in verdict

/** What a write comes to whose object was not admitted. */
export const stopped = (verdict: Exclude<Admission, { object?: KubeObject }>): Outcome =>
  'call' in verdict ? { kind: 'call', call: verdict.call } : { kind: 'refuse', status: verdict.refuse }

/** A put together with what the plugins want charged for it. */
export function withCharges(flight: Flight, outcome: Extract<Outcome, { kind: 'put' }>): Outcome {
  const charges = flight.memo.charges as Charge[] | undefined
  return charges === undefined ? outcome : { ...outcome, charges }
}
