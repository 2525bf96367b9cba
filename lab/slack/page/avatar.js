/** People's squares: a colour and initials; the app's has a sign. */
import { h } from './dom.js';
import { store } from './store.js';

export function avatar(id, size = '') {
  const user = store.users.get(id);
  const initials = (user?.realName ?? '?')
    .split(' ')
    .map((word) => word[0])
    .join('')
    .slice(0, 2);
  const style = `background:#${user?.colour ?? '616061'}`;
  return h('span', { class: `avatar ${size}`, style, 'aria-hidden': 'true' }, user?.role === 'app' ? '⛁' : initials);
}
