/** --token-auth-file. Models apiserver authentication/token/tokenfile. */
import type { StaticToken } from '../../api/flags.ts'
import { openProblem } from './host.ts'
import type { FlagHost } from './host.ts'
import { parseList } from './values.ts'

export function readTokens(host: FlagHost, path: string): { tokens: StaticToken[] } | { error: string } {
  const missing = openProblem(host, path)
  if (missing !== undefined) return { error: missing }
  const rows = (host.read(path) ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => parseList(line.replace(/\r$/, '')))
  const short = rows.find((row) => row.length < 3)
  if (short !== undefined)
    return {
      error: `token file '${path}' must have at least 3 columns (token, user name, user uid), found ${short.length}`,
    }
  return {
    tokens: rows.map(([token = '', user = '', uid = '', groups = '']) => ({
      token,
      user,
      uid,
      groups: groups === '' ? [] : groups.split(','),
    })),
  }
}
