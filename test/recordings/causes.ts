/** Why a row is expected to differ, told by what stands in it. */
const CAUSES: [RegExp, string][] = [
  [/kubectl plugin list/, "the machine's own PATH"],
  [/core\.PodSpec|^@@ /m, 'diff of Go structs'],
  [/metadata\.managedFields/, 'order of field managers'],
  [/in body should|describe cm |endpointslices -o wide|drain .*--dry-run=server/, "order of Go's maps"],
  [/curl -s .*(127\.0\.0\.1|\$IP)/, 'the recorded shell stands on a node'],
  [/\| cut -c1-\d+/, 'a random value cut in the middle'],
  [
    / (get|logs|describe) .*crash|reason=FailedScheduling|pods -w$|rollout status sts|describe pvc/,
    'an instant earlier or later',
  ],
  [/404|\/etc\/version/, 'stand-in images of the recordings'],
]

/** The cause of a row, as far as it has a name. */
export const causeOf = (row: { cmd: string; stdout: string; stderr: string }): string | undefined =>
  CAUSES.find(([pattern]) => pattern.test(row.cmd) || pattern.test(row.stdout) || pattern.test(row.stderr))?.[1]
