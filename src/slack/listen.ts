import { setTimeout as sleep } from 'node:timers/promises';
import type { App, RespondArguments, ViewResponseAction } from '@slack/bolt';
import { newId } from '../operation/ids.ts';
import type { JournaledProblem } from '../operation/operation.ts';
import { readClick, runClick } from './actions.ts';
import { refusalCard } from './cards/answers.ts';
import { runCommand } from './commands.ts';
import type { FormFaults } from './filled.ts';
import { firstField, readSubmission, type Submission } from './forms.ts';
import type { Intake } from './intake.ts';
import type { Message } from './limits.ts';
import { type Office, problemOf } from './office.ts';
import { parseCommand } from './parse.ts';
import { cap } from './text.ts';
import { type Clients, type Log, troubleOf } from './web.ts';
import { sentencesOf } from './words.ts';

/** An acknowledgement slower than this is worth a line in the log; Slack gives up after 3 s. */
const ACK_SLOW_MS = 1_000;
/** How long an answer through a response URL may take, in ms. */
const RESPOND_MS = 10_000;
/** How long a form is looked at before it is closed, in ms: Slack gives up after 3 s. */
const FORM_MS = 2_000;
/** The most of a fault that stands under a field, in characters. */
const FAULT_MAX = 200;

const STOPPING: JournaledProblem = { code: 'BOT_STOPPING', params: {} };

type Listening = { readonly office: Office; readonly incoming: Intake; readonly clients: Clients; readonly log: Log };

/** Answers every command and click: acknowledged first, done once, and never without a word. */
export function listen(app: App, { office, incoming, clients, log }: Listening): void {
  app.error(async (error) => {
    log.error({ error: String(error) }, 'a listener failed');
  });

  // Every slash command of the app, so that none stays unanswered; there is one.
  app.command(/^\//, async ({ ack, command, respond }) => {
    const { user_id: by, channel_id: channel, trigger_id: trigger, text = '' } = command;
    if (incoming.closed) return ack(ephemeral(refused(STOPPING, by, log)));
    await timely(ack, 'command', log);
    await incoming.run(`command:${trigger}`, async () => {
      const parsed = parseCommand(text);
      const answer = parsed.ok
        ? await answerTo(() => runCommand(office, { by, channel, trigger, form: trigger }, parsed.command), by, log)
        : refused(parsed.problem, by, log);
      await tell(answer, { respond, clients, log, channel, by });
    });
  });

  // One listener for every form. What is wrong in its fields is said in it; all else after it has closed.
  app.view(/.*/, async ({ ack, body }) => {
    const submission = readSubmission(body);
    if (submission === null) return ack(unreadable(body));
    const { by, filled, form, key } = submission;
    const faults = incoming.closed ? underMain(submission, STOPPING) : await faultsOf(office, submission);
    if (Object.keys(faults).length > 0) return ack({ response_action: 'errors', errors: faults });
    await timely(ack, 'form', log);
    await incoming.run(key, async () => {
      const { channel } = filled.context;
      const asked = { by, channel, trigger: key, form: '' };
      await tellDirectly(await answerTo(() => form.act(office, asked, filled), by, log), { clients, log, channel, by });
    });
  });

  // One listener for every button: with several, each that fits would run.
  app.action(/.*/, async ({ ack, body, respond }) => {
    await timely(ack, 'click', log);
    const click = readClick(body);
    if (click === null) return;
    await incoming.run(click.key, async () => {
      const answer = incoming.closed
        ? refused(STOPPING, click.by, log)
        : await answerTo(() => runClick(office, click), click.by, log);
      await tell(answer, { respond, clients, log, channel: click.channel, by: click.by });
    });
  });
}

/** Acknowledges before anything else is done. */
async function timely(ack: () => Promise<void>, what: string, log: Log): Promise<void> {
  const before = performance.now();
  await ack();
  const ms = Math.round(performance.now() - before);
  if (ms > ACK_SLOW_MS) log.warn({ what, ms }, 'an acknowledgement was slow');
}

