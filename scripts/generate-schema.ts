/** Writes scenarios.schema.json from the definition that the loader uses. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { scenarioSchema } from '../engine/scenario/format/scenario.ts'

writeFileSync(resolve(import.meta.dirname, '../scenarios.schema.json'), `${JSON.stringify(scenarioSchema(), null, 2)}\n`)
