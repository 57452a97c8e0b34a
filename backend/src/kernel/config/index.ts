export type { Environment, KernelConfig } from './kernel-config.ts';
export { Secret } from './secret.ts';
