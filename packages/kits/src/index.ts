export * from './kit.ts';
export * from './host.ts';
