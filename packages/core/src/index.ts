export * from './time.ts';
export * from './verdict.ts';
export * from './model.ts';
export * from './order.ts';
export * from './profile.ts';
