import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import { type Trouble, trouble } from './troubles.ts'
import { writeWhole } from './write-whole.ts'

/** What a world tells other commands about itself: <home>/world.json. Paths are absolute. */
export type WorldFile = {
  readonly scenario: string
  readonly instance: string
  readonly centre: string
  readonly archiveSeconds: number
  readonly nodes: readonly NodeEntry[]
  readonly clients: readonly ClientEntry[]
}
export type NodeEntry = {
  readonly name: string
  /** 'QRO/GOB/DIF/S1' */
  readonly server: string
  readonly edge: 'rest' | 'http'
  /** Where information systems call: 'https://localhost:4271'. */
  readonly consumer: string
  /** Where peers call: 'localhost:4272'. */
  readonly provider: string
  readonly folder: string
}
/** An information system: whom it speaks for, and the files it connects with. */
export type ClientEntry = {
  readonly id: string
  readonly node: string
  readonly certificate: string
  readonly key: string
  readonly authority: string
}

const fileOf = (home: string) => join(home, 'world.json')
export const writeWorldFile = (home: string, world: WorldFile): void => writeWhole(fileOf(home), `${JSON.stringify(world, null, 2)}\n`)

/** Refused with 'no_world' or 'home_damaged'. */
export function readWorldFile(home: string): Result<WorldFile, Trouble> {
  if (!existsSync(fileOf(home))) return trouble('no_world', { home })
  try {
    return ok(JSON.parse(readFileSync(fileOf(home), 'utf8')) as WorldFile)
  } catch {
    return trouble('home_damaged', { home, reason: 'world.json' })
  }
}

/** The node of that name. Refused with 'unknown_node', naming those there are. */
export function nodeNamed(world: WorldFile, name: string): Result<NodeEntry, Trouble> {
  const node = world.nodes.find((each) => each.name === name)
  return node ? ok(node) : trouble('unknown_node', { node: name, known: world.nodes.map((each) => each.name).join(', ') })
}

/** The information system that speaks for a subsystem. Refused with 'unknown_client', naming those there are. */
export function clientNamed(world: WorldFile, id: string): Result<ClientEntry, Trouble> {
  const client = world.clients.find((each) => each.id === id)
  return client ? ok(client) : trouble('unknown_client', { client: id, known: world.clients.map((each) => each.id).join(', ') })
}
