import { readFile } from 'node:fs/promises';
import { startHttp } from './http.ts';
import { startVitals, type VitalsParts } from './metrics/vitals.ts';
import type { Service } from './run.ts';

const PACKAGE = new URL('../package.json', import.meta.url);

/** Health, readiness and metrics of a process, where `listen` says so: nothing listens that nobody asked for. */
export async function tellHowItDoes({
  listen,
  ...parts
}: Omit<VitalsParts, 'version'> & { readonly listen: string | undefined }): Promise<Service> {
  if (listen === undefined || listen === '') return { leave: async () => {} };
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8'));
  const vitals = await startVitals({ ...parts, version: String(version) });
  const server = await startHttp(listen, vitals, parts.log).catch((error: unknown) => {
    vitals.stop();
    throw error;
  });
  return {
    leave: async () => {
      vitals.stop();
      await server.close();
    },
  };
}
