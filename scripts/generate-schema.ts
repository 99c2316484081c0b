/** Writes scenarios.schema.json from the definition that the loader uses. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { scenarioSchemaDocument } from '../engine/scenario/format/scenario.ts'

writeFileSync(
  resolve(import.meta.dirname, '../scenarios.schema.json'),
  `${JSON.stringify(scenarioSchemaDocument(), null, 2)}\n`,
)
