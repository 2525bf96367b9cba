/** The alert rules, held against their own examples by Prometheus's own tool. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { promtool } from '../support/promtool.ts';

const cwd = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url));
let tool: string;
beforeAll(async () => {
  tool = await promtool();
});

test.each([
  ['check', 'config', 'prometheus.yml'],
  ['test', 'rules', 'alerts.test.yml'],
])('promtool %s %s %s', async (...argv) => {
  expect(await execa(tool, argv, { cwd, reject: false, all: true })).toMatchObject({ exitCode: 0 });
});
