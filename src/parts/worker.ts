import { connectClouds } from '../connect.ts';
import { startWorker } from '../engine/worker.ts';
import { keyringOf } from '../load-config.ts';
import type { Service } from '../run.ts';
import type { Inputs } from '../serve.ts';

export async function startWorkerPart({ environment, config, log }: Inputs): Promise<Service> {
  const clouds = connectClouds(config, environment.SSH_AUTH_SOCK);
  const ring = keyringOf(environment);
  const parts = { config, redisUrl: environment.REDIS_URL, ring, log: log.child({ part: 'worker' }) };
  const worker = await startWorker({ ...parts, hostsOf: clouds.hostsOf });
  return {
    shows: {
      part: 'worker',
      notReady: () => (worker.answers() ? null : 'the worker takes no operations from its queue'),
      leases: worker.driving,
    },
    leave: async () => {
      await worker.leave();
      await clouds.close();
    },
  };
}
