/** Every metric: what it says, and by what it is told apart. Dashboard and alert rules may name no other. */

export type Definition = {
  readonly type: 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
};

/** Seconds: questions take a moment, proofs minutes, unpacks hours. */
export const STEP_BUCKETS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800] as const;

export const METRICS = {
  // From the journals, told by the bot alone: they are the same after a restart.
  operations: {
    type: 'gauge',
    labels: ['cloud', 'kind', 'outcome'],
    help: 'Operations among the newest of a cloud, by kind and by how they ended; outcome "open" has not ended.',
  },
  last_ended_timestamp_seconds: {
    type: 'gauge',
    labels: ['cloud', 'kind', 'outcome'],
    help: 'When the newest operation of that kind and outcome ended.',
  },
  newest_backup_timestamp_seconds: {
    type: 'gauge',
    labels: ['cloud', 'kind'],
    help: 'When the newest good backup (its archive proved complete) ended; 0 where none is known.',
  },
  approvals_waiting: {
    type: 'gauge',
    labels: ['cloud'],
    help: 'Plans that stand in their thread and wait for people to approve them.',
  },
  needs_attention: {
    type: 'gauge',
    labels: ['cloud', 'acknowledged'],
    help: 'Open operations that need people, by whether somebody said that they look after it.',
  },
  destructive_open: {
    type: 'gauge',
    labels: ['cloud'],
    help: 'Open operations that have begun what cannot be undone: MariaDB may be down.',
  },
  unsound_journals: {
    type: 'gauge',
    labels: ['cloud', 'state'],
    help: 'Journals among the newest that are missing, broken, or unreadable for this version.',
  },
  step_duration_seconds: {
    type: 'histogram',
    labels: ['cloud', 'step', 'outcome'],
    help: 'How long steps took by the journal, of those that ended since this process began to look.',
  },
  journals_read_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the journals were last looked through for these numbers; 0 until the first time.',
  },
  slack_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Age of the oldest event that its thread does not show yet; 0 when every thread shows its journal.',
  },
  threads_behind: { type: 'gauge', labels: [], help: 'Operations whose thread is behind its journal.' },
  // From Redis, told by every process.
  open_operations: {
    type: 'gauge',
    labels: ['driven'],
    help: 'Operations that have not ended, by whether a worker holds their lease now.',
  },
  queue_jobs: { type: 'gauge', labels: ['queue', 'state'], help: 'Bells that wait or are being answered, by queue.' },
  redis_up: { type: 'gauge', labels: [], help: 'Whether Redis answered the last question.' },
  redis_durable: { type: 'gauge', labels: [], help: 'Whether Redis is set to keep every event.' },
  redis_roundtrip_seconds: { type: 'gauge', labels: [], help: 'How long the last PING took.' },
  // Of this process.
  ready: { type: 'gauge', labels: ['part'], help: 'Whether a part of this process can do its work.' },
  slack_connections: { type: 'gauge', labels: [], help: 'Open Socket Mode connections of this bot.' },
  leases_held: { type: 'gauge', labels: [], help: 'Operations that this worker drives now.' },
  build_info: { type: 'gauge', labels: ['version', 'node'], help: 'Always 1.' },
} as const satisfies Readonly<Record<string, Definition>>;
export type MetricName = keyof typeof METRICS;

export const PREFIX = 'kolla_backup_';
