/** The page in a real Chromium with the real Bolt behind it; skipped on machines without one. */
import type { App } from '@slack/bolt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, findChromium, openBrowser, type Page } from '../../lab/slack/browser.ts';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { client, startApp } from '../support/slack-lab-app.ts';

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
const plain = (text: string) => ({ type: 'plain_text' as const, text });

const card = [
  { type: 'header' as const, text: plain(':warning: RST-7') },
  {
    type: 'section' as const,
    fields: ['a', 'b'].map((text) => ({ type: 'mrkdwn' as const, text: `*${text}*\n${'long'.repeat(60)}` })),
  },
  {
    type: 'rich_text' as const,
    elements: [
      {
        type: 'rich_text_preformatted' as const,
        elements: [{ type: 'text' as const, text: '<img src=x onerror=alert(1)> *no* '.repeat(9) }],
      },
    ],
  },
  {
    type: 'table' as const,
    rows: [Array.from({ length: 12 }, (_, n) => ({ type: 'raw_text' as const, text: `column ${n}` }))],
  },
  {
    type: 'actions' as const,
    elements: [
      {
        type: 'button' as const,
        action_id: 'approve',
        text: plain('Approve'),
        style: 'primary' as const,
        confirm: { title: plain('Sure?'), text: plain('MariaDB stops.'), confirm: plain('Yes'), deny: plain('No') },
      },
      {
        type: 'overflow' as const,
        action_id: 'more',
        options: [{ text: plain('Show the plan'), value: 'plan' }],
      },
    ],
  },
];

const modal = {
  type: 'modal' as const,
  callback_id: 'reason',
  title: plain('Decline'),
  submit: plain('Send'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'why',
      label: plain('Reason'),
      element: { type: 'plain_text_input' as const, action_id: 'text' },
    },
  ],
};

/** A form with a menu, a text and a checkbox, long enough to scroll on a phone. */
const form = {
  type: 'modal' as const,
  callback_id: 'form',
  title: plain('Restore databases'),
  submit: plain('Prepare'),
  blocks: [
    { type: 'section' as const, text: plain('What is asked for, in many words. '.repeat(20)) },
    {
      type: 'input' as const,
      block_id: 'archive',
      optional: true,
      label: plain('Archive'),
      element: {
        type: 'static_select' as const,
        action_id: 'archive',
        options: ['a', 'b'].map((value) => ({
          text: plain(`archive ${value} ${'long '.repeat(10)}`),
          value,
          description: plain('mysqlbackup.gz'),
        })),
      },
    },
    {
      type: 'input' as const,
      block_id: 'reason',
      label: plain('Reason'),
      hint: plain('Stands on the card.'),
      element: { type: 'plain_text_input' as const, action_id: 'reason', max_length: 300 },
    },
    {
      type: 'input' as const,
      block_id: 'older',
      optional: true,
      label: plain('Schemas'),
      element: {
        type: 'checkboxes' as const,
        action_id: 'older',
        options: [{ text: plain('Older ones are meant'), value: 'older' }],
      },
    },
  ],
};

