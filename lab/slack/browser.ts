/** A headless Chromium, worked through its own DevTools protocol: to look at the page, and to test it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { scratchFolder } from '../scratch.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;
const ANSWER_LIMIT_MS = 20_000;

/** The path of a Chromium on this machine, if there is one. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

export type PageOptions = { readonly width: number; readonly height: number; readonly dark?: boolean };

export type Page = {
  /** Runs an expression in the page (promises are awaited) and gives its JSON value. Rejects when it throws. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** Evaluates until the value is truthy; rejects after `ms`. */
  readonly until: (expression: string, ms?: number) => Promise<void>;
  /** Types into what has the focus. `press` names a key, such as `Enter` or `Tab`. */
  readonly type: (text: string) => Promise<void>;
  readonly press: (key: 'Enter' | 'Tab' | 'Escape') => Promise<void>;
  /** PNG. */
  readonly screenshot: () => Promise<Buffer>;
  readonly close: () => Promise<void>;
};

export type Browser = {
  readonly open: (url: string, options: PageOptions) => Promise<Page>;
  readonly close: () => Promise<void>;
};

const reply = z.object({
  id: z.number().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
});
const evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z.object({ exception: z.object({ description: z.string().optional() }).optional() }).optional(),
});

type Send = (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>>;

function speak(socket: WebSocket): Send {
  const waiting = new Map<number, (answer: z.infer<typeof reply>) => void>();
  let last = 0;
  socket.on('message', (data) => {
    const answer = reply.parse(JSON.parse(String(data)));
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  return (method, params = {}, sessionId) => {
    last += 1;
    const id = last;
    socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the browser did not answer ${method}`)), ANSWER_LIMIT_MS);
      waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  };
}

const KEYS = {
  Enter: { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  Tab: { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
  Escape: { key: 'Escape', code: 'Escape', windowsVirtualKeyCode: 27 },
} as const;

async function openPage(send: Send, url: string, { width, height, dark = false }: PageOptions): Promise<Page> {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const attached = await send('Target.attachToTarget', { targetId, flatten: true });
  const session = z.string().parse(attached['sessionId']);
  const ask = (method: string, params: object = {}) => send(method, params, session);
  const mobile = width < 700;
  await ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
  const scheme = { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' };
  await ask('Emulation.setEmulatedMedia', { features: [scheme] });
  const evaluate = async (expression: string): Promise<unknown> => {
    const raw = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = evaluated.parse(raw);
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'it threw');
    return result.value;
  };
  const until = async (expression: string, ms = 5_000) => {
    for (const end = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 30))) {
      if (await evaluate(expression).catch(() => false)) return;
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${expression}`);
    }
  };
  await ask('Page.navigate', { url });
  await until('document.readyState === "complete"', ANSWER_LIMIT_MS);
  return {
    evaluate,
    until,
    type: async (text) => void (await ask('Input.insertText', { text })),
    async press(key) {
      await ask('Input.dispatchKeyEvent', { type: 'keyDown', ...KEYS[key] });
      await ask('Input.dispatchKeyEvent', { type: 'keyUp', ...KEYS[key] });
    },
    async screenshot() {
      const { data } = await ask('Page.captureScreenshot', { format: 'png' });
      return Buffer.from(z.string().parse(data), 'base64');
    },
    close: async () => void (await send('Target.closeTarget', { targetId })),
  };
}

/** Starts Chromium. Rejects where there is none or it doesn't come up. */
export async function openBrowser(program = findChromium()): Promise<Browser> {
  if (program === undefined) throw new Error('no Chromium was found on this machine');
  const folder = await scratchFolder('browser');
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'];
  const own = ['--remote-debugging-port=0', `--user-data-dir=${folder}`, '--no-proxy-server', 'about:blank'];
  // It ends with this process, however that ends.
  const argv = ['--pdeathsig', 'KILL', program, ...flags, ...own];
  const child = spawn('setpriv', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stderr });
  const address = await Promise.race([
    (async () => {
      for await (const line of lines) {
        const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (found !== undefined) return found;
      }
      return undefined;
    })(),
    exited.then(() => undefined),
  ]);
  if (address === undefined) throw new Error(`${program} did not come up`);
  // Nobody reads on, and a full pipe would stop it.
  child.stderr.resume();
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const send = speak(socket);
  return {
    open: (url, options) => openPage(send, url, options),
    async close() {
      await send('Browser.close').catch(() => child.kill('SIGKILL'));
      socket.terminate();
      await exited;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
