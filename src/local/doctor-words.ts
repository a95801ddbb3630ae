type Words = { readonly es: string; readonly en: string }

/** What is wrong at a hop and what to do about it, for the person who runs the node. */
export const CAUSES = {
  node_not_running: {
    cause: { es: 'El nodo no responde en esa puerta.', en: 'The node does not answer at that door.' },
    fix: {
      es: 'Inícielo: sacbe node run, o npm start; revise que ningún otro programa use el puerto.',
      en: 'Start it: sacbe node run, or npm start; see that no other program uses the port.',
    },
  },
  client_files_missing: {
    cause: { es: 'Al sistema le falta un archivo de su credencial.', en: 'A file of the system’s credential is missing.' },
    fix: { es: 'Hágala de nuevo: sacbe credential CLIENTE.', en: 'Make it anew: sacbe credential CLIENT.' },
  },
  client_certificate_unknown: {
    cause: {
      es: 'El nodo no conoce el certificado con que se conecta el sistema.',
      en: 'The node does not know the certificate the system connects with.',
    },
    fix: {
      es: 'Use los archivos de sacbe credential CLIENTE, o hágala de nuevo con esa orden.',
      en: 'Use the files of sacbe credential CLIENT, or make it anew by that command.',
    },
  },
  client_certificate_expired: {
    cause: { es: 'El certificado del sistema venció.', en: 'The system’s certificate has expired.' },
    fix: {
      es: 'El nodo lo renueva en su carpeta; copie los archivos nuevos si el sistema usa una copia, o corra sacbe credential CLIENTE.',
      en: 'The node renews it in its folder; copy the new files if the system uses a copy, or run sacbe credential CLIENT.',
    },
  },
  client_key_differs: {
    cause: { es: 'La llave del sistema no es la de su certificado.', en: 'The system’s key is not that of its certificate.' },
    fix: {
      es: 'Ponga juntos certificate.pem y key.pem de la misma carpeta.',
      en: 'Put together certificate.pem and key.pem of the same folder.',
    },
  },
  client_not_connected: {
    cause: { es: 'El sistema no logra conectarse con su nodo.', en: 'The system cannot connect to its node.' },
    fix: {
      es: 'Revise que confíe en authority.pem y que llame a la dirección del nodo.',
      en: 'See that it trusts authority.pem and calls the node’s address.',
    },
  },
  configuration_not_had: {
    cause: {
      es: 'No se obtiene la configuración del centro; el nodo sigue con la última hasta que venza.',
      en: 'The centre’s configuration cannot be had; the node goes on with the last one until it ends.',
    },
    fix: {
      es: 'Revise la red hacia el centro; si otros nodos tampoco la obtienen, avise a quien opera el centro.',
      en: 'Look at the network to the centre; if other nodes cannot have it either, tell whoever runs the centre.',
    },
  },
  configuration_stale: {
    cause: {
      es: 'El nodo usa una configuración que vence pronto, aunque hay una más nueva.',
      en: 'The node acts on a configuration that ends soon, though there is a newer one.',
    },
    fix: {
      es: 'Reinicie el nodo; si vuelve a pasar, revise su bitácora: trust_not_refreshed.',
      en: 'Restart the node; if it happens again, see its log: trust_not_refreshed.',
    },
  },
  configuration_ended: {
    cause: {
      es: 'La configuración venció y no se obtiene otra: el nodo no firma nada.',
      en: 'The configuration has ended and no other can be had: the node signs nothing.',
    },
    fix: {
      es: 'Restablezca el camino al centro; el nodo sigue solo en cuanto la obtenga.',
      en: 'Restore the way to the centre; the node goes on by itself once it has one.',
    },
  },
  certificate_expired: {
    cause: { es: 'Un certificado del nodo venció.', en: 'A certificate of the node has expired.' },
    fix: {
      es: 'El nodo los renueva solo; vea en su bitácora certificate_not_renewed. Si ya no puede, pida una invitación y use sacbe join.',
      en: 'The node renews them by itself; see certificate_not_renewed in its log. If it no longer can, ask for an invitation and use sacbe join.',
    },
  },
  certificate_not_approved: {
    cause: {
      es: 'Un certificado del nodo no lleva a una autoridad aprobada.',
      en: 'A certificate of the node does not lead to an approved authority.',
    },
    fix: { es: 'Pregunte al centro si retiró a esa autoridad.', en: 'Ask the centre whether it withdrew that authority.' },
  },
  certificate_not_good: {
    cause: {
      es: 'La autoridad dice que el certificado está revocado o no lo conoce.',
      en: 'The authority says the certificate is revoked, or does not know it.',
    },
    fix: {
      es: 'Si nadie de la dependencia lo pidió, es un incidente: hable con el centro.',
      en: 'If nobody at the agency asked for that, it is an incident: talk to the centre.',
    },
  },
  certificate_not_registered: {
    cause: {
      es: 'El centro no publica el certificado TLS del nodo: nadie puede conectarse con él.',
      en: 'The centre does not publish the node’s TLS certificate: nobody can connect to it.',
    },
    fix: {
      es: 'Vea si su registro espera aprobación: sacbe centre requests.',
      en: 'See whether its registration waits for approval: sacbe centre requests.',
    },
  },
  ocsp_silent: {
    cause: {
      es: 'Quien dice si los certificados siguen vigentes (OCSP) no responde.',
      en: 'Whoever says whether certificates are good (OCSP) does not answer.',
    },
    fix: {
      es: 'El nodo sigue con la última respuesta hasta que caduque (12 h, si no se fijó otra cosa). Avise a quien opera el centro.',
      en: 'The node goes on with the last answer until it is too old (12 h, unless set otherwise). Tell whoever runs the centre.',
    },
  },
  tsa_silent: {
    cause: { es: 'Ninguna autoridad de sellado de tiempo responde.', en: 'No time-stamping authority answers.' },
    fix: {
      es: 'Los mensajes siguen; su evidencia espera segura y se sella después, hasta 45 días. Avise a quien opera la autoridad.',
      en: 'Messages go on; their evidence waits in custody and is stamped later, up to 45 days. Tell whoever runs the authority.',
    },
  },
  clock_wrong: {
    cause: {
      es: 'El reloj del nodo difiere más de 30 s de los demás: no firma.',
      en: 'The node’s clock differs by more than 30 s from the others: it does not sign.',
    },
    fix: { es: 'Sincronice el reloj del equipo (NTP).', en: 'Synchronise the machine’s clock (NTP).' },
  },
  clock_off: {
    cause: { es: 'El reloj del nodo se aparta unos segundos.', en: 'The node’s clock is off by some seconds.' },
    fix: { es: 'Sincronice el reloj del equipo (NTP).', en: 'Synchronise the machine’s clock (NTP).' },
  },
  peer_unreachable: {
    cause: { es: 'El nodo de otra dependencia no responde.', en: 'Another agency’s node does not answer.' },
    fix: {
      es: 'Avise a esa dependencia; si otros sí la alcanzan, revise la salida de su red hacia esa dirección.',
      en: 'Tell that agency; if others do reach it, look at your network’s way out to that address.',
    },
  },
  peer_is_another: {
    cause: {
      es: 'En la dirección de otra dependencia contesta alguien que no es ella.',
      en: 'At another agency’s address somebody answers who is not that agency.',
    },
    fix: { es: 'No se le envía nada. Avise a esa dependencia y al centro.', en: 'Nothing is sent there. Tell that agency and the centre.' },
  },
  service_down: {
    cause: { es: 'El servicio propio no responde.', en: 'The agency’s own service does not answer.' },
    fix: {
      es: 'Inicie el programa que lo atiende, o corrija su dirección: sacbe offer.',
      en: 'Start the program that serves it, or correct its address: sacbe offer.',
    },
  },
  not_registered: {
    cause: { es: 'El centro no tiene registrado a este nodo.', en: 'The centre has not registered this node.' },
    fix: { es: 'Espere la aprobación, o pida otra invitación.', en: 'Wait for the approval, or ask for another invitation.' },
  },
  alarm: {
    cause: {
      es: 'El centro publica, o hizo, algo sobre este nodo que nadie de aquí pidió.',
      en: 'The centre publishes, or did, something about this node that nobody here asked for.',
    },
    fix: {
      es: 'Hable con el centro por otro medio. Cuando esté aclarado: sacbe doctor --seen ID.',
      en: 'Talk to the centre by other means. Once it is clear: sacbe doctor --seen ID.',
    },
  },
} as const satisfies Record<string, { readonly cause: Words; readonly fix: Words }>
export type Cause = keyof typeof CAUSES
