import type { RichTextElement } from '@slack/types';
import type { Where } from './cards/answers.ts';
import { lines, say } from './cards/parts.ts';
import type { Message } from './limits.ts';
import { esc } from './text.ts';

/** What counts only once a second person agrees. */
export const notedCard = (label: string, where: Where) =>
  saidCard(`Noted for ${label}; an approver other than you must agree in its thread.`, where);

/** A short answer to the one who asked, with the way to the thread. */
export function saidCard(words: string, { channel, link }: Where): Message {
  const way: RichTextElement[] =
    link !== null
      ? [say(' · '), { type: 'link', url: link, text: 'to its thread' }]
      : channel === null
        ? []
        : [say(' · see '), { type: 'channel', channel_id: channel }];
  return { text: esc(words), blocks: [lines([say(words), ...way])] };
}
