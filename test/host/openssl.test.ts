/** openssl of the hosts against what OpenSSL 3.0.19 printed for the same files (Q8). */
import { beforeAll, describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'
import recorded from './fixtures/openssl.json' with { type: 'json' }

const FOLDER = '/root/certificates'

let flight: Flight

async function run(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return flight.script(`cd ${FOLDER}; ${command}`, { user: 'root' })
}

/** Numbers of threads and lines of OpenSSL's own source differ from build to build. */
const masked = (text: string): string => text.replace(/[0-9A-F]{12}0000:/g, 'T:').replace(/\.c:\d+:/g, '.c:N:')

async function launch(epochMs: number): Promise<Flight> {
  const made = await Flight.launch({ seed: 'openssl', epochMs, release: '1.35', controlPlanes: 1, workers: 0 })
  for (const [name, text] of Object.entries(recorded.files))
    await made.hands.writeFile('base', `${FOLDER}/${name}`, text)
  return made
}

beforeAll(async () => {
  flight = await launch(Date.UTC(2026, 10, 22))
})

describe('openssl prints as OpenSSL 3.0 does', () => {
  it.each(recorded.cases)('$command', async ({ command, stdout, stderr, code }) => {
    const ran = await run(command)
    expect({ stdout: masked(ran.stdout), stderr: masked(ran.stderr), code: ran.code }).toEqual({ stdout, stderr, code })
  })
})

describe('openssl makes', () => {
  it('an authority and a certificate that it signed, with an extension file and a serial file', async () => {
    const made = await run(
      `openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 365 -subj /CN=own-ca 2>/dev/null
       openssl genrsa -out web.key 2048
       openssl req -new -key web.key -out web.csr -subj /CN=web
       openssl x509 -req -in web.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out web.crt -days 30 -extfile e.cnf 2>/dev/null
       openssl verify -CAfile ca.crt web.crt
       openssl x509 -in web.crt -noout -issuer -ext subjectAltName
       test "$(openssl x509 -in web.crt -noout -serial)" = "serial=$(cat ca.srl)" && echo same`,
    )
    expect(made.stdout).toBe('web.crt: OK\nissuer=CN = own-ca\nX509v3 Subject Alternative Name: \n    DNS:z\nsame\n')
  })

  it('keys that differ, on elliptic curves too', async () => {
    const made = await run(
      `openssl genrsa -out a.key 2048; openssl genrsa -out b.key 2048; cmp -s a.key b.key || echo differ
       openssl ecparam -genkey -name prime256v1 -noout -out e.key; openssl req -new -key e.key -subj /CN=e -out e2.csr
       openssl req -in e2.csr -noout -verify`,
    )
    expect(made).toMatchObject({ stdout: 'differ\n', stderr: 'Certificate request self-signature verify OK\n' })
  })
})

describe('openssl verify says what is wrong', () => {
  it.each([
    ['s.crt', 'error 20 at 0 depth lookup: unable to get local issuer certificate'],
    ['x.crt', 'error 18 at 0 depth lookup: self-signed certificate'],
  ])('%s without an authority', async (file, error) => {
    const ran = await run(`openssl verify ${file}`)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain(error)
    expect(ran.stderr).toContain(`error ${file}: verification failed`)
  })

  it('an expired certificate, by the clock of the host', async () => {
    expect((await run('openssl x509 -in s.crt -noout -checkend 0')).stdout).toBe('Certificate will not expire\n')
    flight = await launch(Date.UTC(2026, 11, 5))
    const expires = await run('openssl x509 -in s.crt -noout -checkend 0')
    expect(expires).toMatchObject({ code: 1, stdout: 'Certificate will expire\n' })
    const ran = await run('openssl verify -CAfile x.crt s.crt')
    expect(ran.stderr).toContain('error 10 at 0 depth lookup: certificate has expired')
  })
})
