import { fields, text, duration, optional, list } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { runOrFail } from './run-or-fail.ts'
import { defineFault } from './fault.ts'

const DAY_MS = 86_400_000

/** Sets the clock of a host on or back. */
export const setClock = defineFault({
  schema: fields(
    {
      on: hostName,
      by: text('How far: 8784h on, -72h back.', { pattern: '^-?([0-9]+(ms|s|m|h))+$|^\\{\\{.*\\}\\}$' }),
    },
    'Sets the clock of one host on or back; the other hosts keep theirs.',
  ),
  carryOut: async (of, { hands }) => {
    const seconds = Math.round(parseGoDuration(of.by) / 1000)
    await runOrFail(hands, of.on, `date -s @$(( $(date +%s) + ${seconds} ))`, 'setClock')
  },
})

/**
 * Certificates that kubeadm keeps become ones that ran out: they are renewed while the host's clock stands more
 * than a year back, and the clock is set right again.
 */
export const expireCertificates = defineFault({
  schema: fields(
    {
      on: hostName,
      names: optional(
        list(text('As `kubeadm certs renew` calls it: apiserver, admin.conf.'), 'Which; all when left out.'),
      ),
      since: optional(duration('How long ago they ran out; 24h when left out.')),
    },
    'Replaces certificates of a control plane by ones that ran out.',
  ),
  carryOut: async (of, { hands }) => {
    const days = 365 + Math.ceil(parseGoDuration(of.since ?? '24h') / DAY_MS)
    const script = [
      'now=$(date +%s)',
      `date -s @$(( now - ${days} * 86400 ))`,
      ...(of.names ?? ['all']).map((name) => `kubeadm certs renew ${name} || failed=1`),
      'date -s @$now',
      'test -z "$failed"',
    ].join('\n')
    await runOrFail(hands, of.on, script, 'expireCertificates')
  },
})
