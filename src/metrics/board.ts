import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Definition, METRICS, type MetricName, PREFIX, STEP_BUCKETS } from './definitions.ts';
import type { Sample } from './totals.ts';

type GaugeName = { [Name in MetricName]: (typeof METRICS)[Name]['type'] extends 'gauge' ? Name : never }[MetricName];

/** Where the numbers of a process stand until they are asked for. */
export type Board = {
  set(metric: GaugeName, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Replaces all values of these metrics, so that none stays of a cloud or outcome that is no more. */
  replace(metrics: readonly GaugeName[], samples: readonly Sample[]): void;
  observeStep(
    labels: { readonly cloud: string; readonly step: string; readonly outcome: string },
    seconds: number,
  ): void;
  /** In Prometheus's text format. */
  text(): Promise<{ readonly type: string; readonly body: string }>;
};

export function createBoard(): Board {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauges = new Map<string, Gauge>();
  for (const [name, { type, labels, help }] of Object.entries<Definition>(METRICS)) {
    if (type !== 'gauge') continue;
    gauges.set(name, new Gauge({ name: PREFIX + name, help, labelNames: [...labels], registers: [registry] }));
    // One without labels begins at 0 by itself, and would be told by processes that know nothing of it.
    if (labels.length === 0) gauges.get(name)?.remove();
  }
  const { labels, help } = METRICS.step_duration_seconds;
  const steps = new Histogram({
    name: `${PREFIX}step_duration_seconds`,
    help,
    labelNames: [...labels],
    buckets: [...STEP_BUCKETS],
    registers: [registry],
  });
  const gauge = (metric: string) => {
    const found = gauges.get(metric);
    if (found === undefined) throw new TypeError(`there is no gauge ${metric}`);
    return found;
  };
  return {
    set: (metric, value, at = {}) => gauge(metric).set({ ...at }, value),
    replace: (metrics, samples) => {
      for (const metric of metrics) gauge(metric).reset();
      for (const { metric, labels: at, value } of samples) gauge(metric).set({ ...at }, value);
    },
    observeStep: (at, seconds) => steps.observe({ ...at }, seconds),
    text: async () => ({ type: registry.contentType, body: await registry.metrics() }),
  };
}
