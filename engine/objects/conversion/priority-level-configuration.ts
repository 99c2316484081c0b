/** The shares of a priority level had another name before v1beta3. Models pkg/apis/flowcontrol/v1beta1/conversion.go. */
import { changed, renamed } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'

const withLimited = (object: Plain, names: Record<string, string>): Plain =>
  changed(object, 'spec', (spec) => changed(spec, 'limited', (limited) => renamed(limited, names)))

export const priorityLevelConfiguration: Conversion = {
  toHub: (object) => withLimited(object, { assuredConcurrencyShares: 'nominalConcurrencyShares' }),
  fromHub: (object) => withLimited(object, { nominalConcurrencyShares: 'assuredConcurrencyShares' }),
}
