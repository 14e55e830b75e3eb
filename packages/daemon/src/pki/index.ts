export * from './files.ts';
export * from './inspect.ts';
export * from './secret.ts';
export * from './durable-file.ts';
