export * from './promises.ts';
export * from './failsafe.ts';
