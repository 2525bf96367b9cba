/**
 * Runs the stand-in alone: `node lab/slack/main.ts [--port 3300] [--request-url URL]`. The Web API listens on the next
 * port. With a request URL, commands and clicks are posted there, signed; else they go through Socket Mode.
 */
import { parseArgs } from 'node:util';
import { startSlack } from './server.ts';

const DEFAULT_PORT = '3300';

const { values } = parseArgs({
  options: { port: { type: 'string', default: DEFAULT_PORT }, 'request-url': { type: 'string' } },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 1 || port > 65_534) throw new Error(`--port ${values.port} is no port`);

const slack = await startSlack({ pagePort: port, port: port + 1 });
const requestUrl = values['request-url'];
if (requestUrl !== undefined) slack.setRequestUrls([requestUrl]);
const lines = [
  `Open ${slack.pageUrl} in a browser.`,
  'For the bot and the workers:',
  `  export SLACK_API_URL=${slack.apiUrl}`,
  `  export SLACK_BOT_TOKEN=${slack.botToken}`,
  requestUrl === undefined
    ? `  export SLACK_APP_TOKEN=${slack.appToken}`
    : `  export SLACK_SIGNING_SECRET=${slack.signingSecret}`,
];
process.stdout.write(`${lines.join('\n')}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void slack.stop());
