import type { MetricName } from './definitions.ts';
import { KINDS, type Summary } from './summary.ts';

/** One value of a metric with its labels. */
export type Sample = {
  readonly metric: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** What was found of one cloud: its newest operations, and how many journals can't be followed. */
export type CloudSeen = {
  readonly summaries: readonly Summary[];
  readonly unsound: Readonly<Record<'missing' | 'broken' | 'unreadable', number>>;
};

/** A cloud's numbers. Those that people are called by are told as 0, too: what isn't told can't be asked for. */
export function totalsOf(cloud: string, { summaries, unsound }: CloudSeen): Sample[] {
  const count = (wanted: (one: Summary) => boolean) => summaries.filter(wanted).length;
  const waiting = (acknowledged: boolean) => count((one) => one.needsPeople && one.acknowledged === acknowledged);
  const newest = (kind: Summary['kind']) =>
    Math.max(0, ...summaries.map((one) => (one.kind === kind ? (one.provenAt ?? 0) : 0)));
  return [
    ...byOutcome(cloud, summaries),
    ...(['full', 'incremental'] as const).map((kind) =>
      sample('newest_backup_timestamp_seconds', { cloud, kind }, newest(kind) / 1000),
    ),
    sample(
      'approvals_waiting',
      { cloud },
      count((one) => one.waitsForApproval),
    ),
    sample('needs_attention', { cloud, acknowledged: 'no' }, waiting(false)),
    sample('needs_attention', { cloud, acknowledged: 'yes' }, waiting(true)),
    sample(
      'destructive_open',
      { cloud },
      count((one) => one.destructive),
    ),
    ...Object.entries(unsound).map(([state, value]) => sample('unsound_journals', { cloud, state }, value)),
  ];
}

function byOutcome(cloud: string, summaries: readonly Summary[]): Sample[] {
  return KINDS.flatMap((kind) => {
    const ofKind = summaries.filter((one) => one.kind === kind);
    const outcomes = new Set(['open', 'succeeded', 'failed', ...ofKind.map(({ outcome }) => outcome)]);
    return [...outcomes].flatMap((outcome) => {
      const these = ofKind.filter((one) => one.outcome === outcome);
      const labels = { cloud, kind, outcome };
      const last = Math.max(0, ...these.map(({ endedAt }) => endedAt ?? 0));
      return [
        sample('operations', labels, these.length),
        ...(last === 0 ? [] : [sample('last_ended_timestamp_seconds', labels, last / 1000)]),
      ];
    });
  });
}

function sample(metric: MetricName, labels: Readonly<Record<string, string>>, value: number): Sample {
  return { metric, labels, value };
}
