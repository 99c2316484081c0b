/** The real kubectls of this machine, by release. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface RealKubectl {
  path: string
  /** `1.33.1`. */
  version: string
}

const SDK = '/usr/lib/google-cloud-sdk/bin'

function candidates(): string[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), SDK]
  return folders.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => /^kubectl(\.1\.\d+)?$/.test(name))
        .map((name) => join(folder, name))
    } catch {
      return []
    }
  })
}

function versionOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    const text = execFileSync(path, ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
    })
    return /"gitVersion": "v?(\d+\.\d+\.\d+)"/.exec(text)?.[1]
  } catch {
    return undefined
  }
}

/** One of each release, oldest first. A dispatcher that stands for several is left out when a real one is there. */
export function findKubectls(): RealKubectl[] {
  const found = new Map<string, RealKubectl>()
  for (const path of [...new Set(candidates())]) {
    const version = versionOf(path)
    if (version === undefined) continue
    const release = version.split('.').slice(0, 2).join('.')
    const known = found.get(release)
    if (known === undefined || /\.1\.\d+$/.test(path)) found.set(release, { path, version })
  }
  return [...found.values()].sort((a, b) => Number(a.version.split('.')[1]) - Number(b.version.split('.')[1]))
}

export const minorOf = ({ version }: RealKubectl): number => Number(version.split('.')[1])

/** The one that is nearest to the releases that our kubectl models. */
export function pickKubectl(): RealKubectl | undefined {
  const all = findKubectls()
  return all.find((one) => minorOf(one) === 33) ?? all.at(-1)
}
