import { type Refused, refused } from '../base/result.ts'

/**
 * What can keep the local world from starting or answering, said to a person: what happened and what to do.
 * `{name}` is filled in. These never travel on the wire; faults do.
 */
export const TROUBLES = {
  already_running: {
    es: 'Sacbé ya está en marcha en {home} (proceso {pid}, {url}). Úselo así, deténgalo con Ctrl-C en su terminal, o elija otra carpeta con --home.',
    en: 'Sacbé is already running in {home} (process {pid}, {url}). Use it as it is, stop it with Ctrl-C in its terminal, or choose another folder with --home.',
  },
  not_running: {
    es: 'Ningún mundo está en marcha en {home}. Inícielo con: npm start',
    en: 'No world is running in {home}. Start it with: npm start',
  },
  no_world: {
    es: 'En {home} no hay un mundo de Sacbé. Créelo con: npm start',
    en: 'There is no Sacbé world in {home}. Make one with: npm start',
  },
  folder_not_ours: {
    es: 'La carpeta {home} no está vacía y no es de Sacbé; no se toca. Elija otra con --home.',
    en: 'The folder {home} is not empty and is not Sacbé’s; it is left alone. Choose another with --home.',
  },
  folder_not_writable: {
    es: 'No se puede escribir en {home} ({reason}). Revise los permisos o elija otra carpeta con --home.',
    en: 'Cannot write to {home} ({reason}). Check the permissions or choose another folder with --home.',
  },
  home_newer: {
    es: 'La carpeta {home} es de una versión más nueva ({found}; esta entiende hasta {known}). Actualice Sacbé o elija otra carpeta con --home.',
    en: 'The folder {home} was made by a newer version ({found}; this one understands up to {known}). Update Sacbé or choose another folder with --home.',
  },
  home_older: {
    es: 'La carpeta {home} es de la versión {found}, que esta ya no sabe convertir. Exporte sus evidencias con la versión que la creó, o empiece de nuevo con: sacbe reset',
    en: 'The folder {home} is of version {found}, which this one cannot convert. Export its evidence with the version that made it, or begin again with: sacbe reset',
  },
  home_damaged: {
    es: 'La carpeta {home} está incompleta o dañada ({reason}). Restáurela de su copia o empiece de nuevo con: sacbe reset',
    en: 'The folder {home} is incomplete or damaged ({reason}). Restore it from your copy or begin again with: sacbe reset',
  },
  passphrase_wrong: {
    es: 'La contraseña no abre las llaves de {home}. Revise SACBE_PASSPHRASE o el archivo {home}/passphrase.',
    en: 'The passphrase does not open the keys of {home}. Check SACBE_PASSPHRASE or the file {home}/passphrase.',
  },
  passphrase_missing: {
    es: 'Falta la contraseña de las llaves de {home}. Póngala en SACBE_PASSPHRASE.',
    en: 'The passphrase for the keys of {home} is missing. Put it in SACBE_PASSPHRASE.',
  },
  port_taken: {
    es: 'El puerto {port} está ocupado por otro programa. Elija otro con --port (se usan {count} puertos seguidos desde ese).',
    en: 'Port {port} is in use by another program. Choose another with --port ({count} ports in a row are used from there).',
  },
  service_failed_to_start: {
    es: 'El servicio {service} no arrancó ({reason}).',
    en: 'The service {service} did not start ({reason}).',
  },
  unknown_node: {
    es: 'No hay un nodo llamado {node}. Nodos: {known}.',
    en: 'There is no node called {node}. Nodes: {known}.',
  },
  unknown_client: {
    es: 'Ningún sistema de información está registrado como {client}. Registrados: {known}.',
    en: 'No information system is registered as {client}. Registered: {known}.',
  },
  unknown_evidence: {
    es: 'No hay evidencia con el identificador {id}. Vea la lista con: sacbe evidence list',
    en: 'There is no evidence with the id {id}. See the list with: sacbe evidence list',
  },
  evidence_waiting: {
    es: 'La evidencia {id} está guardada pero aún no sellada; el archivo corre cada {seconds} s mientras el mundo está en marcha. Repita la orden en un momento.',
    en: 'Evidence {id} is kept but not yet sealed; the archive runs every {seconds} s while the world is up. Run the command again in a moment.',
  },
  evidence_set_aside: {
    es: 'La evidencia {id} no se pudo empaquetar y está apartada, íntegra, en {name}.',
    en: 'Evidence {id} could not be packed and is set aside, intact, in {name}.',
  },
  output_exists: {
    es: 'La carpeta {out} ya existe y no está vacía; no se sobrescribe. Elija otra con --out.',
    en: 'The folder {out} exists and is not empty; it is not overwritten. Choose another with --out.',
  },
  not_confirmed: {
    es: 'No se borró nada. Para borrar sin preguntar: sacbe reset --yes',
    en: 'Nothing was deleted. To delete without asking: sacbe reset --yes',
  },
  unknown_scenario: {
    es: 'No hay un escenario llamado {scenario}. Escenarios: {known}.',
    en: 'There is no scenario called {scenario}. Scenarios: {known}.',
  },
  wrong_scenario: {
    es: 'La carpeta {home} es del escenario {found}, no de {scenario}. Elija otra carpeta con --home o empiece de nuevo con: sacbe reset',
    en: 'The folder {home} is of scenario {found}, not {scenario}. Choose another folder with --home or begin again with: sacbe reset',
  },
  centre_refused: {
    es: 'La autoridad central no pudo emitir o publicar: {reason}.',
    en: 'The central authority could not issue or publish: {reason}.',
  },
} as const satisfies Record<string, { es: string; en: string }>

export type TroubleCode = keyof typeof TROUBLES
/** A sentence in both languages of the project. */
export type Words = { readonly es: string; readonly en: string }
export type Trouble = { readonly code: TroubleCode } & Words

/** @param facts fills the `{name}` places; a place without a fact stays visible, so that a test notices. */
export function trouble(code: TroubleCode, facts: Readonly<Record<string, string | number>> = {}): Refused<Trouble> {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (place, name: string) => String(facts[name] ?? place))
  return refused({ code, es: fill(TROUBLES[code].es), en: fill(TROUBLES[code].en) })
}
