import type { RichTextElement } from '@slack/types';
import { type LockAnswer, lockPlace } from '../../kolla/backup-config.ts';
import type { Answered } from '../../operation/checks.ts';
import { clean } from '../text.ts';
import { code, say } from './parts.ts';

/** How much of an address or a name is shown. */
const NAME_MAX = 100;

/** One line where a backup's lock is right only by luck, or can't be seen to be; none where all is well. */
export function lockLines(answered: Answered): readonly (readonly RichTextElement[])[] {
  return answered.check === 'lock-on-this-node' ? words(answered.answer) : [];
}

function words(answer: LockAnswer): readonly (readonly RichTextElement[])[] {
  const host = code(clean(answer.host ?? '', NAME_MAX));
  switch (lockPlace(answer)) {
    case 'own':
    case 'elsewhere':
      return [];
    case 'here':
      return [
        [
          say('⚠️ mariabackup takes its lock through '),
          host,
          say(
            ', which is not the address of the backup host itself. It answers there now; when the VIP moves, backups are refused.',
          ),
        ],
      ];
    case 'unknown':
      return answer.host === null
        ? [[say('⚠️ Through which address mariabackup takes its lock could not be read on the backup host.')]]
        : [
            [
              say('⚠️ mariabackup takes its lock through '),
              host,
              say(
                '. Which node answers there could not be learnt; if it is another than the backup host, the archive may not be consistent.',
              ),
            ],
          ];
  }
}
