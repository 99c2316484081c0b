import { anyText, fields, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { defineFault, StepError } from './fault.ts'

const place = { on: hostName, path: text('An absolute path.', { pattern: '^/' }) }

/** Writes a file on a host. */
export const writeFile = defineFault({
  schema: fields({ ...place, text: anyText('The text of the file.') }, 'Writes a file on a host.'),
  carryOut: async (of, { hands }) => hands.writeFile(of.on, of.path, of.text),
})

/** Replaces a piece of a file on a host. */
export const editFile = defineFault({
  schema: fields(
    { ...place, find: text('The piece to replace; it must be there.'), with: anyText('What stands there afterwards.') },
    'Replaces a piece of a file on a host.',
  ),
  carryOut: async (of, { view, hands }) => {
    const old = await view.file(of.on, of.path)
    if (old === undefined || !old.includes(of.find))
      throw new StepError(`editFile ${of.path} on ${of.on}: does not contain ${JSON.stringify(of.find)}`)
    await hands.writeFile(
      of.on,
      of.path,
      old.replace(of.find, () => of.with),
    )
  },
})
