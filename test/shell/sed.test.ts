import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { filePrograms } from '../../engine/host/programs/files.ts'
import { makeBox, run } from './box.ts'

interface Recorded {
  /** The text of the file `f`. */
  input: string
  /** Command line; stdout, stderr and exit code of GNU sed 4.9; the file afterwards, where it is another. */
  rows: [command: string, out: string, err: string, code: number, file?: string][]
}

const { input, rows } = JSON.parse(readFileSync(new URL('fixtures/sed.json', import.meta.url), 'utf8')) as Recorded

describe('sed', () => {
  it('does with a manifest what GNU sed 4.9 did (Q9)', async () => {
    const differing: string[] = []
    for (const [command, out, err, code, file = input] of rows) {
      const box = makeBox()
      const { stdout, stderr, code: ended } = await run(box, `cd /tmp; cat > f <<'END'\n${input}END\n${command}`)
      const after = (await run(box, 'cat /tmp/f')).stdout
      if (stdout !== out || stderr !== err || ended !== code || after !== file)
        differing.push(`${command}: ${ended}\n${stdout}${stderr}${after === file ? '' : after}`)
    }
    expect(differing).toEqual([])
  })

  it('passes lines on as they come', async () => {
    const { stdout } = await run(makeBox(), `(echo one; sleep 5; echo two) | sed s/o/0/ | while read l; do echo $SECONDS $l; done`) // prettier-ignore
    expect(stdout).toBe('0 0ne\n5 tw0\n')
  })

  it('gives an edited file a new place under its name, with the mode and owner it had', async () => {
    const box = makeBox(filePrograms)
    const done = await run(box, 'cd /tmp; echo a > real; chmod 600 real; ln -s real link; sed -i s/a/b/ link; cat real link; stat -c "%A %U %F" link') // prettier-ignore
    expect(done.stdout).toBe('a\nb\n-rw------- candidate regular file\n')
  })

  it('refuses what it does not model', async () => {
    const { stderr, code } = await run(makeBox(), 'echo | sed --posix p; echo | sed e')
    expect(stderr).toBe('sed: not simulated: --posix\nsed: not simulated: the e command\n')
    expect(code).toBe(1)
  })
})
