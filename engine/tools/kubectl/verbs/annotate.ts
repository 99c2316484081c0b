/** `kubectl annotate`. Models kubectl/pkg/cmd/annotate. */
import type { Command } from '../command.ts'
import { CommandError } from '../errors.ts'
import { changeMetadata, type MetadataChange } from '../metadata-change.ts'

export const annotateCommand: Command = {
  path: 'annotate',
  complete: 'types',
  run: (ctx) => changeMetadata(ctx, ANNOTATIONS),
}

const ANNOTATIONS: MetadataChange = {
  field: 'annotations',
  what: 'annotation',
  checkValue: () => undefined,
  overwriteError: (found) =>
    new CommandError(
      `--overwrite is false but found the following declared annotation(s): ${found.map(([key, value]) => `'${key}' already has a value (${value})`).join('; ')}`,
    ),
  *missing() {},
  operation: () => 'annotated',
}
