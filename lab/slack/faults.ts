/** Trouble on request: the next calls of a method are answered badly, or not at all. */

/** `upload` and `response_url` stand for the two addresses outside the Web API; `*` for every call. */
export type FaultTarget = string;

export type Fault = {
  /** 429 with Retry-After · 500 · no answer ever · the connection cut · an answer `ok: false`. */
  readonly answer: '429' | '500' | 'hang' | 'drop' | 'error';
  /** Whether what was asked is done all the same. Default false. */
  readonly committed?: boolean;
  /** Seconds, for `429`. Default 1. */
  readonly retryAfter?: number;
  /** For `error`. Default `internal_error`. */
  readonly error?: string;
};

export type Faults = {
  add(target: FaultTarget, fault: Fault, times: number): void;
  /** The fault of this call, used up by asking. */
  take(target: FaultTarget): Fault | undefined;
  clear(): void;
};

export function makeFaults(): Faults {
  const waiting: { target: FaultTarget; fault: Fault; times: number }[] = [];
  return {
    add: (target, fault, times) => void waiting.push({ target, fault, times }),
    take(target) {
      const found = waiting.find((each) => each.times > 0 && (each.target === target || each.target === '*'));
      if (found !== undefined) found.times -= 1;
      return found?.fault;
    },
    clear: () => void waiting.splice(0),
  };
}
