import {
  adminActionFaults,
  type AdminAction,
  type Kernel,
  type KernelAdmin,
  type Module,
  type ModuleParts,
} from './kernel/module/index.ts';

/**
 * What the modules are made of, given the kernel. Operators reach all of it: what the kernel shows them of itself, and what
 * the modules can be told to do.
 */
export function createParts(options: {
  modules: readonly Module[];
  settings: Readonly<Record<string, unknown>>;
  kernel: Omit<Kernel, 'admin'>;
  admin: Omit<KernelAdmin, 'actions' | 'pages'>;
}): readonly ModuleParts[] {
  const { modules, settings, kernel } = options;
  const admin: KernelAdmin = {
    ...options.admin,
    actions: () => actions,
    pages: () => parts.flatMap((part) => part.adminPages ?? []),
  };
  const parts = modules.map((module) => module.create({ ...kernel, admin }, settings[module.name]));
  const actions: readonly AdminAction[] = parts.flatMap((part) => part.adminActions ?? []);
  const faults = adminActionFaults(actions);
  if (faults.length > 0)
    throw new Error(`Admin actions are not fully declared:\n${faults.join('\n')}`);
  return parts;
}
