import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';

/** Tests with servers of their own run one file at a time: the machine has two cores and they start real clusters. */
const serial = { testTimeout: 120_000, hookTimeout: 600_000, fileParallelism: false } as const;

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000, maxWorkers: 2 } },
      { test: { ...serial, name: 'integration', include: ['test/integration/**/*.test.ts'], sequence: { groupOrder: 1 } } },
      {
        test: {
          ...serial,
          name: 'story',
          include: ['test/story/**/*.test.ts'],
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
