import type { OperationEvent } from './events.ts';
import { changeStarted, latest, type Operation } from './operation.ts';

/** Why `event` can't follow, or null: the journal's grammar, asked before an event is written and when it is read. */
export function illegal(operation: Operation | null, event: OperationEvent): string | null {
  if (operation === null) return event.type === 'requested' ? null : 'a journal begins with a request';
  if (event.type === 'requested') return 'a second request';
  if (event.type === 'refused') return null;
  if (operation.end) return 'the operation has ended';
  if ('claim' in event && event.type !== 'claimed' && event.claim !== operation.claim?.claim) return 'not the driver';
  switch (event.type) {
    case 'claimed':
    case 'attention':
    case 'eased':
      return null;
    case 'failed':
      return underWay(operation) ? 'a change is under way' : null;
    case 'probed':
      return operation.plan === null ? null : 'a probe after the plan';
    case 'planned':
      return operation.facts !== null && operation.plan === null ? null : 'a plan without facts, or a second one';
    case 'release_asked':
      return changeStarted(operation) ? null : 'nothing was started: it can be cancelled';
    case 'released':
      return operation.release !== null && operation.release.by !== event.by ? null : 'a release needs two persons';
    case 'cancelled':
      return changeStarted(operation) ? 'a change was started' : null;
    case 'succeeded':
      return (operation.plan?.plan.steps ?? []).every((step) => latest(operation, step)?.end?.outcome === 'worked') &&
        operation.plan
        ? null
        : 'a step has not worked';
    case 'step_started':
      return illegalStart(operation, event);
    case 'step_finished':
    case 'step_unclear': {
      const running = operation.attempts.get(event.step)?.at(-1);
      return running &&
        running.end === null &&
        running.attempt === event.attempt &&
        event.plan === operation.plan?.plan.number
        ? null
        : 'this step is not under way';
    }
  }
}

function illegalStart(operation: Operation, event: Extract<OperationEvent, { type: 'step_started' }>): string | null {
  const steps = operation.plan?.plan.steps ?? [];
  const step = steps.find(({ id }) => id === event.step);
  if (!step || event.plan !== operation.plan?.plan.number) return 'a step that the plan has not';
  const earlier = steps.slice(0, steps.indexOf(step));
  if (!earlier.every((one) => latest(operation, one)?.end?.outcome === 'worked'))
    return 'an earlier step has not worked';
  const before = latest(operation, step);
  if (before && before.end?.outcome !== 'not_begun') return 'the step was sent already';
  return event.attempt === (before?.attempt ?? 0) + 1 ? null : 'an attempt out of order';
}

/** Whether a change was sent of which nobody knows yet how it ended. */
function underWay(operation: Operation): boolean {
  return (operation.plan?.plan.steps ?? []).some(
    (step) => step.touches !== 'read' && latest(operation, step)?.end === null,
  );
}
