/** `managedFields` are hidden in YAML and JSON unless asked for; templates see them. */
import type { ApiObject } from '../client.ts'

/** The object, or each item of the list, without `metadata.managedFields`. */
export function hideManagedFields(object: ApiObject): ApiObject {
  if (Array.isArray(object.items)) return { ...object, items: (object.items as ApiObject[]).map(hideManagedFields) }
  if (!object.metadata || !('managedFields' in object.metadata)) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
