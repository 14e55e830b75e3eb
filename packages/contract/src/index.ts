export * from './server-file.ts';
export * from './records.ts';
export * from './text.ts';
export * from './errors.ts';
export { errorKinds, type ErrorEntry, type ErrorKind } from './errors/entry.ts';
