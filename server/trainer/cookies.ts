/** The browser's name: a cookie that nobody can guess, and no script can read. */
import { randomBytes } from 'node:crypto'

const NAME = 'kubeflight'
const SHAPE = /^[A-Za-z0-9_-]{43}$/
const YEAR_S = 365 * 86_400

/** The value of our cookie in a Cookie header; undefined when there is none of the right shape. */
export function readCookie(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value = ''] = part.trim().split('=')
    if (name === NAME && SHAPE.test(value)) return value
  }
  return undefined
}

export const newCookie = (): string => randomBytes(32).toString('base64url')

export function makeCookie(value: string, secure: boolean): string {
  return `${NAME}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${YEAR_S}${secure ? '; Secure' : ''}`
}
