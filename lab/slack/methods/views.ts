/** views.* */
import { z } from 'zod';
import { readJson } from '../messages.ts';
import { Refusal } from '../refusal.ts';
import { openView, pushView, updateView, viewJson } from '../views.ts';
import { arg, method } from './method.ts';

const byTrigger = z.strictObject({ trigger_id: arg.id, view: arg.json });

const open = method({
  tier: 't4',
  args: byTrigger,
  run: (args, { state }) => ({
    view: viewJson(state, openView(state, args.trigger_id, readJson(args.view, 'invalid_arguments'))),
  }),
});

const push = method({
  tier: 't4',
  args: byTrigger,
  run: (args, { state }) => ({
    view: viewJson(state, pushView(state, args.trigger_id, readJson(args.view, 'invalid_arguments'))),
  }),
});

const update = method({
  tier: 't4',
  args: z.strictObject({
    view: arg.json,
    view_id: arg.id.optional(),
    external_id: arg.id.optional(),
    hash: arg.id.optional(),
  }),
  run(args, { state }) {
    if (args.view_id === undefined && args.external_id === undefined)
      throw new Refusal('invalid_arguments', { messages: ['[ERROR] missing required field: view_id'] });
    const key = { viewId: args.view_id, externalId: args.external_id };
    const view = updateView(state, key, readJson(args.view, 'invalid_arguments'), args.hash);
    return { view: viewJson(state, view) };
  },
});

export const views = { 'views.open': open, 'views.push': push, 'views.update': update } as const;
