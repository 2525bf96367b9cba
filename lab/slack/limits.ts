/** Every number that Slack sets, by name. Lengths are UTF-16 units, times are milliseconds. */

export const MESSAGE = {
  blocks: 50,
  /** `chat.postMessage`; Slack cuts what is longer, the stand-in refuses it so that it is noticed. */
  postText: 40_000,
  updateText: 4_000,
  /**
   * Slack's cumulative limit is not published. The largest message that was seen accepted had 9,597 characters of
   * text in 15,561 characters of JSON; whatever is larger is refused here (`msg_blocks_too_long`).
   */
  blocksText: 9_597,
  blocksJson: 15_561,
  /** Not published either; ids fit many times over. */
  metadataJson: 8_000,
  metadataEventType: 255,
  tables: 1,
} as const;

export const VIEW = {
  blocks: 100,
  title: 24,
  submit: 24,
  close: 24,
  privateMetadata: 3_000,
  callbackId: 255,
  externalId: 255,
  json: 250_000,
  stack: 3,
} as const;

export const BLOCK = {
  id: 255,
  sectionText: 3_000,
  sectionFields: 10,
  sectionField: 2_000,
  header: 150,
  contextElements: 10,
  contextText: 3_000,
  actionsElements: 25,
  imageAlt: 2_000,
  imageTitle: 2_000,
  imageUrl: 3_000,
  inputLabel: 2_000,
  inputHint: 2_000,
  tableRows: 100,
  tableColumns: 20,
  tableText: 10_000,
  richTextIndent: 8,
} as const;

export const ELEMENT = {
  actionId: 255,
  buttonText: 75,
  buttonValue: 2_000,
  buttonUrl: 3_000,
  accessibilityLabel: 75,
  placeholder: 150,
  options: 100,
  optionGroups: 100,
  overflowOptions: 5,
  choiceOptions: 10,
  optionText: 75,
  optionValue: 75,
  optionDescription: 75,
  inputLength: 3_000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
} as const;

export const TIME = {
  /** An envelope not acknowledged by then has failed, and the person is told so. */
  ack: 3_000,
  trigger: 3_000,
  responseUrl: 30 * 60 * 1_000,
  /** A WebSocket address is good for one connection, made within this time. */
  ticket: 30_000,
  /** From the `warning` to the end of the connection. */
  disconnect: 10_000,
} as const;

export const RESPONSE_URL_USES = 5;
export const CONNECTIONS = 10;
export const REQUEST_BYTES = 1_000_000;
export const FILE_BYTES = 100_000_000;
export const PAGE_SIZE = { history: 100, replies: 1_000, members: 100, most: 1_000 } as const;

/** Calls a minute for each method of the tier; only where rate limits are switched on. */
export const TIERS = { t1: 1, t2: 20, t3: 50, t4: 100, t5: 600 } as const;
export type Tier = keyof typeof TIERS;
export const CHANNEL_POST_INTERVAL = 1_000;
