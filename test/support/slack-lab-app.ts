/** A Bolt app against the stand-in, wired as the real bot is: Socket Mode, fresh client options, no retries. */
import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { type Logger, WebClient } from '@slack/web-api';
import type { SlackLab } from '../../lab/slack/server.ts';

const options = (slack: SlackLab) => ({
  slackApiUrl: slack.apiUrl,
  retryConfig: { retries: 0 },
  timeout: 5_000,
  logLevel: LogLevel.ERROR,
});

const none = () => {};
/** Refusals are what these tests provoke; the client would log each. */
const silent: Logger = {
  debug: none,
  info: none,
  warn: none,
  error: none,
  setLevel: none,
  getLevel: () => LogLevel.ERROR,
  setName: none,
};

export function client(slack: SlackLab, token = slack.botToken): WebClient {
  return new WebClient(token, { ...options(slack), logger: silent, rejectRateLimitedCalls: true });
}

/** `wire` puts the listeners in. Resolves when a socket is connected. */
export async function startApp(slack: SlackLab, wire: (app: App) => void): Promise<App> {
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logLevel: LogLevel.ERROR,
    installerOptions: { clientOptions: options(slack) },
  });
  const app = new App({
    token: slack.botToken,
    receiver,
    clientOptions: options(slack),
    deferInitialization: true,
    convoStore: false,
    logLevel: LogLevel.ERROR,
  });
  wire(app);
  await app.init();
  await app.start();
  return app;
}
