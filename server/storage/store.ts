/**
 * The embedded database behind the trainer: attempts, their input logs and newest snapshots. Log rows and
 * progress are written behind, in one transaction at most FLUSH_MS after they happened.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { createClient } from '@libsql/client'
import type { Client } from '@libsql/client'
import { and, asc, desc, eq, gte } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import { attempts, inputs, MIGRATIONS, SCHEMA_VERSION, snapshots } from './schema.ts'
import type { AttemptRow, InputRow } from './schema.ts'

export type AttemptPatch = Partial<Omit<AttemptRow, 'id' | 'owner'>>

export interface StoredSnapshot {
  seq: number
  nowMs: number
  flight: unknown
  session: unknown
}

const FLUSH_MS = 100

const zip = promisify(gzip)
const unzip = promisify(gunzip)

async function pack(value: unknown): Promise<Buffer> {
  return zip(JSON.stringify(value), { level: 1 })
}

async function unpack(bytes: Buffer): Promise<unknown> {
  return JSON.parse((await unzip(bytes)).toString()) as unknown
}

export class Store {
  private newInputs: InputRow[] = []
  private patches = new Map<string, AttemptPatch>()
  private timer: NodeJS.Timeout | undefined
  /** Writes go one after the other. */
  private writing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly client: Client,
    private readonly db: LibSQLDatabase,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Opens or makes the file. Throws when it was written by a newer version. */
  static async open(file: string, onError: (error: unknown) => void = () => undefined): Promise<Store> {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const client = createClient({ url: `file:${file}` })
    for (const pragma of ['journal_mode = wal', 'synchronous = normal', 'busy_timeout = 5000'])
      await client.execute(`pragma ${pragma}`)
    const version = Number((await client.execute('pragma user_version')).rows[0]?.user_version ?? 0)
    if (version > SCHEMA_VERSION)
      throw new Error(
        `${file} was written by a newer version of kubeflight (schema ${version}, known ${SCHEMA_VERSION})`,
      )
    for (const statement of MIGRATIONS) await client.execute(statement)
    await client.execute(`pragma user_version = ${SCHEMA_VERSION}`)
    return new Store(client, drizzle(client), onError)
  }

  async create(row: AttemptRow): Promise<void> {
    await this.db.insert(attempts).values(row)
  }

  async attempt(id: string): Promise<AttemptRow | undefined> {
    await this.flush()
    return (await this.db.select().from(attempts).where(eq(attempts.id, id)))[0]
  }

  /** Newest first. */
  async attemptsOf(owner: string, limit = 100): Promise<AttemptRow[]> {
    await this.flush()
    return this.db
      .select()
      .from(attempts)
      .where(eq(attempts.owner, owner))
      .orderBy(desc(attempts.startedAt))
      .limit(limit)
  }

  /** Of every owner, oldest first. */
  async all(): Promise<AttemptRow[]> {
    await this.flush()
    return this.db.select().from(attempts).orderBy(asc(attempts.startedAt))
  }

  async remove(id: string): Promise<void> {
    await this.flush()
    for (const [table, column] of [
      [inputs, inputs.attempt],
      [snapshots, snapshots.attempt],
      [attempts, attempts.id],
    ] as const)
      await this.db.delete(table).where(eq(column, id))
  }

  /** Written soon. */
  append(rows: InputRow[]): void {
    this.newInputs.push(...rows)
    this.schedule()
  }

  /** Written soon; later patches of the same attempt win field by field. */
  patch(id: string, patch: AttemptPatch): void {
    this.patches.set(id, { ...this.patches.get(id), ...patch })
    this.schedule()
  }

  async log(id: string, fromSeq = 0): Promise<InputRow[]> {
    await this.flush()
    return this.db
      .select()
      .from(inputs)
      .where(and(eq(inputs.attempt, id), gte(inputs.seq, fromSeq)))
      .orderBy(asc(inputs.seq))
  }

  async saveSnapshot(id: string, { seq, nowMs, flight, session }: StoredSnapshot): Promise<void> {
    const [packedFlight, packedSession] = await Promise.all([pack(flight), pack(session)])
    const row = { attempt: id, seq, nowMs, flight: packedFlight, session: packedSession }
    await this.flush()
    await this.db.insert(snapshots).values(row).onConflictDoUpdate({ target: snapshots.attempt, set: row })
  }

  async snapshot(id: string): Promise<StoredSnapshot | undefined> {
    const row = (await this.db.select().from(snapshots).where(eq(snapshots.attempt, id)))[0]
    if (row === undefined) return undefined
    return { seq: row.seq, nowMs: row.nowMs, flight: await unpack(row.flight), session: await unpack(row.session) }
  }

  /** Everything said so far is on disk when this settles. */
  flush(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    this.writing = this.writing.then(() => this.write()).catch(this.onError)
    return this.writing
  }

  async close(): Promise<void> {
    await this.flush()
    this.client.close()
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS)
  }

  private async write(): Promise<void> {
    const rows = this.newInputs
    const patches = [...this.patches]
    this.newInputs = []
    this.patches = new Map()
    if (rows.length === 0 && patches.length === 0) return
    await this.db.transaction(async (transaction) => {
      for (let at = 0; at < rows.length; at += 200) await transaction.insert(inputs).values(rows.slice(at, at + 200))
      for (const [id, patch] of patches) await transaction.update(attempts).set(patch).where(eq(attempts.id, id))
    })
  }
}
