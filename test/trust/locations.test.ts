import { describe, expect, test } from 'vitest'
import { anchorLocations, publishedLocations } from '../../src/trust/locations.ts'
import { der, exampleDraft, published } from './example.ts'

const certificates = [der('de arranque')]
const anchor = (...urls: string[]) => ({ instance: 'LAB', sources: urls.map((url) => ({ url, certificates })) })

describe('where a configuration may be fetched', () => {
  test('by the anchor: its http addresses, each first as https', () =>
    expect(anchorLocations(anchor('https://uno.example/conf', 'http://dos.example/conf'))).toEqual([
      { url: 'https://dos.example/conf', certificates },
      { url: 'http://dos.example/conf', certificates },
    ]))
  test('by what was published: the path of the first http address, the keys of that path, not those of the anchor', () => {
    const parameters = published(exampleDraft())
    const keys = (path: string) => publishedLocations(parameters, anchor('https://x/other', `http://x/${path}`))[0]
    expect(keys('internalconf')).toEqual({ url: 'https://centro.example/internalconf', certificates: [der('interna')] })
    expect(keys('externalconf')?.certificates).toEqual([der('externa'), der('interna')])
    expect(keys('proxy/conf')?.certificates).toEqual([der('interna'), der('externa'), der('interna')])
  })
  test('nowhere, when the anchor has no http address with a path', () => {
    expect(anchorLocations(anchor('https://x/conf'))).toEqual([])
    expect(publishedLocations(published(exampleDraft()), anchor('https://x/conf', 'http://x'))).toEqual([])
  })
})
