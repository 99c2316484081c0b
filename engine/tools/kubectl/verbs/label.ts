/** `kubectl label`. Models kubectl/pkg/cmd/label. */
import type { Run } from '../../../host/process.ts'
import { labelValueErrors } from '../../../objects/selectors.ts'

import type { Command, Context } from '../command.ts'
import { CommandError } from '../errors.ts'
import { changeMetadata, type MetadataChange } from '../metadata-change.ts'

export const labelCommand: Command = { path: 'label', complete: 'types', run: (ctx) => changeMetadata(ctx, LABELS) }

function checkValue(pair: string, value: string): void {
  const problems = labelValueErrors(value)
  if (problems.length > 0) throw new CommandError(`invalid label value: "${pair}": ${problems.join(';')}`)
}

const LABELS: MetadataChange = {
  field: 'labels',
  what: 'label',
  checkValue,
  overwriteError: (found) =>
    new CommandError(
      found.map(([key, value]) => `'${key}' already has a value (${value}), and --overwrite is false`).join(', '),
    ),
  *missing(ctx: Context, keys: string[]): Run<void> {
    for (const key of keys) yield* ctx.p.out(`label "${key}" not found.\n`)
  },
  operation: (changed, pairs) => {
    if (!changed) return 'not labeled'
    return Object.keys(pairs.set).length === 0 ? 'unlabeled' : 'labeled'
  },
}
