export * from './api/common.ts';
export * from './api/status.ts';
export * from './api/changes.ts';
export * from './api/settings.ts';
export * from './api/events.ts';
export * from './api/explain.ts';
export * from './api/kit-check.ts';
export * from './api/tokens.ts';
