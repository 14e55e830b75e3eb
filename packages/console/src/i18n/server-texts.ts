import type { Text } from '@holdfast/contract';

export const serverTexts = {} as const satisfies Record<string, Text>;
