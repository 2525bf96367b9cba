import { z } from 'zod';

/** How Slack reaches the bot, in the config file. */
export const slackSettings = z
  .strictObject({
    mode: z
      .enum(['socket', 'http'])
      .default('socket')
      .describe(
        'How it hears of them: `socket` opens connections to Slack (Socket Mode), `http` takes signed requests from Slack.',
      ),
    listen: z
      .string()
      .regex(
        /^(?:[^:[\]\s/]{1,255}|\[[0-9a-fA-F:]{2,45}\]):\d{1,5}$/,
        'an address and a port. Write it such as 127.0.0.1:3000',
      )
      .refine(
        (text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535,
        'an address and a port. Write a port of at most 65535',
      )
      .default('127.0.0.1:3000')
      .describe('With `http`, where the bot listens, as address:port; TLS ends before it, in a reverse proxy.'),
  })
  .prefault({})
  .describe('How commands and clicks in Slack reach the bot.');
