/** Subresources that are not just a view of the object. By `resource/subresource` and verb; `*` is any resource. */
import type { VerbHandler } from '../core.ts'
import type { ApiVerb } from '../flight.ts'
import { createBinding } from './binding.ts'
import { createEviction } from './eviction.ts'
import { finalizeNamespace } from './finalize.ts'
import { nodeStream } from './node.ts'
import { startProxy } from './proxy.ts'
import { getScale, patchScale, updateScale } from './scale.ts'
import { createToken } from './token.ts'

type Handlers = Partial<Record<ApiVerb, VerbHandler>>

/** Every method goes through. */
const PROXY: Handlers = {
  get: startProxy,
  create: startProxy,
  update: startProxy,
  patch: startProxy,
  delete: startProxy,
  options: startProxy,
}

export const SUBRESOURCES: Record<string, Handlers> = {
  'pods/binding': { create: createBinding },
  'pods/eviction': { create: createEviction },
  'pods/log': { get: nodeStream },
  'pods/exec': { create: nodeStream, get: nodeStream },
  'pods/attach': { create: nodeStream, get: nodeStream },
  'pods/portforward': { create: nodeStream, get: nodeStream },
  'pods/proxy': PROXY,
  'services/proxy': PROXY,
  'nodes/proxy': PROXY,
  'namespaces/finalize': { update: finalizeNamespace },
  'serviceaccounts/token': { create: createToken },
  '*/scale': { get: getScale, update: updateScale, patch: patchScale },
}
