/**
 * The sources of a version to come: it remarks in the journal, by an event that nobody knew before, when a worker takes
 * over after the recovery has begun, and tells it in the thread. Until then it writes nothing that older versions don't know.
 */
import type { Edit } from './engine.ts';

const after = (file: string, line: string, added: string): Edit => ({ file, find: line, put: `${line}\n${added}` });

export const NEXT_VERSION: readonly Edit[] = [
  after(
    'src/operation/events.ts',
    "  z.strictObject({ type: z.literal('eased'), claim: claimId }),",
    "  z.strictObject({ type: z.literal('remarked'), claim: claimId, text: z.string() }),",
  ),
  after('src/operation/grammar.ts', '  eased: fine,', '  remarked: fine,'),
  after(
    'src/operation/advance.ts',
    '  eased: (operation) => ({ ...operation, attention: null }),',
    '  remarked: (operation) => operation,',
  ),
  after('src/operation/audit.ts', "  eased: () => 'it can be asked again',", "  remarked: () => 'a remark',"),
  after(
    'src/slack/cards/milestones.ts',
    '  succeeded: (_, operation) => succeeded(operation),',
    '  remarked: ({ text }, operation) => reply(operation, text, [[say(text)]]),',
  ),
  {
    file: 'src/engine/driver.ts',
    find: '    while (await move(parts, drive)) signal.throwIfAborted();',
    put: `    const text = 'The next version goes on with the recovery.';
    if (said.operation.attempts.has('recover')) await drive.write({ type: 'remarked', claim, text });
    while (await move(parts, drive)) signal.throwIfAborted();`,
  },
];
