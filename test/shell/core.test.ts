import { describe, expect, it } from 'vitest'
import { makeBox, run } from './box.ts'

async function out(script: string): Promise<string> {
  const ran = await run(makeBox(), script)
  return ran.stdout + ran.stderr
}

describe('core programs', () => {
  it('diff prints as GNU diff does', async () => {
    expect(await out("diff <(printf 'a\\nb\\nc\\n') <(printf 'a\\nB\\nc\\nd\\n')")).toBe(
      '2c2\n< b\n---\n> B\n3a4\n> d\n',
    )
    const unified = await out('seq 10 > x; sed s/5/five/ x > y; diff -u x y; diff -q x y; diff x x && echo same')
    expect(unified).toContain('@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n')
    expect(unified).toContain('Files x and y differ\nsame\n')
  })

  it('tail -f follows a file in virtual time', async () => {
    const ran = await run(
      makeBox(),
      'touchless=1; echo a > log; (sleep 2; echo b >> log) & timeout 5 tail -f log; echo $?',
    )
    expect(ran).toMatchObject({ stdout: 'a\nb\n124\n', ms: 5000 })
  })

  it('watch repeats until it is stopped', async () => {
    const ran = await run(makeBox(), 'timeout 5 watch -n 2 -t echo hi')
    expect(ran.stdout.match(/hi/g)).toHaveLength(3)
  })

  it("date takes dates, and the host's clock", async () => {
    expect(
      await out('date -u +%FT%TZ; date -d "2026-03-01 12:00 UTC + 2 days" +%F; date -d @0 +%s; date -d yesterday +%F'),
    ).toBe('2026-01-01T00:00:00Z\n2026-03-03\n0\n2025-12-31\n')
  })

  it('lent tools read files, descriptors and the clock of the host', async () => {
    expect(
      await out(
        `echo '{"a":[1,2]}' > f; jq -c .a f; jq -r '.a|length' <<< '{"a":[1]}'; jq -n 'now|floor'; awk -F: '{print $2}' <(echo a:b); sed -i s/1/one/ f; cat f`,
      ),
    ).toBe('[1,2]\n1\n1767225600\nb\n{"a":[one,2]}\n')
  })

  it('say what they cannot open, in the usual words', async () => {
    expect(await out('cat nope; head nope; grep x nope; wc -l nope; cat /tmp; tee /etc/x < /dev/null')).toBe(
      "cat: nope: No such file or directory\nhead: cannot open 'nope' for reading: No such file or directory\ngrep: nope: No such file or directory\nwc: nope: No such file or directory\ncat: /tmp: Is a directory\ntee: /etc/x: Permission denied\n",
    )
  })

  it('leave no zombies behind', async () => {
    const box = makeBox()
    await run(box, 'for i in 1 2 3; do cat <(echo $i) | cat; (true) & done; wait; x=$(true)')
    expect(box.table.processes.size).toBe(0)
  })
})
