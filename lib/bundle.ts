import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { DOOR_NAMES, type DoorName } from './doors.ts'

/** The folder of each door that is written: index.mjs, and beside it what is only loaded when it is needed. */
export type Bundles = ReadonlyMap<DoorName, string>

/** Doors that have an index.ts, in the order of the table. */
export const writtenDoors = (root: string): readonly DoorName[] =>
  DOOR_NAMES.filter((door) => existsSync(join(root, 'functions', door, 'index.ts')))

/**
 * Minified ESM, with everything a door needs inside: the AWS SDK of the runtime is older and slower to load than ours.
 * @param root the project's folder
 * @param out  where the folders go
 */
export function bundleDoors(root: string, out: string): Bundles {
  return new Map(writtenDoors(root).map((door) => [door, bundle(root, door, join(out, door))]))
}

function bundle(root: string, door: DoorName, folder: string): string {
  rmSync(folder, { recursive: true, force: true }) // the names of what is loaded later change with what is in it
  mkdirSync(folder, { recursive: true })
  buildSync({
    entryPoints: { index: join(root, 'functions', door, 'index.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    absWorkingDir: root,
    bundle: true,
    minify: true,
    keepNames: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'error',
    // Packages that are still CommonJS ask for Node's own modules by require, which an ES module does not have.
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
  })
  return folder
}

/** All of it, what is loaded later too. */
export const bundleKilobytes = (folder: string): number =>
  Math.ceil(readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1024)
