/**
 * The kinds that CustomResourceDefinitions add while controllers run. Models the discovery client behind the
 * garbage collector and the namespace controller. Not modelled: their 30 s between two looks.
 */
import type { CustomResourceDefinition } from '../objects/types.gen.ts'
import type { CustomKind } from './controller.ts'

export const DEFINITIONS = 'apiextensions.k8s.io/v1/customresourcedefinitions'

/** The kind of a definition that is established; undefined while it is not, or is going away. */
export function customKindOf({ metadata, spec, status }: CustomResourceDefinition): CustomKind | undefined {
  const isEstablished = status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True')
  const version =
    spec.versions.find(({ storage, served }) => storage && served) ?? spec.versions.find(({ served }) => served)
  if (isEstablished !== true || version === undefined || metadata.deletionTimestamp !== undefined) return undefined
  const apiVersion = `${spec.group}/${version.name}`
  return {
    resource: `${apiVersion}/${spec.names.plural}`,
    apiVersion,
    kind: spec.names.kind,
    namespaced: spec.scope === 'Namespaced',
  }
}
