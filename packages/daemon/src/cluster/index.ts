export * from './admit.ts';
export * from './cluster-api.ts';
export * from './init.ts';
export * from './join.ts';
export { serverFilePath } from './state-directory.ts';
export { joinPath } from './wire.ts';
export { createJoinToken, parseJoinToken, tokenValidityMs } from './token.ts';
export { createVoterKeeper, type VoterKeeper } from './voter-keeper.ts';
