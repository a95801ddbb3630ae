import type { Scenario } from '../../src/local/scenario.ts'
import { auditor, lookUp, withoutIssue, wrongDigit } from './steps.ts'
import { LOOKUP, world } from './world.ts'

/** Social benefits in Querétaro, the REST part: steps 2, 3, 4 and 11 of the run sheet. */
export const scenario: Scenario = {
  name: 'queretaro',
  title: { es: 'Querétaro: apoyos sociales', en: 'Querétaro: social benefits' },
  plan: world,
  example: {
    client: 'QRO/GOB/DIF/APOYOS',
    service: LOOKUP,
    path: '/beneficiarios/ZELM850314MQTPNRZ9',
    headers: { 'X-Road-Issue': 'EXP-2025-0042' },
  },
  steps: [
    {
      id: '2',
      title: { es: 'El DIF consulta a una persona en el padrón de SEDESOQ', en: 'DIF looks a person up in SEDESOQ’s register' },
      run: lookUp,
    },
    { id: '3', title: { es: 'Una consulta sin motivo legal', en: 'A look-up without a legal basis' }, run: withoutIssue },
    {
      id: '4',
      title: { es: 'Una CURP con el dígito verificador equivocado', en: 'A CURP with a wrong check digit' },
      run: wrongDigit,
    },
    {
      id: '11',
      title: {
        es: 'La auditoría descarga el periodo y lo verifica sin conexión; luego se altera un byte',
        en: 'The auditor downloads the period and verifies it offline; then one byte is altered',
      },
      run: auditor,
    },
  ],
}
