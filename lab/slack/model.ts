/** What a workspace consists of: people, channels, messages, modals, and what the app was given to answer with. */
import type { MessageBlock } from './blocks/blocks.ts';
import type { Changes } from './changes.ts';
import type { Clock } from './clock.ts';
import type { View } from './views.ts';

export type User = {
  readonly id: string;
  teamId: string;
  name: string;
  realName: string;
  /** Of the square with the initials. */
  colour: string;
  deleted: boolean;
  isBot: boolean;
  isAppUser: boolean;
  isWorkflowBot: boolean;
  isConnectorBot: boolean;
  isRestricted: boolean;
  isUltraRestricted: boolean;
  isStranger: boolean;
  isInvitedUser: boolean;
};

export type Channel = {
  readonly id: string;
  name: string;
  kind: 'public' | 'private' | 'im';
  isExtShared: boolean;
  isPendingExtShared: boolean;
  isArchived: boolean;
  members: Set<string>;
};

export type Group = {
  readonly id: string;
  handle: string;
  name: string;
  disabled: boolean;
  users: string[];
};

export type Metadata = { readonly event_type: string; readonly event_payload: Readonly<Record<string, unknown>> };

export type Message = {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly byBot: boolean;
  readonly threadTs: string | undefined;
  readonly broadcast: boolean;
  readonly files: readonly string[];
  text: string;
  blocks: MessageBlock[];
  metadata: Metadata | undefined;
  edited: { readonly user: string; readonly ts: string } | undefined;
  reactions: Map<string, string[]>;
};

export type Ephemeral = {
  readonly ts: string;
  readonly channel: string;
  /** The one person who sees it. */
  readonly user: string;
  readonly threadTs: string | undefined;
  text: string;
  blocks: MessageBlock[];
};

export type SharedFile = {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly snippetType: string | undefined;
  readonly created: number;
  title: string;
  content: Buffer | undefined;
  state: 'waiting' | 'uploaded' | 'shared';
};

export type Trigger = { readonly id: string; readonly user: string; readonly at: number; used: boolean };

export type ResponseUrl = {
  readonly id: string;
  readonly user: string;
  readonly channel: string;
  /** The message whose button was clicked; absent for a command. */
  readonly message: { readonly ts: string; readonly ephemeral: boolean } | undefined;
  readonly threadTs: string | undefined;
  readonly expires: number;
  uses: number;
};

export type SlashCommand = { readonly command: string; readonly hint: string; readonly description: string };

export type Settings = {
  scopes: string[];
  appScopes: string[];
  revoked: Set<'bot' | 'app'>;
  filesForbidden: boolean;
  /** How long after its upload was answered a file is shared, in ms; null: never, without a word. */
  shareMs: number | null;
  plan: 'paid' | 'free';
  tierLimits: boolean;
  channelLimit: boolean;
  ephemeralsSurviveReload: boolean;
  ackMs: number;
  commands: SlashCommand[];
  /** Where commands and clicks are posted, in turn; none: they go through Socket Mode. */
  requestUrls: string[];
};

export type State = {
  readonly clock: Clock;
  readonly changes: Changes;
  readonly team: { readonly id: string; readonly name: string; readonly domain: string };
  readonly app: { readonly id: string; readonly botId: string; readonly botUser: string };
  readonly tokens: {
    readonly bot: string;
    readonly app: string;
    readonly verification: string;
    readonly signing: string;
  };
  readonly settings: Settings;
  readonly users: Map<string, User>;
  readonly channels: Map<string, Channel>;
  readonly groups: Map<string, Group>;
  readonly messages: Map<string, Map<string, Message>>;
  readonly ephemerals: Ephemeral[];
  readonly files: Map<string, SharedFile>;
  readonly uploads: Map<string, string>;
  readonly triggers: Map<string, Trigger>;
  readonly responseUrls: Map<string, ResponseUrl>;
  /** Each person's open modals, the visible one last. */
  readonly stacks: Map<string, View[]>;
};
