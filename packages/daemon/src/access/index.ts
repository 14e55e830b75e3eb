export { createAuditLog, type AuditLog } from './audit.ts';
export { addGate, callerOf, noteFailure, type Gate } from './gate.ts';
export { addAccessRoutes } from './routes.ts';
