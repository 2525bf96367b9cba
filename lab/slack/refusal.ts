/** An answer `ok: false`. */

export type RefusalDetails = {
  /** `response_metadata.messages`. */
  readonly messages?: readonly string[];
  /** More keys of the answer, such as `needed` and `provided`. */
  readonly extra?: Readonly<Record<string, string>>;
};

export class Refusal extends Error {
  readonly code: string;
  readonly details: RefusalDetails;
  constructor(code: string, details: RefusalDetails = {}) {
    super([code, ...(details.messages ?? [])].join(' '));
    this.name = 'Refusal';
    this.code = code;
    this.details = details;
  }
}
