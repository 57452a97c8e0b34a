export { createAudit } from './audit.ts';
export type { Audit, AuditEntry, AuditFilter, AuditRecord } from './types.ts';
