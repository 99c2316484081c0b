/** The next RSA key, as an index of the pool. A world without a ring draws from the host's stream. */
import { KeyRing } from '../../pki/index.ts'
import type { SyscallTable } from './table.ts'

export const keyCalls: SyscallTable = {
  'pki.key': ({ kernel }, { host }) => {
    const ring = kernel.component(KeyRing.address)
    return ring instanceof KeyRing ? ring.nextIndex() : kernel.random(`keys/${host}`).int(2 ** 31)
  },
}
