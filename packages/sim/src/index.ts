export * from './scenario.ts';
export * from './generate.ts';
export * from './run.ts';
export * from './trace.ts';
export * from './mutants.ts';
