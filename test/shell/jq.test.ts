import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeBox, run } from './box.ts'

interface Recorded {
  input: string
  /** Expression, stdout, stderr and exit code of jq 1.6. */
  rows: [expression: string, out: string, err: string, code: number][]
}

const { input, rows } = JSON.parse(readFileSync(new URL('fixtures/jq.json', import.meta.url), 'utf8')) as Recorded

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

async function ran(script: string): Promise<{ stdout: string; stderr: string; code: number | undefined }> {
  const { stdout, stderr, code } = await run(makeBox(), script)
  return { stdout, stderr, code }
}

describe('jq', () => {
  it('answers as jq 1.6 did to expressions on a list of pods', async () => {
    const box = makeBox()
    await run(box, `cat > list.json <<'END'\n${input}END`)
    const differing: string[] = []
    for (const [expression, out, err, code] of rows) {
      const { stdout, stderr, code: ended } = await run(box, `jq -c ${quoted(expression)} < list.json`)
      if (stdout !== out || stderr !== err || ended !== code) differing.push(`${expression}: ${stdout}${stderr}`)
    }
    expect(differing).toEqual([])
  })

  it('takes its values from the command line and its input as told', async () => {
    expect(await ran(`jq -nc --arg a 1 --argjson b '{"x":1}' '[$a,$b,$ARGS.named]'`)).toMatchObject({
      stdout: '["1",{"x":1},{"a":"1","b":{"x":1}}]\n',
    })
    expect(await ran(`jq -nc '$ARGS' --args a b`)).toMatchObject({ stdout: '{"positional":["a","b"],"named":{}}\n' })
    expect(await ran(`printf 'a\\nb\\n' | jq -R .; printf 'a\\nb\\n' | jq -Rs .; seq 3 | jq -s add`)).toMatchObject({
      stdout: '"a"\n"b"\n"a\\nb\\n"\n6\n',
    })
    expect(await ran(`echo '{"b":[1,{}],"a":[]}' | jq -S --indent 1 .`)).toMatchObject({
      stdout: '{\n "a": [],\n "b": [\n  1,\n  {}\n ]\n}\n',
    })
    expect(await ran(`jq -nj '"a","b",1'; jq -nr '"a\\tb"'`)).toMatchObject({ stdout: 'ab1a\tb\n' })
  })

  it('tells what failed, and goes on with the next input', async () => {
    expect(await ran(`printf '{}\\n"a"\\n{"a":1}' | jq -c .a`)).toEqual({
      stdout: 'null\n1\n',
      stderr: 'jq: error (at <stdin>:2): Cannot index string with string "a"\n',
      code: 5,
    })
    expect(await ran('echo NAME READY | jq .')).toEqual({
      stdout: '',
      stderr: 'parse error: Invalid numeric literal at line 1, column 5\n',
      code: 2,
    })
    expect(await ran('jq . nope')).toMatchObject({
      stderr: 'jq: error: Could not open file nope: No such file or directory\n',
      code: 2,
    })
    expect(await ran(`echo '{"a":null}' | jq -e .a; echo $?; echo '{}' | jq -e empty; echo $?`)).toMatchObject({
      stdout: 'null\n1\n4\n',
    })
  })

  it('keeps keys in the order in which they came, numbers among them', async () => {
    expect(await ran(`echo '{"b":1,"10":2,"1":3}' | jq -c '., keys, with_entries(.value += 1)'`)).toMatchObject({
      stdout: '{"b":1,"10":2,"1":3}\n["1","10","b"]\n{"b":2,"10":3,"1":4}\n',
    })
  })
})
