export { allOrNone } from './all-or-none.ts';
export { renderEnvExample } from './env-example.ts';
export { ConfigError, configExitCode, formatFaults } from './fault.ts';
export type { Fault } from './fault.ts';
export type { Environment, KernelConfig, RateLimitTier } from './kernel-config.ts';
export { collectSections, kernelSections } from './kernel-sections.ts';
export type { AllSections, KernelSections } from './kernel-sections.ts';
export { loadConfig } from './load-config.ts';
export type { LoadedConfig, LoadOptions } from './load-config.ts';
export { loadProcessConfig } from './load-process-config.ts';
export { configDirectory, environmentFile, readProcessEnvironment } from './process-environment.ts';
export type { Variables } from './process-environment.ts';
export { Secret } from './secret.ts';
export { defineSection, secretSetting, setting } from './section.ts';
export type { Facts, Section, Sections, SectionSpec, Setting, SettingsOf } from './section.ts';
export type { TrustProxy } from './trust-proxy.ts';
export {
  bytes,
  choice,
  choices,
  flag,
  host,
  httpUrl,
  integer,
  milliseconds,
  parsed,
  token,
} from './value-kinds.ts';
export type { Parsed } from './value-kinds.ts';
