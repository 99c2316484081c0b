/** Rows that differ, each with its reason. A row that is listed and agrees fails the test, so that the list stays true. */

export const ALLOWED: Record<string, string> = {
  'get pods --sort-by={.[': 'kubectl reads the unclosed bracket as a path that finds nothing; ours refuses it',
  'events -o name': "kubectl prints the list's one empty name",
  'events -o json': 'kubectl prints its typed list, fields in the order of the Go types; ours has sorted keys',
  'attach homeless': 'the notice about recorded sessions came with a later patch release than this kubectl',
}
