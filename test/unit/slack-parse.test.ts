import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { archivePath } from '../../src/operation/events.ts';
import { refusalCard } from '../../src/slack/cards/answers.ts';
import { meantCloud } from '../../src/slack/clouds.ts';
import { faults } from '../../src/slack/limits.ts';
import { COMMAND_MAX, parseCommand, SUBCOMMANDS } from '../../src/slack/parse.ts';

const understood = (text: string) => {
  const parsed = parseCommand(text);
  return parsed.ok ? parsed.command : parsed.problem.code;
};

test('each subcommand is read with its words', () => {
  expect(understood('full')).toEqual({ sub: 'full', about: null });
  expect(understood('  Full   Prod ')).toEqual({ sub: 'full', about: 'prod' });
  expect(understood('incremental')).toEqual({ sub: 'incremental', about: null });
  expect(understood('Incremental prod')).toEqual({ sub: 'incremental', about: 'prod' });
  expect(understood('list prod-2')).toEqual({ sub: 'list', about: 'prod-2' });
  expect(understood('status')).toEqual({ sub: 'status', about: null });
  expect(understood('status prod')).toEqual({ sub: 'status', about: { of: 'cloud', value: 'prod' } });
  expect(understood('status bkp-7')).toEqual({ sub: 'status', about: { of: 'label', value: 'BKP-7' } });
  expect(understood('cancel BKP-7')).toEqual({ sub: 'cancel', about: 'BKP-7' });
  expect(understood('audit BKP-7')).toEqual({ sub: 'audit', about: 'BKP-7' });
  const gz = 'full-24-11-2026-1795000000/mysqlbackup-24-11-2026-1795000000.qp.xbc.xbs.gz';
  expect(understood('restore')).toEqual({ sub: 'restore', about: { archive: null, cloud: null } });
  expect(understood('restore prod')).toEqual({ sub: 'restore', about: { archive: null, cloud: 'prod' } });
  expect(understood(`restore ${gz}`)).toEqual({ sub: 'restore', about: { archive: gz, cloud: null } });
  expect(understood(`restore ${gz} prod`)).toEqual({ sub: 'restore', about: { archive: gz, cloud: 'prod' } });
  const why = { label: 'RST-7', reason: 'no longer needed' };
  expect(understood('discard rst-7 no longer  needed')).toEqual({ sub: 'discard', about: why });
  expect(understood('')).toEqual({ sub: 'help', about: null });
});

test('anything else is refused with its code', () => {
  expect(understood('x; rm -rf /')).toBe('COMMAND_UNKNOWN');
  expect(understood('full x; rm -rf /')).toBe('COMMAND_UNREADABLE');
  expect(understood('full $(reboot)')).toBe('COMMAND_UNREADABLE');
  expect(understood('full prod now')).toBe('COMMAND_UNREADABLE');
  expect(understood('full --force')).toBe('COMMAND_UNREADABLE');
  expect(understood('restore ../x.gz')).toBe('COMMAND_UNREADABLE');
  expect(understood('restore a/b/c.gz')).toBe('COMMAND_UNREADABLE');
  expect(understood('restore prod mysqlbackup.gz')).toBe('COMMAND_UNREADABLE');
  expect(understood('cancel')).toBe('COMMAND_UNREADABLE');
  expect(understood('cancel prod')).toBe('COMMAND_UNREADABLE');
  expect(understood('constructor')).toBe('COMMAND_UNKNOWN');
  expect(understood('__proto__')).toBe('COMMAND_UNKNOWN');
  // The Kelvin sign folds to an ASCII k; nothing but ASCII is folded here.
  expect(understood('full \u212Aolla')).toBe('COMMAND_UNREADABLE');
  expect(understood(`full ${'a'.repeat(COMMAND_MAX)}`)).toBe('COMMAND_TOO_LONG');
});

test('whatever is typed is understood strictly or refused in a card that fits and parses nothing', () => {
  const word = fc.oneof(
    fc.constantFrom(...Object.keys(SUBCOMMANDS), 'prod', 'BKP-1', ';', '|', '`id`', '<!here>', '../..', '\u202e'),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      const parsed = parseCommand(words.join(' '));
      if (parsed.ok) {
        const { about } = parsed.command;
        const named = z
          .union([z.string().nullable(), z.object({ label: z.string() }), z.object({ value: z.string() })])
          .or(z.object({ archive: archivePath.nullable(), cloud: z.string().nullable() }))
          .parse(about);
        const value =
          typeof named === 'string' || named === null
            ? named
            : 'label' in named
              ? named.label
              : 'value' in named
                ? named.value
                : named.cloud;
        if (value !== null) expect(value).toMatch(/^(?:[a-z0-9][a-z0-9-]{0,39}|[A-Z]{3}-\d{1,9})$/);
      } else {
        const card = refusalCard(parsed.problem);
        expect(faults(card)).toEqual([]);
        expect(card.text).not.toMatch(/[<>\u202e]/);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('the cloud is the one named, else the channel’s, else the only one; otherwise the refusal names the choice', () => {
  const clouds = { prod: { channel: 'C0PROD' }, lab: { channel: 'C0LAB' }, lab2: { channel: 'C0LAB' } };
  expect(meantCloud(clouds, 'lab', 'C0PROD', 'full')).toEqual({ ok: true, cloud: 'lab' });
  expect(meantCloud(clouds, null, 'C0PROD', 'full')).toEqual({ ok: true, cloud: 'prod' });
  expect(meantCloud({ prod: { channel: 'C0PROD' } }, null, 'C0ELSE', 'full')).toEqual({ ok: true, cloud: 'prod' });
  const shared = meantCloud(clouds, null, 'C0LAB', 'full [cloud]');
  expect(shared).toMatchObject({ ok: false, problem: { code: 'CLOUD_NEEDED', params: { clouds: 'lab, lab2' } } });
  const elsewhere = meantCloud(clouds, null, 'C0ELSE', 'full [cloud]');
  expect(elsewhere).toMatchObject({
    ok: false,
    problem: { code: 'CLOUD_NEEDED', params: { clouds: 'prod, lab, lab2' } },
  });
  for (const name of ['nope', 'constructor', '__proto__'])
    expect(meantCloud(clouds, name, 'C0LAB', 'full')).toMatchObject({ ok: false, problem: { code: 'CLOUD_UNKNOWN' } });
});
