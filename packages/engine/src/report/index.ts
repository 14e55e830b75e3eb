export { followSign, type Followed } from './follow.ts';
export { createReportMemory, type Look, type ReportMemory, type Sign } from './signs.ts';
export { spendPhases, type PhaseMark } from './phase.ts';
export type { Report } from './compose.ts';
