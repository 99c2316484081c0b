/**
 * The npm packages that carry the API's documentation, by release. `@kubernetes/client-node` has every release's fields
 * with their texts on one line; `kubernetes-models` has the line breaks, the enumerations and the texts of references.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Minor release → version of @kubernetes/client-node that was generated from it. */
export const CLIENTS: [minor: number, version: string][] = [
  [18, '0.12.3'],
  [19, '0.13.2'],
  [20, '0.14.3'],
  [21, '0.15.1'],
  [22, '0.16.3'],
  [24, '0.17.1'],
  [25, '0.18.1'],
  [27, '0.19.0'],
  [28, '0.20.0'],
  [29, '0.21.0'],
  [30, '0.22.3'],
  [32, '1.0.0'],
  [33, '1.2.0'],
  [34, '1.4.0'],
  [36, '2.0.1'],
]

/** Minor release → versions of kubernetes-models and @kubernetes-models/apimachinery; the newest first. */
export const MODELS: [minor: number, models: string, machinery: string][] = [
  [36, '5.1.0', '3.0.2'],
  [33, '4.5.1', '2.2.0'],
  [26, '4.4.2', '2.0.2'],
  [25, '4.1.0', '1.2.2'],
  [23, '3.1.0', '1.2.0'],
]

/** Minor release → version of kubernetes-types, which has the texts of references too. */
export const TYPES: [minor: number, version: string][] = [
  [30, '1.30.0'],
  [29, '1.29.0'],
  [26, '1.26.0'],
  [25, '1.25.0'],
  [21, '1.21.0-beta.1'],
]

const folder = join(tmpdir(), 'kubeflight-packages')

/** Downloads and unpacks a package once; the folder of its files. */
export function unpack(name: string, version: string): string {
  const target = join(folder, `${name.replace('/', '+')}@${version}`)
  if (existsSync(target)) return join(target, 'package')
  mkdirSync(target, { recursive: true })
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', target], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }]
  execFileSync('tar', ['xzf', join(target, filename.replace('@', '').replace('/', '-')), '-C', target])
  return join(target, 'package')
}
