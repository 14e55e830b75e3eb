export * from './kit.ts';
export * from './host.ts';
export * from './bound-kit.ts';
export * from './tunables.ts';
export * from './findings.ts';
export * from './judge-space.ts';
