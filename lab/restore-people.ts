/** What people do with a restore in Slack, and what they see of it. */
import type { MessageJson } from './slack/control-type.ts';
import type { Seen } from './slack/seen.ts';
import type { SlackLab } from './slack/server.ts';
import type { Submitted } from './slack/submission.ts';
import { CHANNEL } from './stack.ts';
import { words } from './story.ts';

/** How long one part may take until people would worry, and how long an answer may take on a busy machine (ms). */
const PATIENCE_MS = 600_000;
const ANSWER_MS = 20_000;

export type RestorePeople = {
  /** Asks by the form, with the first archive that it offers; what the person reads in answer. */
  ask(who: string, reason: string): Promise<string>;
  /** What somebody alone is told while something is done. */
  heard(who: string, act: () => Promise<unknown>): Promise<string>;
  /** The thread of the restore with this label, also of one that is yet to come. */
  thread(label: string): RestoreThread;
};

export type RestoreThread = {
  root(): MessageJson | null;
  /** Everything in the thread, as one text. */
  said(): string;
  /** Resolves when the thread says this; rejects when people would worry. */
  seen(pattern: RegExp): Promise<void>;
  /** Resolves when a message in the thread has this button. */
  offers(action: string): Promise<void>;
  click(who: string, action: string): Promise<Seen>;
  /** Clicks Approve and types the cloud's name into the form; null where no form was opened. */
  approve(who: string, name: string): Promise<Submitted | null>;
};

export function restorePeople(slack: SlackLab): RestorePeople {
  async function heard(who: string, act: () => Promise<unknown>): Promise<string> {
    const until = slack.ephemerals(who).length;
    await act();
    await slack.until(() => slack.ephemerals(who).length > until, ANSWER_MS);
    const since = slack.ephemerals(who).slice(until);
    return since.map((one) => words(one.text, one.blocks ?? [])).join('\n');
  }

  async function ask(who: string, reason: string): Promise<string> {
    const opened = await slack.slash(who, CHANNEL, '/kolla-backup', 'restore', { waitMs: ANSWER_MS });
    if (opened.view === null) throw new Error(`no form was opened: ${JSON.stringify(opened.said)}`);
    const archive = /"value":"([^"]+)"/.exec(JSON.stringify(opened.view.blocks))?.[1] ?? '';
    return heard(who, async () => {
      const { outcome, errors } = await slack.submit(who, { archive, reason, older: ['older'] });
      if (outcome !== 'closed') throw new Error(`${outcome} ${JSON.stringify(errors)}`);
    });
  }

  function thread(label: string): RestoreThread {
    const root = () => slack.messages(CHANNEL).find(({ text }) => text.includes(`${label} `)) ?? null;
    const messages = () => {
      const found = root();
      return found === null ? [] : slack.thread(CHANNEL, found.ts);
    };
    const said = () =>
      messages()
        .map(({ text, blocks }) => words(text, blocks ?? []))
        .join('\n');
    /** The last message with a button. */
    const withButton = (action: string) =>
      messages().findLast(({ blocks }) => JSON.stringify(blocks ?? []).includes(`"action_id":"${action}"`));
    const click = (who: string, action: string) => {
      const found = withButton(action);
      if (found === undefined) throw new Error(`no button ${action} in the thread:\n${said()}`);
      const at = { channel: slack.channel(CHANNEL).id, ts: found.ts };
      return slack.click(who, at, action, undefined, { waitMs: ANSWER_MS });
    };
    return {
      root,
      said,
      click,
      seen: async (pattern) => {
        if (!(await slack.until(() => pattern.test(said()), PATIENCE_MS)))
          throw new Error(`never seen: ${pattern}\n${said()}`);
      },
      offers: async (action) => {
        if (!(await slack.until(() => withButton(action) !== undefined, PATIENCE_MS)))
          throw new Error(`no button ${action} in the thread:\n${said()}`);
      },
      approve: async (who, name) => {
        const until = slack.ephemerals(who).length;
        await click(who, 'approve');
        // What is told in threads meanwhile is no answer.
        await slack.until(() => slack.view(who) !== null || slack.ephemerals(who).length > until, ANSWER_MS);
        return slack.view(who) === null ? null : slack.submit(who, { name });
      },
    };
  }

  return { ask, heard, thread };
}
