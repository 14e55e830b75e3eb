export * from './ports.ts';
export * from './engine.ts';
export * from './snapshot.ts';
export * from './state.ts';
export * from './transactions.ts';
export * from './status.ts';
export { instanceRef, type ExecutorLimits } from './executor.ts';
