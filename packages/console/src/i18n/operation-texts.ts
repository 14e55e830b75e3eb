import type { Text } from '@holdfast/contract';

/** What runs, and the dialogs that move hierarchies. */
export const operationTexts = {
  'operations.title': { en: 'Operations', ja: '操作' },
} as const satisfies Record<string, Text>;
