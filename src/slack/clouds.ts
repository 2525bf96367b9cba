import type { Problem } from '../operation/catalogue.ts';
import { SLASH_COMMAND } from './parse.ts';

/** What of the config says which cloud is meant. */
export type CloudChannels = Readonly<Record<string, { readonly channel: string }>>;
type Meant = { readonly ok: true; readonly cloud: string } | { readonly ok: false; readonly problem: Problem };

/**
 * The cloud that is meant: the one named, else the one for which the channel stands, else the only one there is.
 * Two clouds that share a channel are told apart only by name.
 */
export function meantCloud(clouds: CloudChannels, named: string | null, channel: string, usage: string): Meant {
  const names = Object.keys(clouds);
  const all = names.join(', ');
  if (named !== null)
    return Object.hasOwn(clouds, named)
      ? { ok: true, cloud: named }
      : { ok: false, problem: { code: 'CLOUD_UNKNOWN', params: { cloud: named, clouds: all } } };
  const here = names.filter((name) => clouds[name]?.channel === channel);
  const candidates = here.length > 0 ? here : names;
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return { ok: true, cloud: only };
  const choice = candidates.join(', ');
  return {
    ok: false,
    problem: { code: 'CLOUD_NEEDED', params: { usage: `${SLASH_COMMAND} ${usage}`, clouds: choice } },
  };
}
