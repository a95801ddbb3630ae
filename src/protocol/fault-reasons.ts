/**
 * What a person is told where stock servers' codes say too little: the code stays theirs (mostly internal_error), the sentence is ours.
 * Each says what is wrong and what to do.
 */
export const REASONS = {
  malformed_identifier: {
    es: 'Un identificador de X-Road está mal escrito. Escríbalo como instancia/clase/miembro/subsistema, cada parte codificada con % donde haga falta.',
    en: 'An X-Road identifier is malformed. Write it as instance/class/member/subsystem, each part percent-encoded where needed.',
  },
  unknown_method: {
    es: 'El método HTTP no se admite. Use GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS o TRACE, en mayúsculas.',
    en: 'The HTTP method is not supported. Use GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or TRACE, in upper case.',
  },
  malformed_path: {
    es: 'La ruta no nombra un servicio. Debe ser /r1/instancia/clase/miembro/subsistema/servicio[/resto].',
    en: 'The path does not name a service. It must be /r1/instance/class/member/subsystem/service[/rest].',
  },
  illegal_target: {
    es: 'La ruta o la consulta contiene caracteres que deben ir codificados con %. Codifíquelos y vuelva a enviar la petición.',
    en: 'The path or query holds characters that must be percent-encoded. Encode them and send the request again.',
  },
  ambiguous_path: {
    es: 'La ruta contiene pasos "." o "..", o segmentos vacíos, y podría entenderse de dos maneras. Envíe la ruta ya normalizada.',
    en: 'The path holds "." or ".." steps, or empty segments, and could be read two ways. Send the path already normalised.',
  },
  target_too_long: {
    es: 'La ruta y la consulta son demasiado largas. Acórtelas o envíe los datos en el cuerpo.',
    en: 'The path and query are too long. Shorten them or send the data in the body.',
  },
  malformed_header: {
    es: 'Un encabezado contiene caracteres no permitidos o no tiene la forma nombre:valor. Corrija el encabezado.',
    en: 'A header holds forbidden characters or is not of the form name:value. Correct the header.',
  },
  too_many_headers: {
    es: 'La petición trae demasiados encabezados o encabezados demasiado grandes. Envíe menos o más cortos.',
    en: 'The message carries too many or too large headers. Send fewer or shorter ones.',
  },
  missing_message_id: {
    es: 'El mensaje no trae x-road-id, o viene vacío. Quite el encabezado X-Road-Id vacío o póngale un valor.',
    en: 'The message has no x-road-id, or an empty one. Remove the empty X-Road-Id header or give it a value.',
  },
  malformed_block: {
    es: 'El mensaje firmado no tiene la forma del protocolo REST de X-Road. El emisor debe corregirlo.',
    en: 'The signed message does not have the form of the X-Road REST protocol. The sender must correct it.',
  },
  unsupported_digest: {
    es: 'El algoritmo de resumen que anuncia el otro nodo no se admite. Debe ser SHA-512.',
    en: 'The digest algorithm announced by the other node is not supported. It must be SHA-512.',
  },
  address_not_allowed: {
    es: 'La dirección del servicio lleva a una red interna que el nodo proveedor no tiene permitida. Su operador debe corregirla o permitirla.',
    en: 'The address of the service leads to an internal network that the provider node has not allowed. Its operator must correct or allow it.',
  },
  description_unavailable: {
    es: 'La descripción del servicio no se pudo obtener o leer. El operador del nodo proveedor debe revisar su dirección.',
    en: 'The description of the service could not be fetched or read. The operator of the provider node must check its address.',
  },
  no_openapi_service: {
    es: 'No hay un servicio REST con descripción OpenAPI con ese código. Pida listMethods para ver los que hay.',
    en: 'There is no REST service with an OpenAPI description under that code. Ask listMethods for those there are.',
  },
  not_sealed_yet: {
    es: 'La evidencia está guardada, pero todavía no está sellada. Pídala más tarde, o con force para sellarla ahora.',
    en: 'The evidence is kept, but not sealed yet. Ask for it later, or with force to seal it now.',
  },
  several_records: {
    es: 'Hay varios registros con ese identificador. Pídalos sin unique.',
    en: 'There are several records under that id. Ask for them without unique.',
  },
  unknown_instance: {
    es: 'No se conoce esa instancia. Revise xRoadInstance, o quítelo para ver la propia.',
    en: 'That instance is not known. Check xRoadInstance, or leave it out for the own one.',
  },
  not_signed_in: {
    es: 'Nadie se ha identificado. Inicie sesión y repita.',
    en: 'Nobody has signed in. Sign in and try again.',
  },
  not_your_role: {
    es: 'Este acto es de otro papel que los suyos. Pídalo a quien lo tenga.',
    en: 'This act belongs to another role than yours. Ask somebody who has it.',
  },
  second_person: {
    es: 'Quien pide un acto no puede ser también quien lo aprueba. Pídalo a otra persona.',
    en: 'Who asks for an act cannot also be who approves it. Ask another person.',
  },
} as const satisfies Record<string, { es: string; en: string }>

export type FaultReason = keyof typeof REASONS
