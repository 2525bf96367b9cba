import type { RichTextElement } from '@slack/types';
import type { KeptDatadir } from '../../operation/facts.ts';
import { clean, size } from '../text.ts';
import { code, onHost, say, strong } from './parts.ts';

/** Whether it is data that people lived from, not a copy of a backup. */
export const isOld = ({ what }: KeptDatadir) => what !== 'copy';

/** One directory that a restore keeps: where it lies, what it is, and how large, where that is known (bytes). */
export function keptLine(one: KeptDatadir, bytes: number | null, label?: string): readonly RichTextElement[] {
  return [
    say('• '),
    ...(label === undefined ? [] : [strong(clean(label, 20)), say(' · ')]),
    onHost(one.node),
    say(' '),
    code(clean(one.data, 160)),
    say(`${isOld(one) ? ' old data' : ' a copy, not live'}${bytes === null ? '' : ` ${size(bytes)}`}`),
  ];
}
