/**
 * How objects stand in etcd: as they are, or encrypted by --encryption-provider-config. Models apiserver
 * storage/etcd3 (transformer and codec) and server/options/encryptionconfig (transformerFromOverrides).
 */
import type { KeyValue } from '../../etcd/messages.ts'
import { decodeProtobuf } from '../../objects/protobuf.ts'
import type { KubeObject } from '../client.ts'
import { bytesOf, conceal, NO_PREFIX, plainPlace, reveal, revealPlain } from './encryption.ts'
import type { EncryptionProvider, EncryptionRule } from './encryption.ts'
import { directoryOf, directoryOfKey, withRevision } from './keys.ts'

/** A value that this server cannot read. */
export class Unreadable {
  constructor(
    readonly key: string,
    /** As `no matching prefix found`. */
    readonly problem: string,
  ) {}
}

interface Resource {
  group: string
  resource: string
}

export interface StoredFormWorld {
  rules: readonly EncryptionRule[]
  minor: number
  /** The built-in resources. */
  resources: () => readonly Resource[]
  randomBytes: (count: number) => Uint8Array
}

/** `*.apps`, `*.` and `*.*` mean more than one resource. */
const WILDCARD_MINOR = 27

export class StoredForm {
  /** By directory. Derived. */
  private readonly providers = new Map<string, EncryptionProvider[]>()
  private builtIn: Map<string, Resource> | undefined

  constructor(private readonly world: StoredFormWorld) {}

  /** Whether a rule speaks of what lies under a key. */
  rules(key: string): boolean {
    return this.world.rules.length > 0 && this.providersOf(key).length > 0
  }

  /** The object of a value, with its revision. */
  decode(kv: KeyValue): KubeObject | Unreadable {
    const { key, value, modRevision } = kv
    if (typeof value === 'object' && this.world.rules.length === 0)
      return withRevision(value as KubeObject, modRevision)
    const found = typeof value === 'string' ? this.decodeText(key, value) : this.decodePlain(key, value as KubeObject)
    return found instanceof Unreadable ? found : withRevision(found, modRevision)
  }

  /** The value of an object. */
  encode(key: string, object: KubeObject): unknown {
    if (this.world.rules.length === 0) return object
    const providers = this.providersOf(key)
    if (providers.length === 0 || providers[0]?.kind === 'identity') return object
    return conceal(providers, key, JSON.stringify(object), this.world.randomBytes) ?? object
  }

  /** Whether a value would be written otherwise today, though nothing in it changed. */
  isStale({ key, value }: KeyValue): boolean {
    if (this.world.rules.length === 0) return false
    const providers = this.providersOf(key)
    if (typeof value !== 'string') return plainPlace(providers) > 0
    const revealed = providers.length === 0 ? revealPlain(value) : reveal(providers, key, value)
    return 'isStale' in revealed && revealed.isStale
  }

  private decodePlain(key: string, object: KubeObject): KubeObject | Unreadable {
    const providers = this.providersOf(key)
    return providers.length === 0 || plainPlace(providers) >= 0 ? object : new Unreadable(key, NO_PREFIX)
  }

  private decodeText(key: string, text: string): KubeObject | Unreadable {
    const providers = this.world.rules.length === 0 ? [] : this.providersOf(key)
    const revealed = providers.length === 0 ? revealPlain(text) : reveal(providers, key, text)
    return 'problem' in revealed ? new Unreadable(key, revealed.problem) : parseStored(key, revealed.text)
  }

  /** What the rules of a resource come to: one that names it, else its group's, else everybody's. */
  private providersOf(key: string): EncryptionProvider[] {
    const directory = directoryOfKey(key)
    let found = this.providers.get(directory)
    if (found === undefined) this.providers.set(directory, (found = this.choose(directory)))
    return found
  }

  private choose(directory: string): EncryptionProvider[] {
    const of = this.resourceOf(directory)
    if (of === undefined) return []
    const named = this.providersFor(of.group === '' ? of.resource : `${of.resource}.${of.group}`)
    if (named.length > 0 || this.world.minor < WILDCARD_MINOR) return named
    const grouped = this.providersFor(`*.${of.group}`)
    return grouped.length > 0 ? grouped : this.providersFor('*.*')
  }

  private providersFor(name: string): EncryptionProvider[] {
    return this.world.rules.flatMap(({ resources, providers }) =>
      resources.some((one) => (one === `${name}.` ? name : one) === name) ? providers : [],
    )
  }

  /** What lies in a directory. */
  resourceOf(directory: string): Resource | undefined {
    this.builtIn ??= directories(this.world.resources())
    const [, , group = '', resource = ''] = directory.split('/')
    return this.builtIn.get(directory) ?? (group.includes('.') ? { group, resource } : undefined)
  }
}

/** The first of the resources that share a directory has it. */
function directories(resources: readonly Resource[]): Map<string, Resource> {
  const found = new Map<string, Resource>()
  for (const one of resources) {
    const directory = directoryOf(one.group, one.resource)
    if (!found.has(directory)) found.set(directory, one)
  }
  return found
}

/** What somebody else than a server put: JSON, or protobuf behind `k8s\0`. */
function parseStored(key: string, text: string): KubeObject | Unreadable {
  try {
    if (text.startsWith('k8s\0')) return decodeProtobuf(bytesOf(text)).object as unknown as KubeObject
    const parsed = JSON.parse(text) as KubeObject
    if (typeof parsed === 'object' && parsed !== null && typeof parsed.metadata === 'object') return parsed
  } catch {
    // Neither of both.
  }
  return new Unreadable(
    key,
    `couldn't get version/kind; json parse error: invalid character ${goQuoted(text)} looking for beginning of value`,
  )
}

const goQuoted = (text: string): string => (text === '' ? "'\\x00'" : `'${text[0]}'`)
