import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';

/** Tests with servers of their own wait more than they work, so a few files at a time share two cores. */
const servers = {
  testTimeout: 240_000,
  hookTimeout: 600_000,
  maxWorkers: 4,
  // A machine that others load too may once be too slow; whoever changes something runs without this.
  retry: process.env['CI'] ? 1 : 0,
} as const;

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      // Needs the lab of `npm run lab`, minutes to bring up: only when it is asked for.
      ...(process.env['KOLLA_BACKUP_CONTRACT'] === undefined
        ? []
        : [
            {
              test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 900_000, maxWorkers: 1 },
            },
          ]),
      // Builds the image and its base images, minutes on two cores: only when it is asked for.
      // A whole restore with containers that are killed and replaced in it takes longer than what others tell.
      { test: { ...servers, name: 'containers', include: ['test/story/containers.test.ts'], testTimeout: 600_000 } },
      // The same lab, and hours: each step of a restore and a node's power cut before, in and after it.
      ...(process.env['KOLLA_BACKUP_CUTS'] === undefined
        ? []
        : [{ test: { name: 'cuts', include: ['test/cuts/**/*.test.ts'], testTimeout: 3_600_000, maxWorkers: 1 } }]),
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 120_000, maxWorkers: 2 } },
      {
        test: {
          ...servers,
          name: 'servers',
          include: ['test/integration/**/*.test.ts', 'test/story/**/*.test.ts'],
          exclude: ['test/story/containers.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The same conversations, when Slack sends signed requests instead of keeping a socket: of restores the core,
        // for what a plan's thread tells is the same work whichever way a click came.
        test: {
          ...servers,
          name: 'http',
          include: ['slack-bot', 'slack-buttons', 'slack-restore'].map((name) => `test/integration/${name}.test.ts`),
          env: { KOLLA_BACKUP_TEST_SLACK: 'http' },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
