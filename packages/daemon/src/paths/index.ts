export * from './listener.ts';
export * from './keeper.ts';
export type { PathAcceptor } from './greeter.ts';
export type { Credentials } from './peer.ts';
export type { Handler, HandlerContext } from './handlers.ts';
export type { PathState } from './path.ts';
export { maxBodyBytes, PathRequestError, RequestRefusedError, type PathRequestCode } from './wire.ts';
