export * from './server-file.ts';
export * from './records.ts';
