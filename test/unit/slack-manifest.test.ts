import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SCOPES } from '../../src/slack/identity.ts';
import { SLASH_COMMAND, SUBCOMMANDS } from '../../src/slack/parse.ts';
import { REQUEST_PATH } from '../../src/slack/requests.ts';

const file = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest: unknown = parse(await file('manifest.yml'));
/** Slack's own JSON schema of manifests (`manifest.schema.2.0.0.json` of github.com/slackapi/manifest-schema), where one has it. */
const schemaPath = process.env['SLACK_MANIFEST_SCHEMA'];

test.skipIf(schemaPath === undefined)('the manifest fits Slack’s schema, which refuses a wrong one', async () => {
  const schema = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(schemaPath ?? '', 'utf8')));
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  for (const one of [manifest, parse(await file('manifest.http.yml'))])
    expect(validate(one), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...(manifest as object), display_information: { name: 'x'.repeat(36) } })).toBe(false);
});

/** The limits of that schema which our manifest could pass, for where it isn't at hand. */
test('the manifest keeps within the lengths that Slack allows', () => {
  z.strictObject({
    _metadata: z.strictObject({ major_version: z.literal(2), minor_version: z.int() }),
    display_information: z.strictObject({
      name: z.string().max(35),
      description: z.string().max(140),
      background_color: z.string().regex(/^#[0-9a-f]{6}$/),
    }),
    features: z.strictObject({
      bot_user: z.strictObject({ display_name: z.string().max(80), always_online: z.boolean() }),
      slash_commands: z.array(
        z.strictObject({
          command: z
            .string()
            .regex(/^\/[a-z0-9_-]+$/)
            .max(32),
          description: z.string().max(2000),
          usage_hint: z.string().max(1000),
          should_escape: z.boolean(),
        }),
      ),
    }),
    oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string().max(50)).max(255) }) }),
    settings: z.record(z.string(), z.unknown()),
  }).parse(manifest);
});

test('the manifest asks for the scopes that the bot uses and no others, and has its one command, without addresses', () => {
  const read = z
    .object({
      features: z.object({ slash_commands: z.array(z.object({ command: z.string(), usage_hint: z.string() })) }),
      oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
      settings: z.object({
        socket_mode_enabled: z.literal(true),
        interactivity: z.strictObject({ is_enabled: z.literal(true) }),
      }),
    })
    .parse(manifest);
  expect(new Set(read.oauth_config.scopes.bot)).toEqual(new Set(SCOPES));
  expect(read.features.slash_commands.map(({ command }) => command)).toEqual([SLASH_COMMAND]);
  for (const sub of Object.keys(SUBCOMMANDS)) expect(read.features.slash_commands[0]?.usage_hint).toContain(sub);
});

test('the manifest for signed requests is the same one, with the bot’s address for commands and clicks', async () => {
  const address = `https://kolla-backup.example.com${REQUEST_PATH}`;
  const socket = z
    .object({
      features: z.looseObject({ slash_commands: z.array(z.looseObject({})) }),
      settings: z.looseObject({ interactivity: z.looseObject({}) }),
    })
    .loose()
    .parse(manifest);
  expect(parse(await file('manifest.http.yml'))).toEqual({
    ...socket,
    features: {
      ...socket.features,
      slash_commands: socket.features.slash_commands.map((one) => ({ ...one, url: address })),
    },
    settings: {
      ...socket.settings,
      interactivity: { ...socket.settings.interactivity, request_url: address },
      socket_mode_enabled: false,
    },
  });
});
