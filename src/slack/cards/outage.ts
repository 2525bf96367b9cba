/**
 * How long MariaDB will be away, as a guess from what was measured elsewhere: stop, swap, recovery, and the state
 * transfers to the other nodes, whose speed is the cloud's own.
 */
const STOP_MS = 20_000;
const SWAP_MS = 1_000;
const RECOVERY_MS = { least: 60_000, most: 120_000 } as const;
/** What a slow network or disk still manages; a fast one is done within the recovery. */
const TRANSFER_BYTES_A_SECOND = 50 * 1024 ** 2;

/** The range in ms; `bytes` of the copy: null, and no transfer is counted. */
export function expectedOutage(bytes: number | null, nodes: number): { readonly from: number; readonly to: number } {
  const transfers = (((bytes ?? 0) * Math.max(0, nodes - 1)) / TRANSFER_BYTES_A_SECOND) * 1000;
  return {
    from: STOP_MS + SWAP_MS + RECOVERY_MS.least,
    to: STOP_MS + SWAP_MS + RECOVERY_MS.most + transfers,
  };
}
