/** ZIP as containers and archive files need it: written the same everywhere, read with suspicion. */
export { ARCHIVE_LIMITS, CONTAINER_LIMITS, readZip, type ZipLimits } from './zip-read.ts'
export { writeZip, type ZipEntry } from './zip-write.ts'
