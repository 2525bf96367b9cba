import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programQuestion } from '../../src/runbooks/programs/program.ts';
import { readReport } from '../../src/runbooks/programs/reports.ts';
import { runCommand } from '../support/python.ts';

/** The program that makes an inventory without a node, with an `ansible-inventory` that prints what stands in a file or script. */

const LISTS = `#!/usr/bin/env python3
import json, os, subprocess, sys
source = sys.argv[sys.argv.index("-i") + 1]
text = subprocess.check_output([source]).decode() if os.access(source, os.X_OK) else open(source).read()
print(json.dumps(json.loads(text)))
`;
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kolla-backup-reduce-'));
  await writeFile(join(dir, 'ansible-inventory'), LISTS);
  await chmod(join(dir, 'ansible-inventory'), 0o755);
  await mkdir(join(dir, 'playbooks'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

type Hosts = Readonly<Record<string, Readonly<Record<string, string>>>>;
const HOSTS: Hosts = {
  'db-1': { ansible_host: '192.0.2.1' },
  'db-2': { ansible_host: '192.0.2.2' },
  'db-3': { ansible_host: '192.0.2.3', secret: 'hunter2' },
};
const CONTROL = ['db-1', 'db-2', 'db-3'];

/** What comes of the inventory of these hosts, of which those of `control` run MariaDB, without `db-3`. */
async function reduced(hostvars: Hosts, vars: Readonly<Record<string, string>> = {}, act: 'make' | 'remove' = 'make') {
  const inventory = {
    _meta: { hostvars },
    all: { children: ['control', 'mariadb', 'ungrouped'] },
    control: { hosts: CONTROL, vars },
    mariadb: { children: ['control'] },
    ungrouped: { hosts: Object.keys(hostvars).filter((name) => !CONTROL.includes(name)) },
  };
  await writeFile(join(dir, 'hosts.yml'), JSON.stringify(inventory));
  const request = {
    ...{ act, directory: join(dir, 'made'), program: [join(dir, 'ansible-inventory')], vault: [], group: 'mariadb' },
    ...{ sources: [join(dir, 'hosts.yml')], playbooks: [join(dir, 'playbooks')], gone: ['db-3'] },
  };
  return readReport('reduce', 'deploy', await runCommand(programQuestion('reduce', request, 30_000)));
}

test('is the deployment’s own without the node, for root alone, and may be removed', async () => {
  const made = await reduced(HOSTS);
  expect(made).toMatchObject({ report: { state: 'reduced', nodes: ['db-1', 'db-2'] } });
  const text = await readFile(join(dir, 'made/hosts.json'), 'utf8');
  expect(Object.keys(JSON.parse(text)._meta.hostvars)).toEqual(['db-1', 'db-2']);
  expect(text).not.toContain('hunter2');
  expect((await stat(join(dir, 'made/hosts.json'))).mode & 0o777).toBe(0o600);
  expect(await reduced(HOSTS, {}, 'remove')).toEqual({ report: { state: 'removed' } });
  await expect(stat(join(dir, 'made'))).rejects.toThrow('ENOENT');
});

describe('is refused', () => {
  const detail = async (...of: Parameters<typeof reduced>) => {
    const read = await reduced(...of);
    return 'problem' in read ? `${read.problem.code} ${read.problem.params['detail']}` : 'made';
  };
  test('where another name leads to the node that is gone: Kolla would wait for that', async () => {
    expect(await detail({ ...HOSTS, monitor: { ansible_host: '192.0.2.3' } })).toMatch(
      /^INVENTORY_NOT_REDUCED monitor is another name of db-3/,
    );
    expect(await detail({ ...HOSTS, '192.0.2.3': {} })).toMatch(/^INVENTORY_NOT_REDUCED 192.0.2.3 is another name/);
    const template = { ansible_host: '{{ api_address }}' };
    expect(await detail({ ...HOSTS, 'db-3': template, monitor: template })).toBe('made');
  });
  test('where something is found by the place of the inventory', async () => {
    const key = { ansible_ssh_private_key_file: '{{ inventory_dir }}/id_rsa' };
    expect(await detail(HOSTS, key)).toMatch(/^INVENTORY_NOT_REDUCED .*inventory_dir/);
    expect(await detail({ ...HOSTS, 'db-1': { ansible_host: '192.0.2.1', ...key } })).toMatch(/inventory_dir/);
  });
});
