/** The forms of output by name (-w). */
import { EXIT, Failed, notSimulated, unsupportedFormat } from '../exit.ts'
import { fields } from './fields.ts'
import { json } from './json.ts'
import type { PrintOptions, Printed, Printer, Response, ResponseKind } from './responses.ts'
import { simple } from './simple.ts'
import { table } from './tables.ts'

const PRINTERS: Record<string, Printer> = { simple, table, json, fields }
/** What even protobuf cannot say. */
const NO_PROTOBUF: ReadonlySet<ResponseKind> = new Set(['status', 'health', 'hashKv', 'snapshot', 'timeToLive'])

/** Throws when there is no such form. */
export function checkFormat(format: string): void {
  if (format !== 'protobuf' && PRINTERS[format] === undefined)
    throw new Failed(EXIT.badFeature, 'unsupported output format')
}

export function print(format: string, response: Response, options: PrintOptions): Printed {
  if (format === 'protobuf')
    throw NO_PROTOBUF.has(response.kind) ? unsupportedFormat(format) : notSimulated('--write-out=protobuf')
  const printer = PRINTERS[format]?.[response.kind] as
    ((one: Response, how: PrintOptions) => string | Printed) | undefined
  if (printer === undefined) throw unsupportedFormat(format)
  const printed = printer(response, options)
  return typeof printed === 'string' ? { out: printed } : printed
}
