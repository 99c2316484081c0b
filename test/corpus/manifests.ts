/** Gives each document to the API server, and counts the verdicts that are those of the release's OpenAPI. */
import { EmptyCluster } from './cluster.ts'
import type { Answer } from './score.ts'
import type { ManifestRow } from './rows.ts'

/** What becomes of a document: kept, refused for its fields, of a kind that is not served, or not readable. */
export type Verdict = 'accepted' | 'fields' | 'no-such-kind' | 'unreadable' | 'invalid' | 'refused'

export interface ManifestResult {
  row: ManifestRow
  ours: Answer
  expected: Verdict
  found: Verdict
  agrees: boolean
}

/** The release whose OpenAPI judged the documents. */
const RELEASE = '1.36'

const PROBLEMS = ['unknown', 'type', 'required', 'base64', 'dupkeys', 'enum']

export function expectedVerdict({ check, parses }: ManifestRow): Verdict {
  if (!parses || check.api === 'unparsed') return 'unreadable'
  if (check.api !== 'served') return 'no-such-kind'
  return PROBLEMS.some((problem) => problem in check) ? 'fields' : 'accepted'
}

const VERDICTS: [RegExp, Verdict][] = [
  [/no matches for kind|could not find the requested resource|doesn't have a resource type/, 'no-such-kind'],
  [
    /error (parsing|converting)|apiVersion not set|Object 'Kind' is missing|kind not set|error unmarshaling|yaml: |invalid character/,
    'unreadable',
  ],
  [/strict decoding error|unknown field|unmarshal|illegal base64|validation failed|error validating/, 'fields'],
  [/is invalid|Invalid value|Required value|Forbidden: |Unsupported value/, 'invalid'],
]

export function verdictOf({ rc, stdout, stderr }: Answer): Verdict {
  if (rc === 0) return 'accepted'
  const text = stdout + stderr
  return VERDICTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'refused'
}

const REFUSED: Verdict[] = ['fields', 'invalid', 'refused']

/** What may be found beside what was expected: the server has rules that the OpenAPI does not know. */
const ALSO: Record<Verdict, Verdict[]> = {
  accepted: ['invalid', 'refused'],
  fields: REFUSED,
  invalid: REFUSED,
  refused: REFUSED,
  'no-such-kind': [],
  // kubectl's parser reads some documents that a strict one does not, such as the part before a line of three dots.
  unreadable: ['no-such-kind', ...REFUSED],
}

export const agrees = (expected: Verdict, found: Verdict): boolean =>
  expected === found || ALSO[expected].includes(found)

/** The namespaces that a document stands in: what is missing there is no fault of its fields. */
const namespacesOf = ({ yaml }: ManifestRow): string[] =>
  [...yaml.matchAll(/^ {2}namespace: *['"]?([a-z0-9-]+)['"]? *$/gm)].map(([, name]) => name as string)

export async function runManifest(cluster: EmptyCluster, row: ManifestRow): Promise<ManifestResult> {
  for (const name of namespacesOf(row)) await cluster.ensureNamespace(name)
  const ours = await cluster.run('kubectl create --dry-run=server -f -', row.yaml)
  const expected = expectedVerdict(row)
  const found = verdictOf(ours)
  return { row, ours, expected, found, agrees: agrees(expected, found) }
}

export async function runManifests(
  rows: ManifestRow[],
  onResult: (result: ManifestResult) => void = () => undefined,
): Promise<ManifestResult[]> {
  const cluster = await EmptyCluster.boot(RELEASE)
  const results: ManifestResult[] = []
  for (const row of rows) {
    const result = await runManifest(cluster, row)
    results.push(result)
    onResult(result)
  }
  return results
}
