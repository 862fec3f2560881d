import { defineConfig } from 'vitest/config';

// One browser at a time: the tests measure a page in real time, and a Pi or a CI machine has few cores.
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000, interval: 100 } },
  },
});
