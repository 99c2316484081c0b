/** The programs of the network, by name. */
import { hopPrograms } from './hops.ts'
import { busyboxIp, ip } from './ip/index.ts'
import { ncOf } from './nc.ts'
import { netstat } from './netstat.ts'
import { pingOf } from './ping.ts'
import { ss } from './ss.ts'

export const networkPrograms = {
  ...hopPrograms,
  ip,
  'busybox-ip': busyboxIp,
  ss,
  netstat,
  ping: pingOf(false),
  nc: ncOf(false),
  'busybox-ping': pingOf(true),
  'busybox-nc': ncOf(true),
}
