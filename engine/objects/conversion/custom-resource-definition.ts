/**
 * CustomResourceDefinitions of v1beta1: one schema, set of subresources and of columns for all versions, or one each.
 * Models apiextensions-apiserver pkg/apis/apiextensions/v1beta1/conversion.go and defaults.go.
 */
import { asPlain, changed, defined, listOf, renamed } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'

const columnToHub = (column: Plain): Plain => renamed(column, { JSONPath: 'jsonPath' })
const columnFromHub = (column: Plain): Plain => renamed(column, { jsonPath: 'JSONPath' })

function conversionToHub(conversion: unknown): Plain {
  const { strategy = 'None', webhookClientConfig, conversionReviewVersions } = asPlain(conversion)
  if (strategy !== 'Webhook') return { strategy }
  const versions = conversionReviewVersions ?? ['v1beta1']
  return { strategy, webhook: defined({ clientConfig: webhookClientConfig, conversionReviewVersions: versions }) }
}

function conversionFromHub({ strategy, webhook }: Plain): Plain {
  const { clientConfig, conversionReviewVersions } = asPlain(webhook)
  return defined({ strategy, webhookClientConfig: clientConfig, conversionReviewVersions })
}

/** What stands once for all versions goes into each that has none of its own. */
function versionToHub(shared: Plain, version: Plain): Plain {
  const columns = version.additionalPrinterColumns ?? shared.additionalPrinterColumns
  return defined({
    ...version,
    schema: version.schema ?? shared.validation,
    subresources: version.subresources ?? shared.subresources,
    additionalPrinterColumns: columns === undefined ? undefined : listOf(columns).map(columnToHub),
  })
}

function namesToHub(names: Plain): Plain {
  const kind = String(names.kind ?? '')
  return { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names }
}

function specToHub(spec: Plain): Plain {
  const {
    version,
    versions,
    validation,
    subresources,
    additionalPrinterColumns,
    conversion,
    preserveUnknownFields,
    ...rest
  } = spec
  const shared = { validation, subresources, additionalPrinterColumns }
  const given = listOf(versions)
  const all = given.length > 0 ? given : [{ name: version, served: true, storage: true }]
  return {
    ...rest,
    names: namesToHub(asPlain(rest.names)),
    conversion: conversionToHub(conversion),
    versions: all.map((one) => versionToHub(shared, one)),
    preserveUnknownFields: preserveUnknownFields ?? true,
  }
}

/** The same in all versions: then it stands once. */
function sharedBy(versions: Plain[], field: string): unknown {
  const texts = new Set(versions.map((version) => JSON.stringify(version[field])))
  return texts.size === 1 ? versions[0]![field] : undefined
}

const PER_VERSION = ['schema', 'subresources', 'additionalPrinterColumns']

function specFromHub({ versions, conversion, ...rest }: Plain): Plain {
  const all = listOf(versions).map((version) => {
    const columns = version.additionalPrinterColumns
    return columns === undefined
      ? version
      : { ...version, additionalPrinterColumns: listOf(columns).map(columnFromHub) }
  })
  const once = PER_VERSION.map((field): [string, unknown] => [
    field,
    all.length === 0 ? undefined : sharedBy(all, field),
  ])
  const shared = Object.fromEntries(once.map(([field, value]) => [field === 'schema' ? 'validation' : field, value]))
  const dropped = new Set(once.filter(([, value]) => value !== undefined).map(([field]) => field))
  const kept = all.map((version) =>
    Object.fromEntries(Object.entries(version).filter(([field]) => !dropped.has(field))),
  )
  return defined({
    ...rest,
    version: all[0]?.name,
    ...shared,
    versions: kept,
    conversion: conversion === undefined ? undefined : conversionFromHub(asPlain(conversion)),
  })
}

export const customResourceDefinition: Conversion = {
  toHub: (object) => changed(object, 'spec', specToHub),
  fromHub: (object) => changed(object, 'spec', specFromHub),
}
