/** Rows that differ, each with its reason. A row that is listed and agrees fails the test, so that the list stays true. */
const NOT_SIMULATED = 'ours refuses with `not simulated: …` before it looks at anything'

export const ALLOWED: Record<string, string> = {
  'get pods --sort-by={.[': 'kubectl reads the unclosed bracket as a path that finds nothing; ours refuses it',
  'events -o name': "kubectl prints the list's one empty name",
  'events -o json': 'kubectl prints its typed list, fields in the order of the Go types; ours has sorted keys',
  'attach homeless': 'the notice about recorded sessions came with a later patch release than this kubectl',
  'exec steady -- no-such-program':
    "the API server's translator of streams calls the kubelet's error internal once more; the edge does not, so that only ours says it twice",
  'auth reconcile': NOT_SIMULATED,
  'certificate approve': NOT_SIMULATED,
  'certificate approve missing': NOT_SIMULATED,
  'certificate deny': NOT_SIMULATED,
  cp: NOT_SIMULATED,
  'cp a b': NOT_SIMULATED,
  'cp missing:/x y': NOT_SIMULATED,
  debug: NOT_SIMULATED,
  'debug steady': NOT_SIMULATED,
  'port-forward': NOT_SIMULATED,
  'port-forward missing 80': NOT_SIMULATED,
  'port-forward steady': NOT_SIMULATED,
}
