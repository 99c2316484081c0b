import { describe, expect, it } from 'vitest'
import { bytesOfText, isBinary, rejoined, sliceBytes, textOfBytes } from '../../engine/host/bytes.ts'
import type { Program } from '../../engine/host/process.ts'
import { makeBox, run } from './box.ts'

const mkdir: Program = function* (argv, p) {
  for (const path of argv.slice(1)) yield* p.mkdir(path)
  return 0
}

async function out(script: string): Promise<string> {
  const ran = await run(makeBox({ mkdir }), script)
  return ran.stdout + ran.stderr
}

describe('bytes in texts', () => {
  it('every sequence of bytes comes back', () => {
    const all = Uint8Array.from({ length: 512 }, (_, at) => (at * 7) & 0xff)
    expect(bytesOfText(textOfBytes(all))).toEqual(all)
    for (const odd of [
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
      [0xff, 0xfe, 0x41],
    ])
      expect([...bytesOfText(textOfBytes(Uint8Array.from(odd)))]).toEqual(odd)
    expect(isBinary('plain é 😀 \0')).toBe(false)
    expect(isBinary(textOfBytes(Uint8Array.of(1, 0xff)))).toBe(true)
  })

  it('a character whose bytes come one after the other is whole again', () => {
    const halves = textOfBytes(Uint8Array.of(0xc3)) + textOfBytes(Uint8Array.of(0xa9))
    expect(rejoined(halves)).toBe('é')
    expect(rejoined(sliceBytes('é', 0, 1) + sliceBytes('é', 1))).toBe('é')
  })
})

describe('binary files', () => {
  it('printf, pipes, files and base64 keep every byte', async () => {
    expect(
      await out(
        "printf '\\0\\1\\377' > b; wc -c < b; sha256sum b; base64 b; base64 b | base64 -d | cmp - b && echo same; cat b b | od -An -tx1; printf '\\303' > c; printf '\\251' >> c; cat c; wc -m < c",
      ),
    ).toBe(
      '3\n26a66b061e8f48f39927c312f25293959729eee95978e2892d49d3512a5cc092  b\nAAH/\nsame\n 00 01 ff 00 01 ff\né1\n',
    )
  })

  it('dd copies from devices and files, and counts records', async () => {
    const made = await run(
      makeBox(),
      'dd if=/dev/zero of=big bs=1024 count=1100; wc -c big; head -c 3 /dev/zero | wc -c',
    )
    expect(made.stdout).toBe('1126400 big\n3\n')
    expect(made.stderr).toMatch(
      /^1100\+0 records in\n1100\+0 records out\n1126400 bytes \(1\.1 MB, 1\.1 MiB\) copied, [\d.]+ s, \d+ MB\/s\n$/,
    )
    expect(await out('printf abcdef | dd bs=1 skip=2 count=3 status=none; dd if=nope')).toBe(
      "cdedd: failed to open 'nope': No such file or directory\n",
    )
  })

  it('xxd, od and hexdump print as the real ones', async () => {
    expect(
      await out(
        "printf '\\0\\1\\377hello world' > b; xxd b; xxd -p b; xxd -p b | xxd -r -p | cmp - b; od -c b; hexdump -C b",
      ),
    ).toBe(
      [
        '00000000: 0001 ff68 656c 6c6f 2077 6f72 6c64       ...hello world',
        '0001ff68656c6c6f20776f726c64',
        '0000000  \\0 001 377   h   e   l   l   o       w   o   r   l   d',
        '0000016',
        '00000000  00 01 ff 68 65 6c 6c 6f  20 77 6f 72 6c 64        |...hello world|',
        '0000000e\n',
      ].join('\n'),
    )
  })

  it('diff and cmp of binary files and of directories', async () => {
    expect(
      await out(
        "mkdir a b; echo 1 > a/x; echo 2 > b/x; echo 3 > a/only; printf '\\377' > a/y; printf '\\376' > b/y; diff -r a b; echo $?; diff -rN -q a b; cmp a/y b/y",
      ),
    ).toBe(
      [
        'Only in a: only',
        'diff -r a/x b/x',
        '1c1',
        '< 1',
        '---',
        '> 2',
        'Binary files a/y and b/y differ',
        '1',
        'Files a/only and b/only differ',
        'Files a/x and b/x differ',
        'Files a/y and b/y differ',
        'a/y b/y differ: byte 1, line 1\n',
      ].join('\n'),
    )
  })
})