describe.skipIf(findChromium() === undefined)('the page', () => {
  let browser: Browser;
  let slack: SlackLab;
  let app: App;
  let page: Page;
  const done: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    done.length = 0;
    slack = await startSlack();
    app = await startApp(slack, (bolt) => {
      bolt.command('/kolla-backup', async ({ ack, command, client: web }) => {
        if (command.text === 'silent') return;
        const view = command.text === 'modal' ? modal : command.text === 'form' ? form : null;
        await ack(view === null ? `you said ${command.text}` : '');
        if (view !== null) await web.views.open({ trigger_id: command.trigger_id, view });
      });
      bolt.action('approve', async ({ ack, body }) => {
        done.push(`approved by ${body.user.id}`);
        await ack();
      });
      bolt.action('more', async ({ ack, action }) => {
        done.push(action.type === 'overflow' ? action.selected_option.value : '');
        await ack();
      });
      bolt.view('reason', async ({ ack, view }) => {
        const reason = view.state.values['why']?.['text']?.value ?? '';
        await (reason === 'bad' ? ack({ response_action: 'errors', errors: { why: 'Say more' } }) : ack());
        done.push(reason);
      });
      bolt.view('form', async ({ ack, view }) => {
        const { archive, reason, older } = view.state.values;
        const chosen = archive?.['archive']?.selected_option?.value;
        if (chosen === undefined) return ack({ response_action: 'errors', errors: { archive: 'Choose one' } });
        await ack();
        const flags = older?.['older']?.selected_options?.map(({ value }) => value) ?? [];
        done.push(`${chosen} ${reason?.['reason']?.value} ${flags.join()}`);
      });
    });
  });
  afterEach(async () => {
    await page.close();
    await app.stop();
    await expect.poll(() => slack.connections()).toBe(0);
    await slack.stop();
  });

  const open = async (hash: string, size = WIDE, as = 'bob') => {
    page = await browser.open(`${slack.pageUrl}?as=${as}#/${hash}`, size);
    await page.until('document.querySelector("#channel .composer") !== null');
  };
  const text = (selector: string) =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`);
  const shows = (selector: string, words: string) =>
    page.until(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].some((node) => node.innerText.includes(${JSON.stringify(words)}))`,
    );
  const click = (selector: string) => page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  const compose = async (words: string, box = '#channel textarea') => {
    await page.evaluate(`document.querySelector(${JSON.stringify(box)}).focus()`);
    await page.type(words);
  };
  const postCard = async () => {
    const posted = await client(slack).chat.postMessage({
      channel: slack.channel('cloud-ops').id,
      text: 'card',
      blocks: card,
    });
    return posted.ts ?? '';
  };

  test('a command is completed with Tab, sent with Enter, and answered for one person only', async () => {
    await open('cloud-ops');
    await compose('/kol');
    await shows('.hints', '/kolla-backup');
    await page.press('Tab');
    await page.type('status');
    await page.press('Enter');
    await shows('.ephemeral', 'you said status');
    expect(await text('.ephemeral')).toContain('Only visible to you');
    await page.close();
    await open('cloud-ops', WIDE, 'alice');
    expect(await text('.messages')).not.toContain('you said');
  });

  test('a command that is not answered, and one in a thread, are told in words', async () => {
    slack.set({ ackMs: 100 });
    const ts = await postCard();
    await open(`cloud-ops/${ts}`);
    await compose('/kolla-backup silent');
    await page.press('Enter');
    await shows('#channel .ephemeral', 'failed with the error "operation_timeout"');
    await compose('/kolla-backup status', '#thread textarea');
    await page.press('Enter');
    await shows('#thread .ephemeral', 'not supported in threads');
  });

  test('a click asks first, and only Yes reaches the app', async () => {
    await postCard();
    await open('cloud-ops');
    await shows('h3', '⚠️ RST-7');
    await click('[data-action=approve]');
    await shows('#confirm', 'MariaDB stops.');
    await page.press('Escape');
    await click('[data-action=approve]');
    await click('#confirm button.solid');
    await expect.poll(() => done).toEqual([`approved by ${slack.user('bob').id}`]);
    await click('.overflow > button');
    await click('.menu button');
    await expect.poll(() => done.at(-1)).toBe('plan');
  });

  test('a click while the app is away is told in words', async () => {
    await postCard();
    await open('cloud-ops');
    await app.stop();
    await expect.poll(() => slack.connections()).toBe(0);
    await click('[data-action=approve]');
    await click('#confirm button.solid');
    await shows('.ephemeral', 'the app is not connected');
  });

  test.for([WIDE, NARROW])('a form with a menu and a checkbox is filled in by hand at %o', async (size) => {
    await open('cloud-ops', size);
    await compose('/kolla-backup form');
    await page.press('Enter');
    await shows('#modal', 'Restore databases');
    await page.evaluate('document.querySelector("#modal [name=reason]").focus()');
    await page.type('it is gone');
    await click('#modal input[type=checkbox]');
    await click('#modal [type=submit]');
    // What is wrong is seen, and what was typed and chosen stays.
    await shows('#modal .error', 'Choose one');
    const seen = `(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(
      [...document.querySelectorAll('#modal .error')].find((node) => !node.hidden).getBoundingClientRect())`;
    expect(await page.evaluate(seen)).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(`{
      const menu = document.querySelector('#modal select');
      menu.value = 'b';
      menu.dispatchEvent(new Event('change'));
    }`);
    await click('#modal [type=submit]');
    await page.until('!document.querySelector("#modal").open');
    expect(done).toEqual(['b it is gone older']);
  });

  test('a modal shows what is missing and what the app refuses, keeps what was typed, and closes', async () => {
    await open('cloud-ops');
    await compose('/kolla-backup modal');
    await page.press('Enter');
    await shows('#modal', 'Decline');
    await click('#modal [type=submit]');
    await shows('#modal .error', 'Please complete this required field.');
    await page.evaluate('document.querySelector("#modal input").focus()');
    await page.type('bad');
    await page.press('Enter');
    await shows('#modal .error', 'Say more');
    await page.type('ly wrong');
    await page.press('Enter');
    await page.until('!document.querySelector("#modal").open');
    expect(done).toEqual(['bad', 'badly wrong']);
  });

  test('what happens elsewhere appears by itself: a reply in the thread, its count, an edit', async () => {
    const ts = await postCard();
    await open(`cloud-ops/${ts}`);
    const web = client(slack);
    await web.chat.postMessage({
      channel: slack.channel('cloud-ops').id,
      thread_ts: ts,
      text: '*stopping now* :octagonal_sign:',
    });
    await shows('#thread .message', 'stopping now 🛑');
    await shows('#channel .replies', '1 reply');
    await web.chat.update({ channel: slack.channel('cloud-ops').id, ts, text: 'over' });
    await shows('#channel .message', '(edited)');
  });

  test('a block that the page does not know is a visible error', async () => {
    await open('cloud-ops');
    const drawn = 'import("/blocks.js").then(({ renderBlock }) => renderBlock({ type: "novelty" }, {}).outerHTML)';
    expect(await page.evaluate(drawn)).toContain('Unknown block: novelty');
  });

  test.each([
    ['the channel', ''],
    ['the thread', 'thread'],
  ])('at 390 pixels %s fills the screen and nothing lies beyond its edge', async (_, where) => {
    const ts = await postCard();
    await open(where === '' ? 'cloud-ops' : `cloud-ops/${ts}`, NARROW);
    const shown = where === '' ? '#channel' : '#thread';
    await shows(`${shown} h3`, 'RST-7');
    // Neither a box beyond the edge of the screen nor text beyond its box; a table scrolls in its own.
    const beyond = `[...document.querySelectorAll('${shown} *')]
      .filter((node) => !node.closest('.table') && !node.closest('.composer'))
      .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || node.scrollWidth > Math.max(node.clientWidth, node.offsetWidth) + 1)
      .map((node) => node.className + node.tagName)`;
    expect(await page.evaluate(beyond)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await page.evaluate(`document.querySelector('${shown}').getBoundingClientRect().width`)).toBe(390);
    await click(`${shown} .back`);
    const next = where === '' ? '#sidebar' : '#channel';
    expect(await page.evaluate(`document.querySelector('${next}').getBoundingClientRect().width`)).toBe(390);
  });
});
