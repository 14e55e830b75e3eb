export * from './listener.ts';
export * from './keeper.ts';
export type { PathAcceptor } from './greeter.ts';
export type { Credentials } from './peer.ts';
export type { Handler, HandlerContext } from './handlers.ts';
export { createTrust, type ChangingTrust, type Trust } from './trust.ts';
export type { PathState } from './path.ts';
export { maxBodyBytes, PathRequestError, RequestRefusedError, type PathRequestCode } from './wire.ts';
