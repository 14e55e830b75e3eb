export * from './kit.ts';
export * from './host.ts';
export * from './bound-kit.ts';
export * from './tunables.ts';
