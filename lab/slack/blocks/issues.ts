/** Zod's findings in the words of Slack's `response_metadata.messages`. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const pointer = (path: readonly PropertyKey[]) => path.map((part) => `/${String(part)}`).join('');

function tooBig(issue: z.core.$ZodIssueTooBig): string {
  const max = Number(issue.maximum);
  if (issue.origin === 'string') return `must be less than ${max + 1} characters`;
  if (issue.origin === 'array') return `no more than ${max} items allowed`;
  return `must be less than ${max + 1}`;
}

function tooSmall(issue: z.core.$ZodIssueTooSmall): string {
  const min = Number(issue.minimum);
  if (issue.origin === 'string') return `must be more than ${min - 1} characters`;
  if (issue.origin === 'array') return `must contain at least ${min} items`;
  return `must be at least ${min}`;
}

function sentences(issue: Issue): string[] {
  switch (issue.code) {
    case 'too_big':
      return [tooBig(issue)];
    case 'too_small':
      return [tooSmall(issue)];
    case 'unrecognized_keys':
      return issue.keys.map((key) => `invalid additional property: ${key}`);
    case 'invalid_union':
      return [issue.discriminator === undefined ? 'failed to match all allowed schemas' : 'unsupported type'];
    case 'invalid_type':
      // What the stand-in doesn't imitate has words of its own.
      if (issue.expected === 'undefined') return [issue.message];
      return issue.message.endsWith('received undefined')
        ? [`missing required field: ${String(issue.path.at(-1))}`]
        : [`must be a valid ${issue.expected}`];
    default:
      return [issue.message];
  }
}

/** `[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]`, one line a finding. */
export function slackMessages(error: z.ZodError, root: string): string[] {
  return error.issues.flatMap((issue) =>
    sentences(issue).map((said) => `[ERROR] ${said} [json-pointer:${root}${pointer(issue.path)}]`),
  );
}
