import { collectSections } from './kernel-sections.ts';
import { type LoadedConfig, loadConfig } from './load-config.ts';
import { configDirectory, environmentFile, readProcessEnvironment } from './process-environment.ts';

/** The configuration of this process, for a server made of these modules. Throws a ConfigError. */
export function loadProcessConfig(modules: Parameters<typeof collectSections>[0]): LoadedConfig {
  return loadConfig({
    environment: readProcessEnvironment(),
    environmentFile,
    configDirectory,
    sections: collectSections(modules),
  });
}
