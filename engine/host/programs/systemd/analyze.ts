/** systemd-analyze verify and calendar; systemd-notify. */
import type { Program } from '../../process.ts'
import { nextElapse, parseCalendar } from '../../units/calendar.ts'
import { commandOf, parseUnitFile } from '../../units/unit-file.ts'
import { systemdTime } from '../text.ts'
import { fail } from './common.ts'
import { left } from './show.ts'

export const analyze: Program = function* (argv, p) {
  const [verb = 'time', ...rest] = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (verb === 'verify') {
    let code = 0
    for (const name of rest) {
      const path = name.includes('/') ? name : `/etc/systemd/system/${name}`
      const file = yield* p.readFile(path)
      if ('error' in file) {
        code = yield* fail(p, `Failed to prepare filename ${name}: No such file or directory\n`)
        continue
      }
      const { complaints, settings } = parseUnitFile(path, file.text)
      for (const complaint of complaints) code = yield* fail(p, `${complaint}\n`)
      for (const [section, key, value] of settings) {
        const { path: program } = commandOf(value)
        if (section !== 'Service' || !key.startsWith('Exec') || value === '' || !program.startsWith('/')) continue
        if ('error' in (yield* p.stat(program)))
          code = yield* fail(
            p,
            `${path.split('/').at(-1)}: Command ${program} is not executable: No such file or directory\n`,
          )
      }
    }
    return code
  }
  if (verb === 'calendar') {
    for (const text of rest) {
      const calendar = parseCalendar(text)
      if (calendar === undefined)
        return yield* fail(p, `Failed to parse calendar specification '${text}': Invalid argument\n`)
      const now = yield* p.now()
      const next = nextElapse(calendar, now)
      yield* p.out(
        `  Original form: ${text}\nNormalized form: ${calendar.text}\n    Next elapse: ${next === undefined ? 'never' : `${systemdTime(next)}\n       From now: ${left(next - now)} left`}\n`,
      )
    }
    return 0
  }
  return yield* fail(p, `not simulated: systemd-analyze ${verb}\n`)
}

export const notify: Program = function* (argv, p) {
  const words = argv.slice(1).map((word) => (word === '--ready' ? 'READY=1' : word.replace(/^--status=/, 'STATUS=')))
  const known = yield* p.ask('unit.notify', { invocation: p.env.INVOCATION_ID ?? '', message: words.join('\n') })
  return known === true ? 0 : yield* fail(p, 'No status data could be sent: $NOTIFY_SOCKET was not set\n')
}
