/** `kubectl create poddisruptionbudget`. Models kubectl/pkg/cmd/create/create_pdb.go. */
import type { FlagValues } from '../../flags.ts'
import { CommandError } from '../../errors.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'
import { parseSelectorObject } from '../../selector-object.ts'

export const createPodDisruptionBudget = generatorCommand({
  path: 'create poddisruptionbudget',
  failure: 'failed to create poddisruptionbudgets: ',
  *make({ flags, ...ctx }, name, meta) {
    check(flags)
    return {
      kind: 'PodDisruptionBudget',
      apiVersion: 'policy/v1',
      metadata: meta({ name, ...(yield* explicitNamespace({ flags, ...ctx })) }),
      spec: {
        ...amount('minAvailable', flags.text('min-available')),
        selector: parseSelectorObject(flags.text('selector')),
        ...amount('maxUnavailable', flags.text('max-unavailable')),
      },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    }
  },
})

const FORM = /^(\d+%?)$/

function check(flags: FlagValues): void {
  const [min, max] = [flags.text('min-available'), flags.text('max-unavailable')]
  if (flags.text('selector') === '') throw new CommandError('a selector must be specified')
  if (min === '' && max === '') throw new CommandError('one of min-available or max-unavailable must be specified')
  if (min !== '' && max !== '') throw new CommandError('min-available and max-unavailable cannot be both specified')
  if (min !== '' && !FORM.test(min)) throw new CommandError('invalid format specified for min-available')
  if (max !== '' && !FORM.test(max)) throw new CommandError('invalid format specified for max-unavailable')
}

const amount = (field: string, text: string): object =>
  text === '' ? {} : { [field]: /^\d+$/.test(text) ? Number(text) : text }
