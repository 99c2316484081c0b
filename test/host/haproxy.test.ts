/** HAProxy's configuration: what it reads, and what it says about mistakes. */
import { describe, expect, it } from 'vitest'
import { alertLines, checkedConfig, parseHaproxy } from '../../engine/host/haproxy/config.ts'
import { HAPROXY_DEFAULT_CONFIG } from '../../engine/host/haproxy/unit.ts'

const FILE = '/etc/haproxy/haproxy.cfg'

function alertsOf(text: string): string[] {
  const parsed = parseHaproxy(text, FILE)
  return 'alerts' in parsed ? parsed.alerts.map((alert) => alert.text) : []
}

describe('a configuration', () => {
  it('of the package has nothing to serve and is valid', () => {
    expect(parseHaproxy(HAPROXY_DEFAULT_CONFIG, FILE)).toEqual({ config: { frontends: [], backends: [] } })
  })

  it('gives servers what default-server says, unless they say otherwise', () => {
    const parsed = parseHaproxy(
      'listen web\n bind :80,:81\n timeout check 500\n default-server check inter 1s fall 2 weight 10\n server a 10.0.0.1:80\n server b 10.0.0.2:80 weight 90 backup downinter 5s\n',
      FILE,
    )
    if ('alerts' in parsed) throw new Error(parsed.alerts[0]?.text)
    expect(parsed.config.frontends[0]?.binds.map(({ port }) => port)).toEqual([80, 81])
    const [backend] = parsed.config.backends
    expect(backend?.checkTimeoutMs).toBe(500)
    expect(backend?.servers).toMatchObject([
      { name: 'a', check: true, interMs: 1000, fall: 2, rise: 2, weight: 10, backup: false },
      { name: 'b', check: true, interMs: 1000, downinterMs: 5000, weight: 90, backup: true },
    ])
  })

  it('is refused for an unknown keyword, with a guess, and for a last line without an end', () => {
    expect(alertsOf('backend b\n  balanse roundrobin\n')).toEqual([
      `parsing [${FILE}:2] : unknown keyword 'balanse' in 'backend' section; did you mean 'balance' maybe ?`,
      `Error(s) found in configuration file : ${FILE}`,
    ])
    expect(alertsOf('backend b')[0]).toBe(
      `parsing [${FILE}:1]: Missing LF on last line, file might have been truncated at position 10.`,
    )
  })

  it('says what is not simulated instead of passing over it', () => {
    expect(alertsOf('frontend f\n bind *:80\n acl x path /a\n')[0]).toContain("not simulated: 'acl'")
    expect(alertsOf('frontend f\n bind *:443 ssl crt /x.pem\n')[0]).toContain("not simulated: 'bind' with 'ssl'")
    expect(alertsOf('frontend f\n bind *:80\n use_backend b if x\n')[0]).toContain('not simulated')
  })

  it('that is missing stops HAProxy with one line', () => {
    const checked = checkedConfig(undefined, FILE)
    expect('alerts' in checked && alertLines(checked.alerts, 7, '2.8.5')).toEqual([
      '[NOTICE]   (7) : haproxy version is 2.8.5',
      '[NOTICE]   (7) : path to executable is /usr/sbin/haproxy',
      `[ALERT]    (7) : config : Cannot open configuration file/directory ${FILE} : No such file or directory`,
    ])
  })
})
