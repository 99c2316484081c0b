/**
 * SPDY/3.1 header blocks: names and values with 32-bit lengths, through one zlib stream a direction that
 * starts from the dictionary of the specification (draft 3, 2.6.10.1).
 */
import { constants, createDeflate, createInflate } from 'node:zlib'
import type { Deflate, Inflate } from 'node:zlib'

/** Words that stand in the dictionary with their length before them. */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization ' +
  'cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range ' +
  'content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified ' +
  'location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding ' +
  'upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin'

/** What follows them as it is. */
const TAIL =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found' +
  '500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 ' +
  'Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,' +
  'text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** 1,423 bytes, Adler-32 e3c6a7c2. */
export const DICTIONARY = Buffer.concat([
  ...WORDS.split(' ').map((word) => lengthPrefixed(word.replace('_', ' '))),
  Buffer.from(TAIL, 'latin1'),
])

const MAX_BLOCK_BYTES = 64 * 1024

/** Feeds one block into a zlib stream and takes what comes out of it. */
function pass(stream: Inflate | Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const onData = (part: Buffer): void => {
      size += part.length
      if (size > MAX_BLOCK_BYTES) stream.destroy(new Error('spdy: header block is too large'))
      else parts.push(part)
    }
    stream.on('data', onData)
    stream.once('error', reject)
    stream.write(block)
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', onData)
      stream.off('error', reject)
      resolve(Buffer.concat(parts))
    })
  })
}

/** Both directions of one connection. Calls must not overlap within a direction. */
export class HeaderBlocks {
  private readonly inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH })
  private readonly deflate = createDeflate({ dictionary: DICTIONARY })

  async parse(block: Buffer): Promise<Record<string, string>> {
    const bytes = await pass(this.inflate, block)
    const headers: Record<string, string> = {}
    let at = 4
    const text = (): string => {
      const length = bytes.readUInt32BE(at)
      at += 4 + length
      return bytes.toString('latin1', at - length, at)
    }
    for (let left = bytes.readUInt32BE(0); left > 0; left--) {
      const name = text()
      headers[name] = text()
    }
    return headers
  }

  make(headers: Record<string, string>): Promise<Buffer> {
    const entries = Object.entries(headers)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(entries.length)
    return pass(
      this.deflate,
      Buffer.concat([count, ...entries.flatMap(([name, value]) => [lengthPrefixed(name), lengthPrefixed(value)])]),
    )
  }

  close(): void {
    this.inflate.destroy()
    this.deflate.destroy()
  }
}
