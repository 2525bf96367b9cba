/** One call of the Web API, from the request to the answer: token, rate, scopes, arguments, faults. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault, Faults } from './faults.ts';
import { addressOf, readBody, readForm, sendJson } from './http.ts';
import { REQUEST_BYTES } from './limits.ts';
import { type Answer, type Call, type Method, needScopes } from './methods/method.ts';
import { findMethod } from './methods/registry.ts';
import type { State } from './model.ts';
import type { Rates } from './rates.ts';
import { Refusal } from './refusal.ts';

/** A line of the record of calls, for tests to look at. */
export type CallRecord = {
  readonly at: number;
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** `ok`, Slack's error code, or what was done to the call on request. */
  readonly outcome: string;
};

type Asked = { readonly args: Record<string, unknown>; readonly token: string | undefined };

async function bodyArguments(request: IncomingMessage, method: Method): Promise<Record<string, unknown>> {
  const body = await readBody(request, REQUEST_BYTES);
  const type = request.headers['content-type'] ?? '';
  if (body.length === 0) return {};
  if (type.startsWith('application/json')) {
    // Where a method takes no JSON, Slack doesn't look at it.
    if (!method.json) return {};
    const value: unknown = JSON.parse(body.toString());
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Refusal('json_not_object');
    return { ...value };
  }
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(type)) throw new Refusal('invalid_post_type');
  return Object.fromEntries(await readForm(body, type));
}

async function readCall(request: IncomingMessage, method: Method): Promise<Asked> {
  const query = Object.fromEntries(addressOf(request).searchParams);
  let body: Record<string, unknown>;
  try {
    body = await bodyArguments(request, method);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('invalid_json');
    if (error instanceof TypeError) throw new Refusal('invalid_form_data');
    throw error;
  }
  const { token: given, ...args } = { ...query, ...body };
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const token = bearer ?? (typeof given === 'string' ? given : undefined);
  const used = ([name, value]: [string, unknown]) => value !== null && (name !== 'team_id' || method.teamId);
  return { args: Object.fromEntries(Object.entries(args).filter(used)), token };
}

/** Throws `not_authed`, `invalid_auth`, `token_revoked` or `not_allowed_token_type`. */
function authenticate(state: State, method: Method, token: string | undefined): void {
  if (token === undefined) throw new Refusal('not_authed');
  const kind = token === state.tokens.bot ? 'bot' : token === state.tokens.app ? 'app' : undefined;
  if (kind === undefined) throw new Refusal('invalid_auth');
  if (state.settings.revoked.has(kind)) throw new Refusal('token_revoked');
  if (method.token !== 'any' && method.token !== kind) throw new Refusal('not_allowed_token_type');
}

function refusalJson(refusal: Refusal) {
  const { messages, extra } = refusal.details;
  const metadata = messages === undefined ? {} : { response_metadata: { messages } };
  // Slack names the findings twice for blocks.
  const errors = messages !== undefined && refusal.code === 'invalid_blocks' ? { errors: messages } : {};
  return { ok: false, error: refusal.code, ...extra, ...errors, ...metadata };
}

/** Gives the bad answer that was asked for. */
export function misbehave(request: IncomingMessage, response: ServerResponse, fault: Fault): void {
  if (fault.answer === '429')
    sendJson(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(fault.retryAfter ?? 1) });
  if (fault.answer === '500') sendJson(response, 500, { ok: false, error: 'internal_error' });
  if (fault.answer === 'error') sendJson(response, 200, { ok: false, error: fault.error ?? 'internal_error' });
  if (fault.answer === 'drop') request.socket.destroy();
  // `hang`: the connection stays open, silent, until the server ends.
}

export type WebApi = {
  readonly handle: (request: IncomingMessage, response: ServerResponse, name: string) => Promise<void>;
  readonly calls: CallRecord[];
};

type Parts = { readonly state: State; readonly faults: Faults; readonly rates: Rates; readonly call: () => Call };

export function makeWebApi({ state, faults, rates, call }: Parts): WebApi {
  const calls: CallRecord[] = [];
  const perform = (method: Method, asked: Asked): Answer => {
    authenticate(state, method, asked.token);
    needScopes(state, method.token === 'bot' ? method.scopes : []);
    return method.handle(asked.args, call());
  };
  const handle = async (request: IncomingMessage, response: ServerResponse, name: string) => {
    let args: Record<string, unknown> = {};
    const note = (outcome: string) => void calls.push({ at: state.clock.now(), method: name, args, outcome });
    try {
      const method = findMethod(name);
      if (method === undefined) throw new Refusal('unknown_method', { extra: { req_method: name } });
      const asked = await readCall(request, method);
      args = asked.args;
      const fault = faults.take(name);
      if (fault !== undefined) {
        if (fault.committed) perform(method, asked);
        note(`${fault.answer}${fault.committed ? ', committed' : ''}`);
        return misbehave(request, response, fault);
      }
      const channel = typeof args['channel'] === 'string' ? args['channel'] : undefined;
      const wait = rates.wait(name, method.tier, channel);
      if (wait !== undefined) {
        note('429');
        return misbehave(request, response, { answer: '429', retryAfter: wait });
      }
      const answer = perform(method, asked);
      note('ok');
      const { scopes, appScopes } = state.settings;
      const granted = asked.token === state.tokens.app ? appScopes : scopes;
      sendJson(response, 200, { ok: true, ...answer }, { 'x-oauth-scopes': granted.join(',') });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      note(error.code);
      sendJson(response, 200, refusalJson(error));
    }
  };
  return { handle, calls };
}
