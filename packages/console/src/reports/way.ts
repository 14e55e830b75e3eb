import type { ReportSummary } from '@holdfast/contract';

/** From which server to which, or the one where it stayed. */
export function wayOf({ from, server }: Pick<ReportSummary, 'from' | 'server'>): string {
  return from === null || from === server ? server : `${from} → ${server}`;
}