/** What is wrong in a form's fields, in words. When that can't be told in time, acting on it tells. */
async function faultsOf(office: Office, submission: Submission): Promise<Readonly<Record<string, string>>> {
  const timeout = new AbortController();
  const late = sleep(FORM_MS, {}, { signal: timeout.signal });
  late.catch(() => {});
  try {
    const found = await Promise.race([submission.form.faults(office, submission.filled), late]);
    return inWords(found);
  } catch (error) {
    const problem = problemOf(error);
    return problem === null ? {} : underMain(submission, problem);
  } finally {
    timeout.abort();
  }
}

/** A form that this version can't read stays open and says so: closed without a word it would look done. */
function unreadable(body: unknown): ViewResponseAction | undefined {
  const field = firstField(body);
  if (field === null) return undefined;
  return { response_action: 'errors', errors: { [field]: underField({ code: 'FORM_UNKNOWN', params: {} }) } };
}

function inWords(faults: FormFaults): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(faults).map(([block, problem]) => [block, underField(problem)]));
}

function underMain({ form }: Submission, problem: JournaledProblem): Readonly<Record<string, string>> {
  return { [form.main]: underField(problem) };
}

/** What is wrong and what to do about it: that nothing was done, an open form says by itself. */
function underField(problem: JournaledProblem): string {
  const { wrong, next } = sentencesOf(problem);
  return cap(`${wrong} ${next}`, FAULT_MAX);
}

/** The answer, whatever happens; null where a form is it. */
async function answerTo<T extends Message | null>(act: () => Promise<T>, by: string, log: Log): Promise<T | Message> {
  try {
    return await act();
  } catch (error) {
    const problem = problemOf(error);
    if (problem !== null) return refused(problem, by, log);
    const reference = newId().slice(0, 8);
    log.error({ reference, by, error: error instanceof Error ? error.stack : String(error) }, 'unexpected');
    return refusalCard({ code: 'UNEXPECTED', params: { reference } });
  }
}

/** A refusal, which the log keeps: most of them stand in no journal. */
function refused(problem: JournaledProblem, by: string, log: Log): Message {
  log.info({ code: problem.code, by }, 'refused');
  return refusalCard(problem);
}

function ephemeral({ text, blocks }: Message): RespondArguments {
  return { response_type: 'ephemeral', replace_original: false, text, blocks: [...blocks] };
}

type Hearer = {
  readonly respond: (message: RespondArguments) => Promise<unknown>;
  readonly clients: Clients;
  readonly log: Log;
  readonly channel: string;
  readonly by: string;
};

/** Tells the one who asked, and nobody else: through the response URL, or directly where that fails. */
async function tell(answer: Message | null, { respond, clients, log, channel, by }: Hearer): Promise<void> {
  if (answer === null) return;
  const timeout = new AbortController();
  try {
    const late = sleep(RESPOND_MS, undefined, { signal: timeout.signal }).then(() => {
      throw new Error(`no answer within ${RESPOND_MS / 1000} s`);
    });
    late.catch(() => {});
    await Promise.race([respond(ephemeral(answer)), late]);
  } catch (error) {
    log.warn({ error: String(error) }, 'an answer did not get through its response URL');
    await tellDirectly(answer, { clients, log, channel, by });
  } finally {
    timeout.abort();
  }
}

/** In the channel where it was asked for, or, where the bot isn't in that, in its conversation with the person. */
async function tellDirectly(
  { text, blocks }: Message,
  { clients: { interactive }, log, channel, by }: Omit<Hearer, 'respond'>,
): Promise<void> {
  try {
    await interactive.chat.postEphemeral({ channel, user: by, text, blocks: [...blocks] });
  } catch (error) {
    log.warn({ trouble: troubleOf(error) }, 'an answer did not get into its channel');
    await interactive.chat
      .postMessage({ channel: by, text, blocks: [...blocks], unfurl_links: false, unfurl_media: false })
      .catch((failure: unknown) => log.error({ trouble: troubleOf(failure) }, 'an answer did not get through'));
  }
}
