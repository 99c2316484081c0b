/** What is kept of attempts. Times of the wall clock are milliseconds since 1970; virtual ones since the cluster's start. */
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const attempts = sqliteTable(
  'attempts',
  {
    id: text('id').primaryKey(),
    /** SHA-256 of the browser's cookie: the file gives nobody's attempts away. */
    owner: text('owner').notNull(),
    scenario: text('scenario').notNull(),
    language: text('language').notNull(),
    seed: text('seed').notNull(),
    /** FlightOptions, and what the scenario drew from the seed. */
    prepared: text('prepared', { mode: 'json' }).notNull(),
    state: text('state').notNull(),
    startedAt: integer('started_at').notNull(),
    finishedAt: integer('finished_at'),
    touchedAt: integer('touched_at').notNull(),
    usedMs: integer('used_ms').notNull(),
    /** The virtual instant up to which the attempt had run. */
    nowMs: integer('now_ms').notNull(),
    speed: integer('speed').notNull(),
    hints: integer('hints').notNull(),
    points: integer('points'),
    got: integer('got'),
    problem: text('problem'),
    result: text('result', { mode: 'json' }),
  },
  (table) => [index('attempts_owner').on(table.owner)],
)

/** The input log: with the seed, the whole run. */
export const inputs = sqliteTable(
  'inputs',
  {
    attempt: text('attempt').notNull(),
    seq: integer('seq').notNull(),
    at: integer('at').notNull(),
    input: text('input', { mode: 'json' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.attempt, table.seq] })],
)

/** The newest snapshot of each attempt, from which the log is replayed. */
export const snapshots = sqliteTable('snapshots', {
  attempt: text('attempt').primaryKey(),
  /** Inputs before this number are in it. */
  seq: integer('seq').notNull(),
  nowMs: integer('now_ms').notNull(),
  /** JSON, gzipped: the flight's snapshot. */
  flight: blob('flight', { mode: 'buffer' }).notNull(),
  /** JSON, gzipped: terminals and their scroll-back. */
  session: blob('session', { mode: 'buffer' }).notNull(),
})

export type AttemptRow = typeof attempts.$inferSelect
export type InputRow = typeof inputs.$inferSelect
export type SnapshotRow = typeof snapshots.$inferSelect

/** Makes an empty file what the tables above say. Each statement may be run again. */
export const MIGRATIONS = [
  `create table if not exists attempts (id text primary key not null, owner text not null, scenario text not null, language text not null, seed text not null,
    prepared text not null, state text not null, started_at integer not null, finished_at integer, touched_at integer not null, used_ms integer not null,
    now_ms integer not null, speed integer not null, hints integer not null, points integer, got integer, problem text, result text)`,
  'create index if not exists attempts_owner on attempts (owner)',
  'create table if not exists inputs (attempt text not null, seq integer not null, at integer not null, input text not null, primary key (attempt, seq))',
  'create table if not exists snapshots (attempt text primary key not null, seq integer not null, now_ms integer not null, flight blob not null, session blob not null)',
]

/** Raised when a table changes in a way that MIGRATIONS does not carry over. */
export const SCHEMA_VERSION = 1
