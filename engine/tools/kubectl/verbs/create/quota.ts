/** `kubectl create quota`. Models kubectl/pkg/cmd/create/create_quota.go. */
import { canonicalQuantity } from '../../../../objects/quantity.ts'
import { CommandError } from '../../errors.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

export const createQuota = generatorCommand({
  path: 'create quota',
  failure: 'failed to create quota: ',
  *make({ flags, ...ctx }, name, meta) {
    const hard = parseResourceList(flags.text('hard'))
    const scopes = flags.text('scopes').split(',').filter(Boolean)
    return {
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      metadata: meta({ name, ...(yield* explicitNamespace({ flags, ...ctx })) }),
      spec: { ...(hard ? { hard } : {}), ...(scopes.length > 0 ? { scopes } : {}) },
      status: {},
    }
  },
})

/** `cpu=1,memory=2Gi` as quantities; undefined for nothing. */
export function parseResourceList(text: string): Record<string, string> | undefined {
  if (text === '') return undefined
  return Object.fromEntries(
    text
      .split(',')
      .map((pair): [string, string] => {
        const parts = pair.split('=')
        if (parts.length !== 2) throw new CommandError(`Invalid argument syntax ${pair}, expected <resource>=<value>`)
        return [parts[0]!, quantity(parts[1]!)]
      })
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  )
}

function quantity(text: string): string {
  try {
    return canonicalQuantity(text)
  } catch {
    throw new CommandError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
  }
}
