/** --admission-control-config-file. Models apiserver admission/config.go. Not modelled: conversion of legacy files. */
import { parseYaml, YamlError } from '../../objects/yaml.ts'
import { decode, fieldOf, listOf, textOf } from './config-file.ts'
import { openProblem } from './host.ts'
import type { FlagHost } from './host.ts'
import { quoted } from './values.ts'

const KINDS = {
  AdmissionConfiguration: [
    'apiserver.config.k8s.io/v1',
    'apiserver.k8s.io/v1alpha1',
    'apiserver.config.k8s.io/v1alpha1',
  ],
}
const SCHEME = 'pkg/apis/apiserver/install/install.go:30'

/** Each plugin's configuration, given in the file itself or in one that it names. */
export function admissionConfig(
  host: FlagHost,
  path: string,
): { plugins: Record<string, unknown> } | { error: string } {
  if (path === '') return { plugins: {} }
  const missing = openProblem(host, path)
  if (missing !== undefined)
    return { error: `unable to read admission control configuration from ${quoted(path)} [${missing}]` }
  const decoded = decode(host.read(path) ?? '', KINDS, SCHEME)
  if ('error' in decoded) return { error: decoded.error }
  return pluginConfigs(host, path, listOf(decoded.object['plugins']))
}

function pluginConfigs(
  host: FlagHost,
  path: string,
  plugins: unknown[],
): { plugins: Record<string, unknown> } | { error: string } {
  const configs: Record<string, unknown> = {}
  for (const plugin of plugins) {
    const inline = fieldOf(plugin, 'configuration')
    const read =
      inline === undefined || inline === null
        ? readBeside(host, path, textOf(fieldOf(plugin, 'path')))
        : { value: inline }
    if ('error' in read) return read
    configs[textOf(fieldOf(plugin, 'name'))] = read.value
  }
  return { plugins: configs }
}

/** Paths in the file are relative to it. */
function readBeside(host: FlagHost, path: string, file: string): { value: unknown } | { error: string } {
  if (file === '') return { value: undefined }
  const full = file.startsWith('/') ? file : `${path.slice(0, path.lastIndexOf('/') + 1)}${file}`
  const missing = openProblem(host, full)
  if (missing !== undefined) return { error: missing }
  try {
    return { value: parseYaml(host.read(full) ?? '') }
  } catch (error) {
    if (error instanceof YamlError) return { error: error.message }
    throw error
  }
}
