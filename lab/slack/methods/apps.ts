/** apps.*: the only method that takes the app-level token. */
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { method } from './method.ts';

const open = method({
  tier: 't3',
  token: 'app',
  args: z.strictObject({}),
  run(_, { state, socketUrl }) {
    const { appScopes } = state.settings;
    if (!appScopes.includes('connections:write'))
      throw new Refusal('missing_scope', { extra: { needed: 'connections:write', provided: appScopes.join(',') } });
    return { url: socketUrl() };
  },
});

export const apps = { 'apps.connections.open': open } as const;
