import type { KitForm } from '@holdfast/contract';
import type { CreateDraft } from './draft.ts';
import type { Checked } from './use-check.ts';

/** What every step of the creation works on. */
export interface StepProps {
  readonly draft: CreateDraft;
  readonly forms: readonly KitForm[];
  readonly checked: Checked;
  readonly onChange: (draft: CreateDraft) => void;
}
