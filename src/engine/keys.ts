/** Every key that the project has in Redis (BullMQ's begin with `kb:queue`). */
export const keys = {
  journal: (id: string) => `kb:op:${id}:journal`,
  state: (id: string) => `kb:op:${id}:state`,
  thread: (id: string) => `kb:op:${id}:thread`,
  projector: (id: string) => `kb:op:${id}:projector`,
  progress: (id: string) => `kb:op:${id}:progress`,
  log: (id: string, run: string) => `kb:op:${id}:log:${run}`,
  owner: (cloud: string) => `kb:cloud:${cloud}:owner`,
  restore: (cloud: string) => `kb:cloud:${cloud}:restore`,
  recentOf: (cloud: string) => `kb:cloud:${cloud}:recent`,
  recent: 'kb:recent',
  open: 'kb:open',
  behind: 'kb:behind',
  labels: 'kb:labels',
  counter: (prefix: string) => `kb:counter:${prefix}`,
  once: (key: string) => `kb:once:${key}`,
  queues: 'kb:queue',
} as const;
