import fc from 'fast-check';
import type { Act } from './world.ts';

const small = fc.nat({ max: 3 });
export const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('request' as const), cloud: small, once: fc.nat({ max: 20 }) }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('claim' as const), worker: small, operation: small }) },
  { weight: 12, arbitrary: fc.record({ act: fc.constant('drive' as const), worker: small, works: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('renew' as const), worker: small }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('crash' as const), worker: small }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const), operation: small, stale: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('supervisor' as const), pick: small }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('finish' as const), pick: small }) },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.constantFrom(1, 1_000, 9_000, 31_000) }),
  },
);
