/** What one kubectl process knows: kubeconfig, connection, resource types, each read when first needed. */
import type { Proc, Run } from '../../host/process.ts'
import { Client } from './client.ts'
import { connectionOf, loadContext, namespaceOf, type Loaded } from './config/connection.ts'
import { kubeconfigPaths } from './config/kubeconfig.ts'
import { discoverLogging } from './discovery.ts'
import { withRemembered } from './discovery-cache.ts'
import type { FlagValues } from './flags.ts'
import { Mapper } from './mapper.ts'
import { minorOf } from './texts.ts'
import { RequestLog } from './verbosity.ts'

/** How often a fresh cache asks a server that does not answer (K5). */
const DISCOVERY_TRIES = 5

/** The files that the configuration was read from. */
function* loadedFiles(p: Proc, flags: FlagValues): Run<string[]> {
  const found: string[] = []
  for (const path of kubeconfigPaths(p, flags.text('kubeconfig')))
    if (!('error' in (yield* p.stat(path)))) found.push(path)
  return found
}

export class Session {
  private loaded?: Loaded
  private connected?: Client
  private types?: Mapper

  constructor(
    private readonly p: Proc,
    private readonly flags: FlagValues,
  ) {}

  /** The minor of this kubectl, such as 35. */
  get minor(): number {
    return minorOf(this.p.release)
  }

  *context(): Run<Loaded> {
    return (this.loaded ??= yield* loadContext(this.p, this.flags))
  }

  /** The namespace commands act in; `explicit` when the flag gave it. */
  *namespace(): Run<{ namespace: string; explicit: boolean }> {
    return yield* namespaceOf(this.p, this.flags, yield* this.context())
  }

  *client(): Run<Client> {
    return (this.connected ??= yield* this.connect())
  }

  private *connect(): Run<Client> {
    const loaded = yield* this.context()
    const connection = yield* connectionOf(this.p, this.flags, loaded)
    const level = this.flags.int('v')
    if (!(level >= 6)) return new Client(this.p, connection)
    const log = new RequestLog(this.p, level)
    yield* log.loaded(yield* loadedFiles(this.p, this.flags))
    return new Client(this.p, connection, log)
  }

  /** Resource types; asks the server once. `tries`: how often when it does not answer; `fresh`: nothing remembered. */
  *mapper(tries = DISCOVERY_TRIES, fresh = false): Run<Mapper> {
    if (this.types !== undefined) return this.types
    const client = yield* this.client()
    const discovered = yield* discoverLogging(this.p, client, tries)
    return (this.types = new Mapper(yield* withRemembered(this.p, client.connection.server, discovered, fresh)))
  }

  /** Forgets the types, as after creating a CustomResourceDefinition. */
  forgetTypes(): void {
    this.types = undefined
  }

  /** How many warnings the server gave. */
  get warnings(): number {
    return this.connected?.warnings ?? 0
  }
}
