/** The page's reading of mrkdwn. It is plain JavaScript, for browsers; its shape is checked here. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';

const page = z.object({ parseMrkdwn: z.function({ input: [z.string()], output: z.array(z.unknown()) }) });
const { parseMrkdwn } = page.parse(await import(new URL('../../lab/slack/page/mrkdwn.js', import.meta.url).href));

const inline = (text: string) =>
  z.array(z.object({ lines: z.array(z.array(z.unknown())) })).parse(parseMrkdwn(text))[0]?.lines[0];
const text = (value: string) => ({ type: 'text', text: value });

test.each<[string, unknown[]]>([
  ['plain', [text('plain')]],
  [
    '*b* _i_ ~s~ `c*d*`',
    [
      { type: 'bold', children: [text('b')] },
      text(' '),
      { type: 'italic', children: [text('i')] },
      text(' '),
      { type: 'strike', children: [text('s')] },
      text(' '),
      { type: 'code', text: 'c*d*' },
    ],
  ],
  ['2*3*4 and snake_case_name', [text('2*3*4 and snake_case_name')]],
  ['a &lt;b&gt; &amp;amp;', [text('a <b> &amp;')]],
  [
    '<@U1> <#C1|ops> <!here>',
    [
      { type: 'user', id: 'U1', label: undefined },
      text(' '),
      { type: 'channel', id: 'C1', label: 'ops' },
      text(' '),
      { type: 'broadcast', range: 'here', label: undefined },
    ],
  ],
  ['<https://x.example/a?b&amp;c|here>', [{ type: 'link', url: 'https://x.example/a?b&c', label: 'here' }]],
  [
    'see https://x.example/a_b.',
    [text('see '), { type: 'link', url: 'https://x.example/a_b', label: undefined }, text('.')],
  ],
  [':no_entry: at 10:30:15', [{ type: 'emoji', code: 'no_entry' }, text(' at 10:30:15')]],
])('%s', (source, nodes) => {
  expect(inline(source)).toEqual(nodes);
});

test('code blocks, quotes and bullets stand apart', () => {
  expect(parseMrkdwn('a\n```\n*x*\n```\n> q\n• one\n• two')).toEqual([
    { type: 'lines', lines: [[text('a')]] },
    { type: 'pre', text: '*x*' },
    { type: 'quote', lines: [[text('q')]] },
    { type: 'bullets', lines: [[text('one')], [text('two')]] },
  ]);
});

test('text without any mark comes out as it went in', () => {
  const marks = /[*_~`<>&:•◦▪]|https?:/;
  fc.assert(
    fc.property(
      fc.string().filter((value) => value !== '' && !marks.test(value) && !value.includes('\n')),
      (value) => {
        expect(inline(value)).toEqual([text(value)]);
      },
    ),
  );
});
