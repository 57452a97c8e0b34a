import { createApp } from './app.ts';
import { configExitCode, ConfigError, formatFaults, loadConfig } from './kernel/config/index.ts';
import { exitCodes, handleProcessSignals } from './kernel/lifecycle/index.ts';
import { createLogger } from './kernel/logging/index.ts';
import { modules } from './modules.ts';
