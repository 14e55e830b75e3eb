import type { Role } from '@holdfast/contract';
import type { Message } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useCaller } from '../live/session.ts';
import { judgeRole } from './judge-role.ts';

/** Why who is signed in may not ask now for something that needs a role. */
export function useRefusal(least: Role): Message | undefined {
  const { role } = useCaller();
  const { connection } = useLive();
  return judgeRole(least, { role, isCurrent: connection === 'live' });
}
