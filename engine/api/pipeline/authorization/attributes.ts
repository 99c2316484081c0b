/** What an authorizer is asked about, and what it says. Models apiserver authorization/authorizer/interfaces.go. */
import type { Flight, RequestInfo } from '../../flight.ts'

/** A request, with what its selectors narrow it to. */
export interface Attributes extends RequestInfo {
  /** `spec.nodeName=n1`, as in the query. */
  fieldSelector?: string
  labelSelector?: string
}

/** `allowed` undefined: no opinion, the next authorizer is asked. */
export interface Opinion {
  allowed?: boolean
  reason: string
}

export const NO_OPINION: Opinion = { reason: '' }

const NARROWED = new Set<string>(['list', 'watch', 'deletecollection'])

/** A list or watch of one object by its name is about that name. Models requestinfo.go. */
export function attributesOf({ info, request: { query } }: Flight): Attributes {
  const { fieldSelector, labelSelector } = query
  if (!info.isResource || !NARROWED.has(info.verb) || (fieldSelector === undefined && labelSelector === undefined))
    return info
  const named =
    info.name === '' ? requirementsOf(fieldSelector).find(({ field }) => field === 'metadata.name') : undefined
  return {
    ...info,
    ...(named?.operator === '=' && { name: named.value }),
    ...(fieldSelector !== undefined && { fieldSelector }),
    ...(labelSelector !== undefined && { labelSelector }),
  }
}

export interface FieldRequirement {
  field: string
  operator: '=' | '!='
  value: string
}

/** `a=b,c!=d` as single requirements; text that is none is left out. */
export function requirementsOf(selector: string | undefined): FieldRequirement[] {
  return (selector ?? '').split(',').flatMap((part) => {
    const match = /^([^!=]+)(!=|==?)(.*)$/.exec(part)
    if (match === null) return []
    return [{ field: match[1] as string, operator: match[2] === '!=' ? '!=' : '=', value: match[3] as string }]
  })
}
