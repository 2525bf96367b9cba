/** The page: read the workspace, draw it, and do both again whenever the stand-in says that something changed. */
import { drawModal } from './modal.js';
import { drawChannel, drawThread } from './panes.js';
import { drawSidebar } from './sidebar.js';
import { control, refresh, route, store } from './store.js';

const at = (id) => document.getElementById(id);

function draw() {
  drawSidebar(at('sidebar'));
  drawChannel(at('channel'));
  drawThread(at('thread'));
  drawModal();
  document.title = `${route().channel || store.channels[0]?.name || ''} · ${store.team.name}`;
}

function showPane() {
  at('app').dataset.pane = route().thread ? 'thread' : 'channel';
}

let reading = false;
let again = false;

/** One reading at a time; what changes meanwhile causes one more. */
async function update() {
  again = true;
  if (reading) return;
  reading = true;
  try {
    while (again) {
      again = false;
      await refresh();
      draw();
    }
    at('away').hidden = true;
  } catch (error) {
    at('away').hidden = false;
    console.error(error);
  }
  reading = false;
}

window.addEventListener('hashchange', () => {
  showPane();
  draw();
});
document.addEventListener('redraw', draw);
document.addEventListener('click', (event) => {
  // The open channel's own entry, tapped on a small screen, changes no address.
  if (event.target.closest('#sidebar a')) showPane();
});

showPane();
await update();
// A reload: messages that only this person saw are gone, where that was asked for.
if (store.me) await control('reload', { user: store.me });

let events;

/** A browser allows six connections to one address: tabs that nobody looks at let go of theirs. */
function follow() {
  events?.close();
  events = undefined;
  if (document.hidden) return;
  events = new EventSource('events');
  events.onmessage = update;
  events.onerror = () => {
    at('away').hidden = false;
  };
}

document.addEventListener('visibilitychange', follow);
follow();
