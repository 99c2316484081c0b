/** Every kind of step of a scenario's setup, by the key that names it. */
import { apply } from './apply.ts'
import { breakImage } from './breakImage.ts'
import { expireCertificates, setClock } from './clock.ts'
import { editConfigMap } from './editConfigMap.ts'
import { exec } from './exec.ts'
import type { FaultKind, Ports } from './fault.ts'
import { editFile, writeFile } from './files.ts'
import { installPackage } from './installPackage.ts'
import { patch } from './patch.ts'
import { boot, crash } from './power.ts'
import { remove } from './remove.ts'
import { setUnit } from './setUnit.ts'
import { stopUnit } from './stopUnit.ts'
import { wait } from './wait.ts'
import { wipeEtcd } from './wipeEtcd.ts'
import { cut, mend } from './wires.ts'

export const FAULTS = {
  exec,
  apply,
  wait,
  stopUnit,
  cut,
  mend,
  crash,
  boot,
  patch,
  remove,
  breakImage,
  editConfigMap,
  writeFile,
  editFile,
  setUnit,
  installPackage,
  setClock,
  expireCertificates,
  wipeEtcd,
}

/** Carries out one step: a mapping with the key of its kind. */
export async function carryOutStep(step: object, ports: Ports): Promise<void> {
  for (const [name, argument] of Object.entries(step)) {
    if (!Object.hasOwn(FAULTS, name)) throw new Error(`a step names no kind: ${name}`)
    await (FAULTS[name as keyof typeof FAULTS] as unknown as FaultKind<unknown>).carryOut(argument, ports)
  }
}
