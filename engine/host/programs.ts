/** The registry of this folder's programs: name that an executable carries → program. */
import type { Program } from './process.ts'
import { crictl } from './programs/crictl.ts'
import { curl } from './programs/curl.ts'
import { dnsPrograms } from './programs/dns.ts'
import { editorPrograms } from './programs/editors.ts'
import { filePrograms } from './programs/files.ts'
import { identityPrograms } from './programs/identity.ts'
import { journalPrograms } from './programs/journalctl.ts'
import { openssl } from './programs/openssl/index.ts'
import { networkPrograms } from './programs/network.ts'
import { processPrograms } from './programs/processes.ts'
import { sessionPrograms } from './programs/session.ts'
import { systemdPrograms } from './programs/systemctl.ts'
import { busyboxWget, wget } from './programs/wget.ts'

export type ProgramSet = Record<string, Program>

export const HOST_PROGRAM_SET: ProgramSet = {
  ...filePrograms,
  ...identityPrograms,
  ...systemdPrograms,
  ...journalPrograms,
  ...sessionPrograms,
  ...processPrograms,
  ...networkPrograms,
  ...dnsPrograms,
  ...editorPrograms,
  crictl,
  curl,
  openssl,
  wget,
  'busybox-wget': busyboxWget,
}
