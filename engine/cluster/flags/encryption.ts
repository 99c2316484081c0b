/**
 * --encryption-provider-config. Models apiserver server/options/encryptionconfig and its validation.
 * Not modelled: KMS, which is refused.
 */
import type { EncryptionProvider, EncryptionRule } from '../../api/storage/encryption.ts'
import { decode, fieldOf, listOf, textOf } from './config-file.ts'
import type { Fields } from './config-file.ts'
import { openProblem } from './host.ts'
import type { FlagHost } from './host.ts'
import { quoted } from './values.ts'

const KINDS = {
  EncryptionConfiguration: ['apiserver.config.k8s.io/v1'],
  EncryptionConfig: ['v1'],
}
const SCHEME = 'pkg/server/options/encryptionconfig/config.go:57'
const PROVIDERS = ['aesgcm', 'aescbc', 'secretbox', 'identity', 'kms'] as const
const LENGTHS: Record<string, number[]> = { aescbc: [32, 24, 16], aesgcm: [32, 24, 16], secretbox: [32] }

/** The rules of a file, or why the API server ends. */
export function readEncryption(host: FlagHost, path: string): { rules: EncryptionRule[] } | { error: string } {
  const missing = openProblem(host, path)
  if (missing !== undefined)
    return {
      error: `error while parsing file: error while loading file: error reading encryption provider configuration file ${quoted(path)}: ${missing}`,
    }
  const decoded = decode(host.read(path) ?? '', KINDS, SCHEME)
  if ('error' in decoded)
    return {
      error: `error while parsing file: error decoding encryption provider configuration file ${quoted(path)}: ${decoded.error}`,
    }
  const problems = problemsOf(decoded.object)
  if (problems.length > 0)
    return { error: `error while parsing file: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}` }
  const rules = listOf(decoded.object['resources']).map(ruleOf)
  const asksOutside = rules.some(({ providers }) => providers.some(({ kind }) => kind === 'kms'))
  return asksOutside ? { error: 'not simulated: a kms provider in the encryption configuration' } : { rules }
}

function ruleOf(value: unknown): EncryptionRule {
  return {
    resources: listOf(fieldOf(value, 'resources')).map(textOf),
    providers: listOf(fieldOf(value, 'providers')).flatMap((provider) => providerOf(provider as Fields)),
  }
}

function providerOf(provider: Fields): EncryptionProvider[] {
  const kind = PROVIDERS.find((name) => provider[name] !== undefined)
  if (kind === undefined) return []
  const keys = keysOf(provider[kind]).map((key) => ({ name: nameOf(key), secret: textOf(fieldOf(key, 'secret')) }))
  return [{ kind, keys }]
}

const keysOf = (provider: unknown): unknown[] => listOf(fieldOf(provider, 'keys'))
const nameOf = (key: unknown): string => textOf(fieldOf(key, 'name'))

function problemsOf(config: Fields): string[] {
  const resources = listOf(config['resources'])
  if (resources.length === 0) return ['resources: Required value: at least one resource is required']
  return resources.flatMap((rule, index) => ruleProblems(rule, `resources[${index}]`))
}

function ruleProblems(rule: unknown, path: string): string[] {
  const names = listOf(fieldOf(rule, 'resources'))
  const providers = listOf(fieldOf(rule, 'providers'))
  return [
    ...(names.length === 0 ? [`${path}.resources: Required value: at least one resource is required`] : []),
    ...(providers.length === 0 ? [`${path}.providers: Required value: provider must be specified`] : []),
    ...providers.flatMap((provider, index) => providerProblems(provider as Fields, `${path}.providers[${index}]`)),
  ]
}

function providerProblems(provider: Fields, path: string): string[] {
  const given = PROVIDERS.filter((name) => (provider ?? {})[name] !== undefined)
  if (given.length === 0)
    return [
      `${path}: Required value: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity`,
    ]
  if (given.length > 1)
    return [
      `${path}: Invalid value: ${goProvider(given)}: more than one provider specified in a single element, should split into different list elements`,
    ]
  const [kind] = given as [string]
  if (kind === 'identity' || kind === 'kms') return []
  const keys = keysOf(provider[kind])
  if (keys.length === 0) return [`${path}.${kind}.keys: Required value: at least one key is required`]
  return keys.flatMap((key, index) => keyProblems(key, kind, `${path}.${kind}.keys[${index}]`))
}

const goProvider = (given: readonly string[]): string => JSON.stringify(given.join(','))

function keyProblems(key: unknown, kind: string, path: string): string[] {
  const secret = textOf(fieldOf(key, 'secret'))
  const name = nameOf(key) === '' ? [`${path}.name: Required value: key name must be provided`] : []
  if (secret === '') return [...name, `${path}.secret: Required value: secret must be provided`]
  const length = base64Length(secret)
  if (length === undefined)
    return [...name, `${path}.secret: Invalid value: "REDACTED": secrets must be base64 encoded`]
  const lengths = LENGTHS[kind] ?? []
  if (lengths.includes(length)) return name
  return [
    ...name,
    `${path}.secret: Invalid value: "REDACTED": secret is not of the expected length, got ${length}, expected one of [${lengths.join(' ')}]`,
  ]
}

/** The number of bytes that a text of base64 stands for. */
function base64Length(text: string): number | undefined {
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined
  return (text.length / 4) * 3 - (/=*$/.exec(text)?.[0].length ?? 0)
}
