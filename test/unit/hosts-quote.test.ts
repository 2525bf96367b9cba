import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMMAND_BYTES, quote } from '../../src/hosts/quote.ts';

const nasty = fc.constantFrom(
  "'",
  '"',
  '\\',
  '$',
  '`',
  '\n',
  '\r',
  '!',
  '*',
  '?',
  ' ',
  '~',
  '-',
  '#',
  ';',
  '&',
  '|',
  '(',
);
const word = fc
  .string({ unit: fc.oneof(nasty, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), maxLength: 30 })
  .map((text) => text.replaceAll('\0', ''));

test('a real sh takes a quoted command apart into exactly its words', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const command = quote(['printf', '%s\\0', '-', ...words]);
      const out = execFileSync('/bin/sh', ['-c', command]).toString('utf8');
      expect(out.split('\0').slice(1, -1)).toEqual(words);
    }),
    { numRuns: 200 },
  );
});

test('refuses what no argv can hold', () => {
  expect(() => quote(['echo', 'a\0b'])).toThrow(RangeError);
  expect(() => quote(['echo', '\ud800'])).toThrow(RangeError);
  expect(() => quote([])).toThrow(RangeError);
  expect(() => quote([''])).toThrow(RangeError);
  expect(() => quote(['echo', 'x'.repeat(COMMAND_BYTES)])).toThrow(RangeError);
  expect(() => quote(['echo', "'".repeat(COMMAND_BYTES / 2)])).toThrow(RangeError);
});
