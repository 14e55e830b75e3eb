import type { Text } from '@holdfast/contract';
import { clusterTexts } from './cluster-texts.ts';
import { operationTexts } from './operation-texts.ts';
import { pageTexts } from './page-texts.ts';
import { serverTexts } from './server-texts.ts';
import { shellTexts } from './shell-texts.ts';
import { wizardTexts } from './wizard-texts.ts';
import { wordTexts } from './word-texts.ts';

/** Every text of the console, in both languages. Reasons, errors and events have theirs in the contract. */
export const texts = {
  ...shellTexts,
  ...wordTexts,
  ...clusterTexts,
  ...operationTexts,
  ...serverTexts,
  ...pageTexts,
  ...wizardTexts,
} as const satisfies Record<string, Text>;
