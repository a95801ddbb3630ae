import { defineConfig } from 'vitest/config'

const report = process.env.SACBE_TEST_REPORT

// One process, threads, no isolation: tests share modules, so a test leaves nothing behind in them.
// Long campaigns (test/campaign) run by `npm run campaign`; the suite takes a seeded sample of each.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    isolate: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    watch: false,
    disableConsoleIntercept: true,
    allowOnly: false,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
