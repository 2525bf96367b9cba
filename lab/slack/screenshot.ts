/**
 * Pictures of the page: `node lab/slack/screenshot.ts <address> <file.png> [--width 1280] [--height 800] [--dark]`.
 * The address may name who looks and what is open: `http://127.0.0.1:3300/?as=alice#/cloud-ops/1700000000.000100`.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Browser, openBrowser, type PageOptions } from './browser.ts';

/** Waits until messages are drawn, and writes a PNG. */
export async function shoot(browser: Browser, url: string, file: string, options: PageOptions): Promise<void> {
  const page = await browser.open(url, options);
  await page.until('document.querySelector("#sidebar header") !== null');
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))');
  await writeFile(file, await page.screenshot());
  await page.close();
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      width: { type: 'string', default: '1280' },
      height: { type: 'string', default: '800' },
      dark: { type: 'boolean', default: false },
    },
  });
  const [url, file] = positionals;
  if (url === undefined || file === undefined) throw new Error('an address and a file are needed');
  const browser = await openBrowser();
  const size = { width: Number(values.width), height: Number(values.height), dark: values.dark };
  await shoot(browser, url, file, size).finally(() => browser.close());
}
