/** The DNS tools. They ask name servers themselves, past /etc/hosts (systemd-resolved of a host knows that file). */
import { dig } from './dns/dig.ts'
import { host } from './dns/host.ts'
import { busyboxNslookup, nslookup } from './dns/nslookup.ts'

export const dnsPrograms = { nslookup, dig, host, 'busybox-nslookup': busyboxNslookup }
