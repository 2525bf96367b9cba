/** Where people type: Enter sends, Shift+Enter is a new line, a slash offers the commands. */
import { h } from './dom.js';
import { channelName, control, notice, store } from './store.js';

const redraw = () => document.dispatchEvent(new Event('redraw'));

async function runCommand(channel, thread, text) {
  const [command, ...rest] = text.split(' ');
  if (thread !== undefined) return notice(channel.id, `${command} is not supported in threads. Sorry!`, thread);
  const body = { user: store.me, channel: channel.id, command, text: rest.join(' ').trim(), patience: { waitMs: 0 } };
  const seen = await control('slash', body).catch((error) => ({ failure: error.message }));
  if (seen.failure !== null) notice(channel.id, seen.failure, thread);
}

async function send(channel, thread, text) {
  if (text.startsWith('/')) await runCommand(channel, thread, text);
  else
    await control('say', { user: store.me, channel: channel.id, text, ...(thread ? { threadTs: thread } : {}) }).catch(
      (error) => notice(channel.id, error.message, thread),
    );
  redraw();
}

/** Made once for each channel or thread, so that what was typed stays. */
export function composer(channel, thread) {
  const hints = h('ul', { class: 'hints', role: 'listbox', 'aria-label': 'Commands', hidden: true });
  const box = h('textarea', {
    rows: 1,
    'aria-label': thread ? 'Reply' : `Message ${channelName(channel)}`,
    placeholder: thread ? 'Reply…' : `Message ${channel.name ? `#${channel.name}` : channelName(channel)}`,
  });
  const complete = (command) => {
    box.value = `${command} `;
    suggest();
    box.focus();
  };
  const matching = () =>
    /^\/\S*$/.test(box.value) ? store.commands.filter((each) => each.command.startsWith(box.value)) : [];
  const suggest = () => {
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    const chosen = store.commands.find((each) => box.value.startsWith(`${each.command} `));
    const found = chosen ? [chosen] : matching();
    hints.hidden = found.length === 0;
    hints.replaceChildren(
      ...found.map((each) =>
        h(
          'li',
          { role: 'option' },
          h(
            'button',
            { type: 'button', tabindex: '-1', onclick: () => complete(each.command) },
            h('b', {}, each.command),
            ' ',
            h('code', {}, each.hint),
            h('small', {}, each.description),
          ),
        ),
      ),
    );
  };
  const submit = () => {
    const text = box.value.trim();
    if (text === '') return;
    box.value = '';
    suggest();
    send(channel, thread, text);
  };
  const onKey = (event) => {
    const [only] = matching();
    if (event.key === 'Tab' && only && !event.shiftKey) {
      event.preventDefault();
      complete(only.command);
    }
    if (event.key === 'Escape') hints.hidden = true;
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  box.addEventListener('input', suggest);
  box.addEventListener('keydown', onKey);
  const form = h(
    'form',
    { class: 'composer' },
    hints,
    h('div', { class: 'box' }, box, h('button', { class: 'send', 'aria-label': 'Send' }, '➤')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  return form;
}
