import { covers, type Role } from '@holdfast/contract';
import type { Message } from '../i18n/text.ts';

/** Why somebody may not ask for something that needs a role; nothing is done on the strength of old news. */
export function judgeRole(
  least: Role,
  { role, isCurrent }: { readonly role: Role; readonly isCurrent: boolean },
): Message | undefined {
  if (!covers(role, least))
    return { key: least === 'operator' ? 'refusal.needsOperator' : 'refusal.needsAdministrator' };
  return isCurrent || least === 'guest' ? undefined : { key: 'refusal.notCurrent' };
}
