import { describe, expect, test } from 'vitest'
import { codeOf } from '../../src/protocol/faults.ts'
import type { Certificate } from '../../src/trust/certificates.ts'
import { decodeDer } from '../../src/trust/der.ts'
import { type AttributeName, nameOf, writeName } from '../../src/trust/names.ts'
import { memberInCertificate, profileClass } from '../../src/trust/profiles.ts'
import { signingSubject } from '../../src/trust/subjects.ts'

type Subject = readonly (readonly [AttributeName, string])[]
type Row = readonly [profile: Parameters<typeof profileClass>[0], subject: Subject, expected: string]
const CLAIMED = { instance: 'CLAIMED', memberClass: 'X', memberCode: 'Y' }

const subjectOnly = (der: Uint8Array): Certificate => {
  const name = decodeDer(der, nameOf)
  if (!name.ok) throw new Error(name.fault)
  return { subject: name.value } as Certificate
}
const verdict = (className: string, subject: Uint8Array): string => {
  const member = memberInCertificate(subjectOnly(subject), className, CLAIMED)
  return member.ok ? Object.values(member.value).join(' ') : codeOf(member.fault)
}

const FI = [
  ['C', 'FI'],
  ['O', 'Org'],
] as const
const ROWS: readonly Row[] = [
  [
    'Ejbca',
    [
      ['C', 'QRO'],
      ['O', 'GOB'],
      ['CN', 'DIF'],
    ],
    'QRO GOB DIF',
  ],
  [
    'Ejbca',
    [
      ['C', 'QRO'],
      ['CN', 'DIF'],
    ],
    'incorrect_certificate',
  ],
  [
    'Ejbca',
    [
      ['CN', 'ABAJO'],
      ['C', 'QRO'],
      ['O', 'GOB'],
      ['CN', 'DIF'],
    ],
    'QRO GOB DIF',
  ],
  [
    'Ejbca',
    [
      ['C', 'QRO'],
      ['O', 'GOB'],
      ['CN', 'A+B'],
    ],
    'QRO GOB A\\+B',
  ],
  [
    'Ejbca',
    [
      ['C', 'QRO'],
      ['O', 'GOB'],
      ['CN', '#A'],
    ],
    'QRO GOB \\#A',
  ],
  [
    'Ejbca',
    [
      ['C', 'QRO'],
      ['O', 'GOB'],
      ['CN', ' A '],
    ],
    'QRO GOB \\ A\\ ',
  ],
  ['FiVRK', [...FI, ['serialNumber', 'DEV/ss2/COM'], ['CN', '4321']], 'DEV COM 4321'],
  ['FiVRK', [...FI, ['serialNumber', 'DEV/ss2/COM/'], ['CN', '4321']], 'DEV COM 4321'],
  ['FiVRK', [...FI, ['serialNumber', 'DEV/COM'], ['CN', '4321']], 'incorrect_certificate'],
  ['FiVRK', [...FI, ['serialNumber', 'DEV/a/b/COM'], ['CN', '4321']], 'incorrect_certificate'],
  [
    'FiVRK',
    [
      ['C', 'SE'],
      ['O', 'Org'],
      ['serialNumber', 'DEV/ss2/COM'],
      ['CN', '4321'],
    ],
    'incorrect_certificate',
  ],
  [
    'FiVRK',
    [
      ['C', 'FI'],
      ['serialNumber', 'DEV/ss2/COM'],
      ['CN', '4321'],
    ],
    'incorrect_certificate',
  ],
  [
    'FiVRK',
    [
      ['C', 'FI'],
      ['O', 'INST'],
      ['OU', 'COM'],
      ['CN', '1'],
    ],
    'INST COM 1',
  ],
  [
    'FiVRK',
    [
      ['C', 'DEV'],
      ['O', 'COM'],
      ['CN', '1'],
    ],
    'DEV COM 1',
  ],
  [
    'Is',
    [
      ['C', 'IS'],
      ['O', 'IS-DEV'],
      ['OU', 'GOV'],
      ['CN', '1'],
      ['serialNumber', 'x'],
    ],
    'IS-DEV GOV 1',
  ],
  [
    'Is',
    [
      ['C', 'IS'],
      ['O', 'IS-DEV'],
      ['OU', 'GOV'],
      ['CN', '1'],
    ],
    'incorrect_certificate',
  ],
  [
    'Is',
    [
      ['C', 'DEV'],
      ['O', 'GOV'],
      ['CN', '1'],
    ],
    'DEV GOV 1',
  ],
  [
    'Fo',
    [
      ['C', 'FO'],
      ['O', 'FO-DEV'],
      ['OU', 'GOV'],
      ['CN', '1'],
      ['serialNumber', 'x'],
    ],
    'FO-DEV GOV 1',
  ],
  [
    'Fo',
    [
      ['C', 'FI'],
      ['O', 'FO-DEV'],
      ['OU', 'GOV'],
      ['CN', '1'],
      ['serialNumber', 'x'],
    ],
    'incorrect_certificate',
  ],
  [
    'Fo',
    [
      ['C', 'FO'],
      ['O', 'GOV'],
      ['CN', '1'],
    ],
    'incorrect_certificate',
  ],
  [
    'Basic',
    [
      ['C', 'MX'],
      ['businessCategory', 'GOB'],
      ['serialNumber', 'DIF'],
    ],
    'CLAIMED GOB DIF',
  ],
  [
    'Basic',
    [
      ['C', 'MX'],
      ['serialNumber', 'DIF'],
    ],
    'incorrect_certificate',
  ],
  [
    'BasicACME',
    [
      ['businessCategory', 'GOB'],
      ['serialNumber', 'DIF'],
    ],
    'CLAIMED GOB DIF',
  ],
  ['BasicACME', [['serialNumber', 'DIF']], 'invalid_certificate'],
  [
    'SkKlass3',
    [
      ['organizationIdentifier', 'NTREE-12345678'],
      ['CN', 'a'],
    ],
    'CLAIMED COM 12345678',
  ],
  ['SkKlass3', [['organizationIdentifier', 'GO:EE-70001234']], 'CLAIMED GOV 70001234'],
  ['SkKlass3', [['organizationIdentifier', 'NP:EE-80001234']], 'CLAIMED NGO 80001234'],
  ['SkKlass3', [['organizationIdentifier', 'VATEE-1234']], 'CLAIMED NEE VATEE-1234'],
  ['SkKlass3', [['serialNumber', '10000001']], 'CLAIMED COM 10000001'],
  ['SkKlass3', [['serialNumber', '70000001']], 'CLAIMED GOV 70000001'],
  ['SkKlass3', [['serialNumber', '90000001']], 'CLAIMED NGO 90000001'],
  ['SkKlass3', [['serialNumber', '00000001']], 'invalid_certificate'],
  ['SkKlass3', [['serialNumber', '1234567']], 'invalid_certificate'],
  ['SkKlass3', [['CN', 'a']], 'invalid_certificate'],
  ['SkEsteId', [['serialNumber', '38001010000']], 'CLAIMED PERSON 38001010000'],
  ['SkEsteId', [['CN', 'a']], 'invalid_certificate'],
]

describe('the member in a certificate', () => {
  for (const [profile, subject, expected] of ROWS)
    test(`${profile}: ${subject.map((pair) => pair.join('=')).join(', ')} is ${expected}`, () => {
      expect(verdict(profileClass(profile), writeName(subject))).toBe(expected)
    })

  test('an unknown profile is an internal_error, also one with a familiar end', () => {
    for (const name of [
      '',
      'Ejbca',
      'com.example.EjbcaCertificateProfileInfoProvider',
      profileClass('Ejbca').replace('Ejbca', 'constructor'),
    ])
      expect(verdict(name, writeName([['CN', 'a']]))).toBe('internal_error')
  })

  test('what our own authority writes reads back', () => {
    const member = { instance: 'QRO', memberClass: 'GOB', memberCode: 'SEDESOQ' }
    expect(verdict(profileClass('Ejbca'), signingSubject('Ejbca', member, 'Secretaría'))).toBe('QRO GOB SEDESOQ')
    expect(verdict(profileClass('Basic'), signingSubject('Basic', member, 'Secretaría de Desarrollo'))).toBe('CLAIMED GOB SEDESOQ')
  })
})
