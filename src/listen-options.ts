import { KollaBackupError } from './operation/catalogue.ts';

/** Where a process listens: a TCP address, or a Unix socket where `path` is given. */
export type Listen = { readonly host: string; readonly port: number } | { readonly path: string };

/** `127.0.0.1:9464`, `[::1]:9464` or the absolute path of a Unix socket. Throws LISTEN_INVALID. */
export function listenOptions(value: string): Listen {
  if (value.startsWith('/')) return { path: value };
  const [, name, v6, port] = /^(?:([^:[\]]+)|\[([0-9a-fA-F:]+)\]):(\d{1,5})$/.exec(value) ?? [];
  const host = name ?? v6;
  if (host === undefined || Number(port) > 65_535) throw new KollaBackupError('LISTEN_INVALID', { value });
  return { host, port: Number(port) };
}
