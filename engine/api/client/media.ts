/** Media types that a client and a server agree on. */
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export const PATCH_TYPES: Record<string, PatchType> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** The content type of bodies that components inside the simulation hand over by reference: typed objects, known fields only. */
export const TYPED = 'application/vnd.kubeflight.typed'

/** The header by which the same components mark their patches; a wire takes it off what comes from outside. */
export const TYPED_HEADER = 'x-kubeflight-typed'
