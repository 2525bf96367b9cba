/** Times as people read them. Timestamps are Slack's: seconds, a point, a counter. */
const date = (ts) => new Date(Number(ts) * 1000);

export const clock = (ts) => date(ts).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
export const full = (ts) => date(ts).toLocaleString([], { dateStyle: 'full', timeStyle: 'medium' });
export const dayKey = (ts) => date(ts).toDateString();

export function day(ts) {
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (dayKey(ts) === today.toDateString()) return 'Today';
  if (dayKey(ts) === yesterday.toDateString()) return 'Yesterday';
  return date(ts).toLocaleDateString([], { weekday: 'long', month: 'long', day: 'numeric' });
}
