import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../fixtures/kolla/', import.meta.url);

/** A recorded output. */
export const recorded = (name: string): string => readFileSync(new URL(name, root), 'utf8');

/** The names of all recorded outputs of kolla-ansible and ansible-playbook. */
export function recordings(): string[] {
  const all = ['ansible', 'bash', 'cliff'].flatMap((dir) =>
    readdirSync(new URL(`${dir}/`, root)).map((name) => `${dir}/${name}`),
  );
  return all.filter((name) => !name.endsWith('.yml'));
}
