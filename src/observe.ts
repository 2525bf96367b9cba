import { startHttp } from './http.ts';
import { startVitals, type VitalsParts } from './metrics/vitals.ts';
import type { Service } from './run.ts';
import { readVersion } from './version.ts';

/** Health, readiness and metrics of a process, where `listen` says so: nothing listens that nobody asked for. */
export async function tellHowItDoes({
  listen,
  ...parts
}: Omit<VitalsParts, 'version'> & { readonly listen: string | undefined }): Promise<Service> {
  if (listen === undefined || listen === '') return { leave: async () => {} };
  const vitals = await startVitals({ ...parts, version: readVersion() });
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
