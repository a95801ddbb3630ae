import type { FAULTS } from './fault-catalogue.ts'

/** Where a refusal arises: a node's door, the check of kept evidence, the intake of the global configuration, or the counting of costs. */
export type Origin = 'consumer' | 'provider' | 'both' | 'verifier' | 'configuration' | 'metering' | 'centre'

/**
 * What a person is told for each code: what happened and what to do, in Spanish and English, and who raises it.
 * docs/faults.md shows this table; a test ties the two.
 */
export const TEXTS: Readonly<Record<keyof typeof FAULTS, { readonly origin: Origin; readonly es: string; readonly en: string }>> = {
  access_denied: {
    origin: 'provider',
    es: 'El cliente no tiene permiso para llamar a este servicio. Pida al dueño del servicio que se lo otorgue.',
    en: 'The client has no right to call this service. Ask the owner of the service to grant it.',
  },
  bad_request: {
    origin: 'both',
    es: 'La petición no se entiende. Corríjala antes de repetirla.',
    en: 'The request cannot be understood. Correct it before sending it again.',
  },
  not_found: {
    origin: 'both',
    es: 'Lo que se pide no existe. Revise el nombre o la dirección.',
    en: 'What was asked for does not exist. Check the name or address.',
  },
  cannot_create_cert_path: {
    origin: 'both',
    es: 'El certificado no lleva a una autoridad aprobada en la fecha examinada. Revise su vigencia y quién lo emitió.',
    en: 'The certificate does not lead to an approved authority at the date examined. Check its validity and who issued it.',
  },
  cannot_create_signature: {
    origin: 'both',
    es: 'El nodo no pudo firmar el mensaje. Revise la clave de firma, su certificado y su respuesta OCSP; después repita.',
    en: 'The node could not sign the message. Check the signing key, its certificate and its OCSP response; then try again.',
  },
  cert_validation: {
    origin: 'both',
    es: 'El certificado está revocado, es desconocido o falta su respuesta OCSP. El dueño del certificado debe resolverlo con su autoridad.',
    en: 'The certificate is revoked, unknown, or its OCSP response is missing. Its owner must settle this with the authority.',
  },
  client_proxy_version_not_supported: {
    origin: 'provider',
    es: 'La versión del nodo consumidor es demasiado antigua para este proveedor. Actualice el nodo.',
    en: 'The consumer node is too old for this provider. Upgrade the node.',
  },
  database_error: {
    origin: 'both',
    es: 'El almacén del nodo no respondió. Repita más tarde; si persiste, avise al operador del nodo.',
    en: 'The store of the node did not answer. Try again later; if it goes on, tell the operator of the node.',
  },
  duplicate_header_field: {
    origin: 'both',
    es: 'Un campo del encabezado SOAP aparece dos veces. Envíelo una sola vez.',
    en: 'A field of the SOAP header appears twice. Send it once.',
  },
  global_conf_outdated: {
    origin: 'both',
    es: 'La configuración global del nodo venció. El operador debe restablecer su descarga.',
    en: 'The global configuration of the node has expired. Its operator must restore the download.',
  },
  hashchain_unused_inputs: {
    origin: 'both',
    es: 'La cadena de resúmenes no nombra una parte recibida. El emisor debe firmar todas las partes.',
    en: 'The hash chain does not name a part that was received. The sender must sign every part.',
  },
  hsm_non_operational: {
    origin: 'both',
    es: 'El módulo de claves no funciona. El operador del nodo debe revisarlo.',
    en: 'The key module does not work. The operator of the node must look into it.',
  },
  http_error: {
    origin: 'both',
    es: 'El otro extremo respondió con un estado HTTP que no corresponde al protocolo. Avise a su operador.',
    en: 'The other side answered with an HTTP status outside the protocol. Tell its operator.',
  },
  inconsistent_headers: {
    origin: 'both',
    es: 'El cuerpo SOAP no corresponde al servicio del encabezado. Haga que coincidan.',
    en: 'The SOAP body does not match the service in the header. Make them agree.',
  },
  inconsistent_response: {
    origin: 'consumer',
    es: 'La respuesta no corresponde a la petición enviada y se descartó. Avise al operador del nodo proveedor.',
    en: 'The answer does not belong to the request that was sent and was discarded. Tell the operator of the provider node.',
  },
  incorrect_certificate: {
    origin: 'both',
    es: 'El certificado no nombra al miembro que firma, o no sirve para firmar. Use el certificado de firma del miembro.',
    en: 'The certificate does not name the member that signs, or is not fit for signing. Use the signing certificate of the member.',
  },
  incorrect_validation_info: {
    origin: 'both',
    es: 'La respuesta OCSP no es válida o ya no está vigente. Obtenga una nueva y repita.',
    en: 'The OCSP response is invalid or too old. Obtain a fresh one and try again.',
  },
  internal_error: {
    origin: 'both',
    es: 'El nodo no pudo procesar el mensaje. Si se repite, avise a su operador con el identificador de la petición.',
    en: 'The node could not process the message. If it happens again, give its operator the request id.',
  },
  invalid_body: {
    origin: 'both',
    es: 'El cuerpo SOAP debe tener exactamente un elemento. Corríjalo.',
    en: 'The SOAP body must hold exactly one element. Correct it.',
  },
  invalid_cert_path: {
    origin: 'both',
    es: 'No se pudo comprobar la cadena del certificado. Revise el certificado y sus respuestas OCSP.',
    en: 'The chain of the certificate could not be checked. Look at the certificate and its OCSP responses.',
  },
  invalid_certificate: {
    origin: 'both',
    es: 'El certificado no tiene los datos que pide el perfil de su autoridad. Pida otro a la autoridad.',
    en: 'The certificate lacks what the profile of its authority asks for. Request another one from the authority.',
  },
  invalid_client_identifier: {
    origin: 'consumer',
    es: 'Falta el encabezado X-Road-Client o está vacío. Envíelo como instancia/clase/miembro/subsistema.',
    en: 'The X-Road-Client header is missing or empty. Send it as instance/class/member/subsystem.',
  },
  invalid_content_type: {
    origin: 'both',
    es: 'El tipo de contenido no es el que corresponde en ese lugar del mensaje. El emisor debe corregirlo.',
    en: 'The content type does not fit that place of the message. The sender must correct it.',
  },
  invalid_hash_chain: {
    origin: 'both',
    es: 'Una parte del mensaje no coincide con su cadena de resúmenes: fue alterada. Pida que se envíe de nuevo.',
    en: 'A part of the message does not match its hash chain: it was altered. Ask for it to be sent again.',
  },
  invalid_hash_chain_ref: {
    origin: 'both',
    es: 'Una parte o un paso no coincide con el resumen que la cadena le atribuye. La evidencia fue alterada.',
    en: 'A part or step does not match the digest the chain gives it. The evidence was altered.',
  },
  invalid_http_method: {
    origin: 'both',
    es: 'El método HTTP no se admite aquí. Entre nodos y para SOAP use POST.',
    en: 'The HTTP method is not allowed here. Between nodes and for SOAP use POST.',
  },
  invalid_message: {
    origin: 'both',
    es: 'El mensaje trae partes que sobran o no es de la clase esperada. El emisor debe corregirlo.',
    en: 'The message carries surplus parts or is not of the expected kind. The sender must correct it.',
  },
  invalid_protocol_version: {
    origin: 'both',
    es: 'La versión del protocolo no se admite. Use 4.x.',
    en: 'The protocol version is not supported. Use 4.x.',
  },
  invalid_reference: {
    origin: 'both',
    es: 'La firma o su cadena nombra algo que no está en el mensaje. El emisor debe firmar lo que envía.',
    en: 'The signature or its chain names something that is not in the message. The sender must sign what is sent.',
  },
  invalid_request: {
    origin: 'consumer',
    es: 'La petición está incompleta. Envíe el tipo de contenido y el cuerpo.',
    en: 'The request is incomplete. Send a content type and a body.',
  },
  invalid_security_server: {
    origin: 'both',
    es: 'El servidor de destino no existe o no ofrece este servicio. Revise X-Road-Security-Server o no lo envíe.',
    en: 'The target server does not exist or does not offer this service. Check X-Road-Security-Server or leave it out.',
  },
  invalid_signature_value: {
    origin: 'both',
    es: 'La firma no corresponde al mensaje: el mensaje o la firma fue alterado. Pida que se envíe de nuevo.',
    en: 'The signature does not match the message: one of them was altered. Ask for it to be sent again.',
  },
  invalid_soap: {
    origin: 'both',
    es: 'El mensaje no es SOAP 1.1 bien formado. Corríjalo.',
    en: 'The message is not well-formed SOAP 1.1. Correct it.',
  },
  invalid_soap_action: {
    origin: 'both',
    es: 'El encabezado SOAPAction debe ser un URI entre comillas dobles, o vacío. Corríjalo.',
    en: 'The SOAPAction header must be a URI in double quotes, or empty. Correct it.',
  },
  invalid_xml: {
    origin: 'both',
    es: 'El documento XML está mal formado o usa lo que aquí se prohíbe, como DOCTYPE. Corríjalo.',
    en: 'The XML document is malformed or uses what is forbidden here, such as a DOCTYPE. Correct it.',
  },
  io_error: {
    origin: 'both',
    es: 'Los datos llegaron cortados o ilegibles. Repita; si persiste, avise al operador del otro nodo.',
    en: 'The data arrived cut or unreadable. Try again; if it goes on, tell the operator of the other node.',
  },
  logging_failed: {
    origin: 'both',
    es: 'No se pudo guardar la evidencia, y sin evidencia no se intercambia nada. Repita más tarde; avise al operador.',
    en: 'The evidence could not be kept, and nothing is exchanged without evidence. Try again later; tell the operator.',
  },
  maintenance_mode: {
    origin: 'consumer',
    es: 'El nodo proveedor está en mantenimiento. Repita cuando termine.',
    en: 'The provider node is under maintenance. Try again when it is over.',
  },
  malformed_anchor: {
    origin: 'both',
    es: 'El ancla de configuración está mal formada. Pida el archivo otra vez a la autoridad central.',
    en: 'The configuration anchor is malformed. Ask the central authority for the file again.',
  },
  malformed_global_conf: {
    origin: 'both',
    es: 'La configuración global está mal formada y no se usará. Avise a la autoridad central.',
    en: 'The global configuration is malformed and will not be used. Tell the central authority.',
  },
  malformed_hash_chain: {
    origin: 'both',
    es: 'La cadena de resúmenes está mal formada. La evidencia no puede comprobarse.',
    en: 'The hash chain is malformed. The evidence cannot be checked.',
  },
  malformed_optional_parts_conf: {
    origin: 'both',
    es: 'Una parte opcional de la configuración está mal formada. Avise a la autoridad central.',
    en: 'An optional part of the configuration is malformed. Tell the central authority.',
  },
  malformed_server_conf: {
    origin: 'both',
    es: 'La configuración del nodo está mal formada. Su operador debe corregirla.',
    en: 'The configuration of the node is malformed. Its operator must correct it.',
  },
  malformed_signature: {
    origin: 'both',
    es: 'El documento de firma no tiene la forma exigida. El emisor debe corregirlo.',
    en: 'The signature document does not have the required form. The sender must correct it.',
  },
  mime_parsing_failed: {
    origin: 'both',
    es: 'El mensaje multiparte no puede leerse: encabezados demasiado largos, demasiadas partes o mal formadas. El emisor debe corregirlo.',
    en: 'The multipart message cannot be read: headers too long, too many parts, or malformed ones. The sender must correct it.',
  },
  missing_body: {
    origin: 'both',
    es: 'El mensaje SOAP no tiene cuerpo. Envíelo.',
    en: 'The SOAP message has no body. Send one.',
  },
  missing_header: {
    origin: 'both',
    es: 'El mensaje SOAP no tiene encabezado. Envíelo.',
    en: 'The SOAP message has no header. Send one.',
  },
  missing_header_field: {
    origin: 'both',
    es: 'Falta un campo obligatorio del encabezado SOAP. Añádalo.',
    en: 'A required field of the SOAP header is missing. Add it.',
  },
  missing_rest: {
    origin: 'both',
    es: 'El mensaje entre nodos no contiene la parte REST. El nodo emisor debe corregirlo.',
    en: 'The message between nodes has no REST part. The sending node must correct it.',
  },
  missing_signature: {
    origin: 'both',
    es: 'El mensaje no trae firma y se rechazó. El nodo emisor debe firmarlo.',
    en: 'The message carries no signature and was refused. The sending node must sign it.',
  },
  missing_soap: {
    origin: 'both',
    es: 'El mensaje no contiene la parte SOAP. El emisor debe incluirla.',
    en: 'The message has no SOAP part. The sender must include it.',
  },
  network_error: {
    origin: 'both',
    es: 'No se pudo conectar con el otro extremo. Revise la red y repita más tarde.',
    en: 'The other side could not be reached. Check the network and try again later.',
  },
  unknown_host: {
    origin: 'provider',
    es: 'El nombre del servidor del servicio no se resuelve. El operador debe revisar la dirección configurada.',
    en: 'The host name of the service does not resolve. The operator must check the configured address.',
  },
  service_disabled: {
    origin: 'provider',
    es: 'El servicio está deshabilitado por su dueño. Repita cuando lo habilite.',
    en: 'The service is disabled by its owner. Try again when it is enabled.',
  },
  service_failed: {
    origin: 'both',
    es: 'El servicio o el otro nodo no respondió como debía. Repita más tarde; si persiste, avise a su operador.',
    en: 'The service or the other node did not answer as it should. Try again later; if it goes on, tell its operator.',
  },
  service_malformed_url: {
    origin: 'provider',
    es: 'La dirección configurada del servicio es inválida. El operador del nodo proveedor debe corregirla.',
    en: 'The configured address of the service is invalid. The operator of the provider node must correct it.',
  },
  service_missing_url: {
    origin: 'provider',
    es: 'El servicio no tiene dirección configurada. El operador del nodo proveedor debe ponerla.',
    en: 'The service has no configured address. The operator of the provider node must set it.',
  },
  service_type: {
    origin: 'provider',
    es: 'El servicio es de otra clase: un servicio SOAP no se llama por REST, ni al revés. Use la interfaz correcta.',
    en: 'The service is of another kind: a SOAP service is not called over REST, nor the reverse. Use the right interface.',
  },
  signature_verification: {
    origin: 'both',
    es: 'La firma del mensaje no pudo comprobarse y el mensaje se rechazó. El emisor debe revisar su firma.',
    en: 'The signature of the message could not be verified and the message was refused. The sender must check its signing.',
  },
  ssl_authentication_failed: {
    origin: 'both',
    es: 'No se pudo comprobar la identidad del otro extremo por TLS. Revise los certificados registrados.',
    en: 'The identity of the other side could not be checked over TLS. Check the registered certificates.',
  },
  timestamper_failed: {
    origin: 'both',
    es: 'La autoridad de sellado de tiempo no dio un sello. Se intentará de nuevo.',
    en: 'The time-stamping authority gave no stamp. It will be tried again.',
  },
  timestamping_failed: {
    origin: 'both',
    es: 'Hace demasiado que no se sellan mensajes y el nodo se detuvo. El operador debe restablecer el sellado.',
    en: 'No messages have been stamped for too long and the node has stopped. The operator must restore time-stamping.',
  },
  unknown_member: {
    origin: 'both',
    es: 'El miembro o subsistema no está registrado aquí. Revise el identificador o regístrelo.',
    en: 'The member or subsystem is not registered here. Check the identifier or register it.',
  },
  unknown_service: {
    origin: 'provider',
    es: 'El servicio no existe en ese nodo. Revise el código del servicio.',
    en: 'The service does not exist at that node. Check the service code.',
  },
  unsupported_sign_algorithm: {
    origin: 'both',
    es: 'El algoritmo de firma no se admite. Use RSA, RSA-PSS o ECDSA con SHA-256 o mayor.',
    en: 'The signature algorithm is not supported. Use RSA, RSA-PSS or ECDSA with SHA-256 or stronger.',
  },
  asic_mime_type_not_found: {
    origin: 'verifier',
    es: 'El contenedor no tiene la entrada mimetype. No es un contenedor ASiC-E íntegro.',
    en: 'The container has no mimetype entry. It is not an intact ASiC-E container.',
  },
  asic_invalid_mime_type: {
    origin: 'verifier',
    es: 'La entrada mimetype del contenedor es otra. No es un contenedor ASiC-E.',
    en: 'The mimetype entry of the container says something else. It is not an ASiC-E container.',
  },
  asic_signature_not_found: {
    origin: 'verifier',
    es: 'El contenedor no trae la firma. Pida el original.',
    en: 'The container holds no signature. Ask for the original.',
  },
  asic_message_not_found: {
    origin: 'verifier',
    es: 'El contenedor no trae el mensaje. Pida el original.',
    en: 'The container holds no message. Ask for the original.',
  },
  asic_hash_chain_result_not_found: {
    origin: 'verifier',
    es: 'Falta el resultado de la cadena de resúmenes en el contenedor. Pida el original.',
    en: 'The hash chain result is missing from the container. Ask for the original.',
  },
  asic_hash_chain_not_found: {
    origin: 'verifier',
    es: 'Falta la cadena de resúmenes en el contenedor. Pida el original.',
    en: 'The hash chain is missing from the container. Ask for the original.',
  },
  asic_timestamp_not_found: {
    origin: 'verifier',
    es: 'El sello de tiempo del contenedor está vacío. Pida el original.',
    en: 'The time stamp of the container is empty. Ask for the original.',
  },
  asic_manifest_not_found: {
    origin: 'verifier',
    es: 'El manifiesto del contenedor está vacío. Pida el original.',
    en: 'The manifest of the container is empty. Ask for the original.',
  },
  'mlog.no_timestamping_provider_found': {
    origin: 'both',
    es: 'No hay ninguna autoridad de sellado de tiempo aprobada. La autoridad central debe aprobar una.',
    en: 'There is no approved time-stamping authority. The central authority must approve one.',
  },
  'mlog.timestamp_non_granted_response': {
    origin: 'both',
    es: 'La autoridad de sellado de tiempo negó el sello. El operador debe preguntarle por qué.',
    en: 'The time-stamping authority refused the stamp. The operator must ask it why.',
  },
  'mlog.timestamp_response_validation_failed': {
    origin: 'both',
    es: 'La respuesta de sellado de tiempo no corresponde a lo pedido. Avise a la autoridad de sellado.',
    en: 'The time-stamping response does not match the request. Tell the time-stamping authority.',
  },
  'mlog.tsp_certificate_not_found': {
    origin: 'verifier',
    es: 'El sello de tiempo no es de una autoridad aprobada. Revise la lista de autoridades de esa fecha.',
    en: 'The time stamp is not from an approved authority. Check the list of authorities of that date.',
  },
  'mlog.timestamp_token_signer_info_not_found': {
    origin: 'verifier',
    es: 'El sello de tiempo no dice quién lo firmó. No sirve como prueba.',
    en: 'The time stamp does not say who signed it. It proves nothing.',
  },
  'mlog.timestamp_signer_verification_failed': {
    origin: 'verifier',
    es: 'La firma del sello de tiempo no es válida. El sello fue alterado o su certificado no vale.',
    en: 'The signature of the time stamp is not valid. The stamp was altered or its certificate does not hold.',
  },
  global_conf_missing_verification_cert: {
    origin: 'configuration',
    es: 'La configuración global está firmada con un certificado que el ancla no contiene. Pida un ancla vigente.',
    en: 'The global configuration is signed with a certificate the anchor does not hold. Ask for a current anchor.',
  },
  global_conf_signature_verification_failure: {
    origin: 'configuration',
    es: 'La firma de la configuración global no es válida y no se usará. Avise a la autoridad central.',
    en: 'The signature of the global configuration is not valid and it will not be used. Tell the central authority.',
  },
  global_conf_part_downloaded_file_integrity_failure: {
    origin: 'configuration',
    es: 'Un archivo de la configuración global no coincide con su resumen. Descárguelo otra vez.',
    en: 'A file of the global configuration does not match its digest. Download it again.',
  },
  global_conf_header_field_missing: {
    origin: 'configuration',
    es: 'A la configuración global firmada le falta un encabezado obligatorio. Avise a la autoridad central.',
    en: 'The signed global configuration lacks a required header. Tell the central authority.',
  },
  legal_basis_missing: {
    origin: 'consumer',
    es: 'Este servicio exige nombrar el fundamento legal. Envíe el encabezado X-Road-Issue con el expediente o asunto.',
    en: 'This service requires the legal basis to be named. Send the X-Road-Issue header with the case or file.',
  },
  openapi_violation: {
    origin: 'consumer',
    es: 'La petición no cumple el contrato OpenAPI del servicio y no se envió. Corrija lo señalado.',
    en: 'The request breaks the OpenAPI contract of the service and was not sent. Correct what is named.',
  },
  message_too_large: {
    origin: 'both',
    es: 'El mensaje supera el tamaño permitido. Envíe uno más pequeño o por partes.',
    en: 'The message is larger than allowed. Send a smaller one, or in portions.',
  },
  busy: {
    origin: 'both',
    es: 'El nodo está ocupado. Repita en unos segundos.',
    en: 'The node is busy. Try again in some seconds.',
  },
  global_conf_rolled_back: {
    origin: 'configuration',
    es: 'La configuración global recibida es más antigua que la que ya se usa, y se rechazó. Avise a la autoridad central.',
    en: 'The global configuration received is older than the one in use and was refused. Tell the central authority.',
  },
  clock_skew: {
    origin: 'both',
    es: 'El reloj de un nodo no coincide con el del otro. El operador debe ajustar la hora.',
    en: 'The clock of one node disagrees with the other. The operator must set the time.',
  },
  archive_linking_broken: {
    origin: 'verifier',
    es: 'La cadena del archivo está rota: falta, sobra o cambió un contenedor. Compare con otra copia del archivo.',
    en: 'The chain of the archive is broken: a container is missing, surplus or changed. Compare with another copy of the archive.',
  },
  malformed_container: {
    origin: 'verifier',
    es: 'El archivo no es un contenedor ZIP que pueda leerse con seguridad. Pida el original.',
    en: 'The file is not a ZIP container that can be read safely. Ask for the original.',
  },
  malformed_record: {
    origin: 'both',
    es: 'Un registro de evidencia guardado no puede leerse. Se apartó para que lo examine el operador.',
    en: 'A kept evidence record cannot be read. It was set aside for the operator to examine.',
  },
  unaccounted_bytes: {
    origin: 'verifier',
    es: 'El contenedor trae bytes que la firma no explica. Pida el original.',
    en: 'The container holds bytes that the signature does not account for. Ask for the original.',
  },
  uncovered_part: {
    origin: 'both',
    es: 'Una parte del mensaje no está cubierta por la firma y el mensaje se rechazó. El emisor debe firmar todas las partes.',
    en: 'A part of the message is not covered by the signature and the message was refused. The sender must sign every part.',
  },
  weak_algorithm: {
    origin: 'both',
    es: 'Se usó un algoritmo que ya no es seguro. El emisor debe usar SHA-256 o mayor.',
    en: 'An algorithm that is no longer safe was used. The sender must use SHA-256 or stronger.',
  },
  invalid_tariff: {
    origin: 'metering',
    es: 'El archivo de precios no puede usarse: falta un dato o no es válido. Corrija la fila que se nombra.',
    en: 'The price file cannot be used: something is missing or invalid. Correct the row that is named.',
  },
  invalid_receipts: {
    origin: 'metering',
    es: 'Los recibos no pueden usarse: falta una parte o no es válida. No se sumó nada; revise el archivo y la línea que se nombran.',
    en: 'The receipts cannot be used: a part is missing or invalid. Nothing was summed; check the file and line that are named.',
  },
  invalid_bill: {
    origin: 'metering',
    es: 'La factura de la nube no puede leerse: falta una columna, sobra o un valor no es válido. Corrija la que se nombra.',
    en: 'The cloud bill cannot be read: a column is missing, unknown, or a value is invalid. Correct the one that is named.',
  },
  invalid_budget: {
    origin: 'metering',
    es: 'El presupuesto no puede usarse: falta un dato o no es válido. Corrija el renglón que se nombra.',
    en: 'The budget cannot be used: something is missing or invalid. Correct the entry that is named.',
  },
  budget_exceeded: {
    origin: 'consumer',
    es: 'Se agotó el presupuesto del mes para estas llamadas y no están marcadas como críticas. Pida ampliarlo a quien se nombra, o espere al mes siguiente.',
    en: 'The month’s budget for these calls is spent and they are not marked critical. Ask whoever is named to raise it, or wait for the next month.',
  },
  conflict: {
    origin: 'centre',
    es: 'El registro no está en el estado que este acto necesita: lo nuevo ya existe, o lo que se quita aún se usa. Revise el estado y repita.',
    en: 'The register is not in the state this act needs: the new is there already, or the removed is still in use. Look at the state and try again.',
  },
  invalid_invitation: {
    origin: 'centre',
    es: 'La invitación no existe, venció, ya se usó o es de otro miembro. Pida una nueva al operador del intercambio.',
    en: 'The invitation does not exist, has expired, was used already or is for another member. Ask the operator of the exchange for a new one.',
  },
  centre_not_trusted: {
    origin: 'consumer',
    es: 'El nodo encontró en la autoridad central algo sobre sí mismo que no pidió, y está puesto para no enviar nada hasta que alguien lo revise. La orden sacbe doctor dice qué fue.',
    en: 'The node found at the central authority something about itself that it did not ask for, and is set to send nothing until somebody has looked. The command sacbe doctor says what it was.',
  },
  replayed_request: {
    origin: 'centre',
    es: 'Esta misma petición firmada ya se recibió una vez. Haga y firme una nueva.',
    en: 'This very signed request was received once already. Make and sign a new one.',
  },
  synthetic_data_refused: {
    origin: 'both',
    es: 'Los datos de prueba solo se admiten en un entorno de pruebas. Use datos reales o el entorno de pruebas.',
    en: 'Test data is accepted in a sandbox only. Use real data, or the sandbox.',
  },
}
