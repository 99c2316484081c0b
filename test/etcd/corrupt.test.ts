import { describe, expect, it } from 'vitest'

import { put } from './cluster.ts'
import { Servers } from './servers.ts'

describe('the periodic corruption check (H2, H4)', () => {
  const alarms = (servers: Servers, n: number): unknown => servers.call(n, { kind: 'alarm', action: 'get' })

  it('raises CORRUPT for a follower that holds something else: writes end, reads go on', () => {
    const servers = Servers.launch(3, { config: { corruptCheckMs: 60_000 } })
    servers.put(1, 'a', '1')
    servers.run(100)
    const leader = [1, 2, 3].find((n) => servers.member(n).isLeader) ?? 0
    const follower = (leader % 3) + 1
    servers.member(follower).spoil('a')
    servers.run(61_000)
    expect(servers.messages(leader)).toContain('same compact revision then hashes must match')
    expect(servers.messages(leader)).toContain('finished peer corruption check')
    expect(alarms(servers, 2)).toEqual({
      kind: 'alarms',
      alarms: [{ memberId: servers.id(follower), alarm: 'CORRUPT' }],
    })
    expect(servers.text(3, put('a', '2'))).toBe('etcdserver: corrupt cluster')
    expect(servers.text(3, { kind: 'range', key: 'a' })).toBe('range')
  })

  it('finds nothing where all hold the same, and does nothing without the flag', () => {
    const sound = Servers.launch(3, { config: { corruptCheckMs: 1000 } })
    sound.put(1, 'a', '1')
    sound.run(5000)
    expect(alarms(sound, 1)).toMatchObject({ alarms: [] })
    const blind = Servers.launch(3)
    blind.put(1, 'a', '1')
    blind.run(100)
    blind.member(2).spoil('a')
    blind.run(120_000)
    expect(alarms(blind, 1)).toMatchObject({ alarms: [] })
  })
})
