/** The schema for editors says the same as the one of the loader. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { parse } from 'yaml'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'scenarios')

it('takes every scenario, and refuses an unknown field deep inside', () => {
  const valid = new Ajv({ strict: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(ROOT, 'scenarios.schema.json'), 'utf8')) as object,
  )
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'))
  for (const path of files) {
    const text = readFileSync(join(FOLDER, path), 'utf8')
    expect(valid(parse(text)), path).toBe(true)
    expect(valid(parse(text.replace('wait: {until: {', 'wait: {untill: {'))), path).toBe(false)
  }
})
