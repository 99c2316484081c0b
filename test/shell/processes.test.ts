import { describe, expect, it } from 'vitest'
import { HTTP, Replier } from '../../engine/fabric/http.ts'
import type { HttpRequestData } from '../../engine/fabric/http.ts'
import type { Program } from '../../engine/host/process.ts'
import { advance, makeBox, run } from './box.ts'
import type { Box } from './box.ts'

describe('pipes', () => {
  it('stream: a loop ends when its reader has enough', async () => {
    const ran = await run(makeBox(), 'while true; do echo x; sleep 1; done | head -3')
    expect(ran).toMatchObject({ stdout: 'x\nx\nx\n', code: 0, ms: 3000 })
  })

  it('hold 64 KiB, then the writer waits', async () => {
    const ran = await run(makeBox(), 'seq 1 50000 | { sleep 2; tail -1; }')
    expect(ran).toMatchObject({ stdout: '50000\n' })
    expect(ran.ms).toBeGreaterThanOrEqual(2000)
  })

  it('kill a writer that nobody reads with SIGPIPE', async () => {
    const ran = await run(makeBox(), 'yes | head -1; echo ${PIPESTATUS[@]}')
    expect(ran.stdout).toBe('y\n141 0\n')
  })
})

describe('limits', () => {
  it('end a busy loop with a message, in bounded time', async () => {
    const ran = await run(makeBox(), 'while true; do :; done')
    expect(ran.code).toBe(137)
    expect(ran.stderr).toContain('without waiting')
  }, 30_000)

  it('stop a fork bomb, and leave room for a new process', async () => {
    const box = makeBox()
    const bomb = box.table.spawn({
      host: 'base',
      argv: ['bash', '-c', ':(){ :|:& };:'],
      stderr: { kind: 'capture', name: 'bomb' },
    })
    expect(bomb).toHaveProperty('pid')
    await advance(box.kernel, box.edge, 2000)
    expect(box.table.captured('bomb')).toContain('fork: retry: Resource temporarily unavailable')
    expect((await run(box, 'echo still here')).stdout).toBe('still here\n')
  }, 30_000)

  it('let a busy loop share the processor with others', async () => {
    const box = makeBox()
    box.table.spawn({ host: 'base', argv: ['bash', '-c', 'while :; do :; done'] })
    expect(await run(box, 'sleep 0.1; echo done')).toMatchObject({ stdout: 'done\n', ms: 100 })
  })
})

describe('signals', () => {
  it('are trapped, and end a sleep early', async () => {
    const ran = await run(
      makeBox(),
      `bash -c 'trap "echo got TERM; exit 3" TERM; sleep 100 & wait $!' & sleep 1; kill %1; wait $!; echo $?`,
    )
    expect(ran).toMatchObject({ stdout: 'got TERM\n3\n', ms: 1000 })
  })

  it('do nothing to the first process of a container unless it catches them', async () => {
    const box = makeBox()
    const made = box.table.spawn({ host: 'base', argv: ['sleep', '1000'], init: true })
    if ('error' in made) throw new Error(made.error)
    await advance(box.kernel, box.edge, 10)
    box.table.signal(made.pid, 'TERM')
    expect(box.table.process(made.pid)?.exit).toBeUndefined()
    box.table.signal(made.pid, 'KILL')
    expect(box.table.process(made.pid)).toBeUndefined()
  })

  it('tell an init that it was asked to stop', async () => {
    const box = makeBox()
    box.kernel.register('watch', {
      handle: (event) => box.kernel.record('ended', { code: (event.data as { code: number }).code }),
      dump: () => null,
      load: () => undefined,
    })
    const made = box.table.spawn({
      host: 'base',
      argv: ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done'],
      init: true,
      onExit: { to: 'watch', type: 'exit' },
    })
    if ('error' in made) throw new Error(made.error)
    await advance(box.kernel, box.edge, 2500)
    box.table.signal(made.pid, 'TERM')
    await advance(box.kernel, box.edge, 4000)
    expect(box.kernel.journal.entries('ended')).toMatchObject([{ facts: { code: 0 } }])
  })
})

/** Asks the server at 10.0.0.1:8080 for a stream and prints it. */
const fetcher: Program = function* (_argv, p) {
  const got = yield* p.open({ url: 'http://base:8080/logs', request: { method: 'GET', query: {}, headers: {} } })
  if ('failure' in got) {
    yield* p.err(`${got.message}\n`)
    return 1
  }
  for (;;) {
    const item = yield* p.next(got.stream)
    if (item.kind !== 'chunk') return 0
    yield* p.out(String(item.chunk))
  }
}

function serve(box: Box): void {
  box.fabric.listen('base', 8080, 'server')
  box.kernel.register('server', {
    handle: (event) => {
      if (event.type === HTTP.cancel) return box.kernel.record('server.cancelled')
      const replier = new Replier(box.fabric, 'base', (event.data as HttpRequestData).replyTo)
      replier.respond({ code: 200, headers: {}, streaming: true })
      for (const line of ['one\n', 'two\n', 'three\n']) replier.chunk(line)
      if ((event.data as HttpRequestData).request.path === '/logs') replier.end()
    },
    dump: () => null,
    load: () => undefined,
  })
}

describe('the network', () => {
  it("refuses with Go's words where nobody listens", async () => {
    expect(await run(makeBox({ fetcher }), 'fetcher')).toMatchObject({
      stderr: 'dial tcp 10.0.0.1:8080: connect: connection refused\n',
      code: 1,
    })
  })

  it('streams an answer', async () => {
    const box = makeBox({ fetcher })
    serve(box)
    expect((await run(box, 'fetcher | grep -n o')).stdout).toBe('1:one\n2:two\n')
  })
})

describe('a snapshot', () => {
  const script =
    'i=0; while [ $i -lt 6 ]; do i=$((i+1)); echo "$i $RANDOM $(date +%S)" | sed "s/^/> /"; sleep 1; done; echo end'

  async function outputAfter(box: Box, untilMs: number): Promise<string> {
    await advance(box.kernel, box.edge, untilMs)
    return box.table.captured('loop')
  }

  function start(box: Box): void {
    const made = box.table.spawn({
      host: 'base',
      argv: ['bash', '-c', script],
      stdout: { kind: 'capture', name: 'loop' },
    })
    if ('error' in made) throw new Error(made.error)
  }

  it('in the middle of a loop goes on as if nothing had happened', async () => {
    const straight = makeBox()
    start(straight)
    const whole = await outputAfter(straight, 10_000)
    expect(whole).toMatch(/^> 1 \d+ 00\n/)
    expect(whole).toMatch(/end\n$/)

    const before = makeBox()
    start(before)
    await outputAfter(before, 2500)
    const snapshot = before.kernel.snapshot()
    const after = makeBox()
    after.kernel.restore(snapshot)
    expect(await outputAfter(after, 10_000)).toBe(whole)
    expect(after.kernel.journal.hash()).toBe(straight.kernel.journal.hash())
  })

  it('drops what is not traced', async () => {
    const box = makeBox()
    const made = box.table.spawn({ host: 'base', argv: ['sleep', '100'], traced: false })
    if ('error' in made) throw new Error(made.error)
    await advance(box.kernel, box.edge, 10)
    const other = makeBox()
    other.kernel.restore(box.kernel.snapshot())
    expect(other.table.process(made.pid)).toBeUndefined()
  })
})
