import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** An operation's id: 80 random bits as hex. It names run directories, so it is never reused; `BKP-7` is a label for people. */
export const operationId = z.string().regex(/^[0-9a-f]{20}$/);
/** One worker's hold on one operation, new at each claim. */
export const claimId = z.string().regex(/^[0-9a-f]{20}$/);
/** Who did something: a Slack user id, or `console` for a command line. */
export const personId = z.string().regex(/^(?:[UW][A-Z0-9]{2,30}|console)$/);
/** A cloud, by the name that the config gives it. */
export const cloudId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'a name for a cloud. Use a to z, 0 to 9 and -, at most 40 characters');
/** A host's name: the inventory's for a node, `deploy` for the deploy host. */
export const hostName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?$/,
    'the name of a host. Write it as the inventory does, with letters, digits and . _ -',
  );
/** A step within its plan; with an attempt's number it names a directory. */
export const stepId = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/);
/** A SHA-256. */
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** 80 random bits as hex, for an operation or a claim. */
export function newId(): string {
  return randomBytes(10).toString('hex');
}
