export * from './server-file.ts';
