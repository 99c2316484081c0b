import { duration, fields, integer, optional, text } from '../format/schema.ts'
import { textMatch, vantage } from '../format/common.ts'
import { parseGoDuration } from '../../objects/duration.ts'
import { show, textMismatch } from '../match.ts'
import { defineCheck, seen } from './check.ts'
import { findPlace, placeMentions, showPlace } from './place.ts'

/** A command in a pod or on a host: its exit code and what it prints. */
export const run = defineCheck({
  schema: fields(
    {
      in: vantage,
      command: text('A shell command.'),
      code: optional(integer('The exit code; 0 when left out.', 0, 255)),
      stdout: optional(textMatch('How its output must be.')),
      timeout: optional(duration('How long it may take; 30s when left out.')),
    },
    'A command in a pod or on a host, its exit code and output.',
  ),
  wanted: (of) =>
    `\`${of.command.trim().split('\n')[0] ?? ''}\` in ${showPlace(of.in)}: exit ${of.code ?? 0}${of.stdout === undefined ? '' : `, ${show(of.stdout)}`}`,
  observe: async (of, { view }) => {
    const at = await findPlace(of.in, view)
    if (at === undefined) return seen(false, `${showPlace(of.in)} is not running`)
    const { code, stdout, stderr } = await view.run(at, of.command, parseGoDuration(of.timeout ?? '30s'))
    const printed = (code === 0 || stderr === '' ? stdout : stderr).trim()
    const holds = code === (of.code ?? 0) && (of.stdout === undefined || textMismatch(of.stdout, stdout) === undefined)
    return seen(holds, `exit ${code}${printed === '' ? '' : `, ${show(printed.slice(0, 120))}`}`)
  },
  mentions: (of) => placeMentions(of.in),
})
