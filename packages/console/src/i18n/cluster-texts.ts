import type { Text } from '@holdfast/contract';

export const clusterTexts = {} as const satisfies Record<string, Text>;
