export { createAuditLog, describeAsked, type AuditLog } from './audit.ts';
export { addGate, callerOf, keepOwnRecord, noteFailure, type Gate } from './gate.ts';
export { addAccessRoutes } from './routes.ts';
