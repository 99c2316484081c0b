/** Several objects as one `List`. */
import type { ApiObject } from '../client.ts'
import type { ResourceType } from '../discovery.ts'
import { apiVersionOf } from '../mapper.ts'

export const asList = (items: ApiObject[]): ApiObject => ({
  apiVersion: 'v1',
  kind: 'List',
  metadata: { resourceVersion: '' },
  items,
})

/** A typed list: `EventList` of `v1`. */
export const nameable = (list: ApiObject, type: ResourceType): ApiObject => ({
  ...list,
  apiVersion: apiVersionOf(type),
  kind: `${type.kind}List`,
  metadata: {},
})
