/** Models etcdctl/ctlv3/command/alarm_command.go. */
import { badArgs } from '../exit.ts'
import type { Verb } from '../session.ts'

const list: Verb = function* (session) {
  if (session.args.length !== 0) throw badArgs('alarm list command accepts no arguments')
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'alarm', action: 'get' })
  if (result.kind === 'alarms') yield* session.show({ kind: 'alarms', header, alarms: result.alarms })
}

const disarm: Verb = function* (session) {
  if (session.args.length !== 0) throw badArgs('alarm disarm command accepts no arguments')
  const client = yield* session.client()
  const { header, result } = yield* client.must({ kind: 'alarm', action: 'deactivate' })
  if (result.kind === 'alarms') yield* session.show({ kind: 'alarms', header, alarms: result.alarms })
}

export const alarmVerbs: Record<string, Verb> = { 'alarm list': list, 'alarm disarm': disarm }
