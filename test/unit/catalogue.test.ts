import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { catalogue } from '../../src/operation/catalogue.ts';

const directory = new URL('../../src/operation/catalogue/', import.meta.url);

test('no code stands twice: of two entries one would never be read', async () => {
  const codes: string[] = [];
  for (const file of await readdir(directory)) {
    const parts: Record<string, unknown> = await import(new URL(file, directory).href);
    for (const part of Object.values(parts))
      if (typeof part === 'object' && part !== null) codes.push(...Object.keys(part));
  }
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  expect(codes.toSorted()).toEqual(Object.keys(catalogue).toSorted());
});
