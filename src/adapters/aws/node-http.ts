/**
 * Node's own HTTP, without what an import of it brings along: naming all that the module has makes Node load its WebSocket and fetch as well, two
 * thirds of the time in which a door in the cloud starts (bench/doors.ts).
 */
export const { Agent, request }: typeof import('node:http') = process.getBuiltinModule('node:http')
