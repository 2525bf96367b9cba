/** Dashboard, alert rules and document name metrics that there are, with labels that they have. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createBoard } from '../../src/metrics/board.ts';
import { type Definition, METRICS, PREFIX } from '../../src/metrics/definitions.ts';

const textOf = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const DEFINED: Readonly<Record<string, Definition>> = METRICS;
/** Labels that Prometheus itself gives. */
const GIVEN = ['instance', 'job', 'le'];

const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.looseObject({ alert: z.string(), expr: z.string() })) })),
});
const dashboard = z.looseObject({
  panels: z.array(
    z.looseObject({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.looseObject({ expr: z.string(), legendFormat: z.string() })),
    }),
  ),
});

async function expressions(): Promise<readonly string[]> {
  const alerts = rules.parse(parse(await textOf('deploy/prometheus/alerts.yml')));
  const { panels } = dashboard.parse(JSON.parse(await textOf('deploy/grafana/dashboard.json')));
  return [
    ...alerts.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
}

/** The definition of a metric that an expression names; a histogram has three. */
function definitionOf(name: string): Definition | undefined {
  const own = name.slice(PREFIX.length);
  const whole = own.replace(/_(?:bucket|count|sum)$/, '');
  return DEFINED[own] ?? (DEFINED[whole]?.type === 'histogram' ? DEFINED[whole] : undefined);
}

describe('what is asked for is told', () => {
  test('every metric that is named exists', async () => {
    const { body } = await createBoard().text();
    for (const expression of await expressions()) {
      const names = expression.match(/\b(?:kolla_backup|nodejs|process)_\w+/g) ?? [];
      expect(names.length).toBeGreaterThan(0);
      for (const name of names)
        expect({ name, known: definitionOf(name) !== undefined || body.includes(`# TYPE ${name} `) }).toEqual({
          name,
          known: true,
        });
    }
  });

  test('every label that is asked for is one of its metric', async () => {
    for (const expression of await expressions())
      for (const [, name = '', selectors = ''] of expression.matchAll(/(kolla_backup_\w+)\{([^}]*)\}/g))
        for (const [, label = ''] of selectors.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
          expect([...(definitionOf(name)?.labels ?? []), ...GIVEN]).toContain(label);
  });

  test('every metric of ours is on the dashboard or in a rule, and in the document', async () => {
    const all = (await expressions()).join('\n');
    const document = await textOf('docs/deploy.md');
    for (const [name, { labels, help }] of Object.entries(DEFINED)) {
      expect(all).toContain(PREFIX + name);
      expect(document).toContain(`| \`${PREFIX}${name}\` | ${labels.join(', ')} | ${help} |`);
    }
  });

  test('no panel covers another', async () => {
    const { panels } = dashboard.parse(JSON.parse(await textOf('deploy/grafana/dashboard.json')));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
