/** Codes that nodes answer by themselves; no service of an agency can have one. Source: X-Road PR-META, PR-MREST, PR-OPMON, PR-ENVMONMES. */
const RESERVED = new Set([
  'listClients',
  'listMethods',
  'allowedMethods',
  'getWsdl',
  'getOpenAPI',
  'getSecurityServerMetrics',
  'getSecurityServerOperationalData',
  'getSecurityServerHealthData',
])

/** What an identifier registered anew must not hold: separators, what is invisible, control characters. Source: X-Road PR-MESS §2.1. */
const FORBIDDEN = /[:;/\\%\u0000-\u001f\u007f-\u009f\u200b\ufeff]/

/** Why nothing can be registered under this service code or version, or nothing. */
export function codeFault(code: string): string | undefined {
  if (code.trim() === '') return 'a service code is empty'
  if (code.length > 255) return 'a service code has more than 255 characters'
  const found = FORBIDDEN.exec(code)?.[0]
  if (found !== undefined)
    return `the service code "${legible(code)}" holds ${/[:;/\\%]/.test(found) ? `"${found}"` : 'an invisible character'}`
  return RESERVED.has(code) ? `the service code "${code}" is one that nodes answer by themselves` : undefined
}

const legible = (code: string): string => code.replace(/[\u0000-\u001f\u007f-\u009f\u200b\ufeff]/g, '\ufffd')
