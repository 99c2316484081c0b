/** Models etcdctl/ctlv3/command/printer_table.go: lists of members, endpoints and snapshots only. */
import { hashRows, healthRows, memberRows, snapshotRows, statusRows } from './rows.ts'
import type { Rows } from './rows.ts'
import type { Printer } from './responses.ts'
import { drawTable } from './table.ts'

const draw = ({ headers, rows }: Rows): string => drawTable(headers, rows)

export const table: Printer = {
  members: (response) => draw(memberRows(response)),
  status: ({ list }, { minor }) => draw(statusRows(list, minor)),
  health: ({ list }) => draw(healthRows(list)),
  hashKv: ({ list }, { minor }) => draw(hashRows(list, minor)),
  snapshot: ({ status }, { minor }) => draw(snapshotRows(status, minor)),
}
