import type { AnsibleRun } from './ansible-run.ts';
import { shorten } from './quoted.ts';

/** How many lines of a recap are kept: as many as a large cloud has nodes. */
const RECAP_LINES = 100;
const RECAP_CHARS = 300;

/** The recap of a run as Ansible prints it, a line a host. */
export function recapLines({ recap }: AnsibleRun): string[] {
  return [...(recap ?? [])].slice(0, RECAP_LINES).map(([host, counts]) => {
    const told = Object.entries(counts).map(([name, times]) => `${name}=${times}`);
    return shorten(`${host}: ${told.join(' ')}`, RECAP_CHARS);
  });
}
