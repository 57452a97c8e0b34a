import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../backend/local/stack/paths.ts';
import { phases, type Claim } from './claim.ts';

/** A claim and the file that holds it. */
export interface FoundClaim extends Claim {
  file: string;
}

export const claimsFolder = join(import.meta.dirname, 'claims');
/** A module's own claims go with its folder. */
const ofModules = join(root, 'backend', 'src', 'modules', '*', 'prove', '*.ts');

/** The claims of a folder, in the order of phases and ids. Rejects where a file is no claim or is named otherwise. */
export async function readClaims(folder: string): Promise<FoundClaim[]> {
  const files = globSync(join(folder, '*.ts'));
  const claims = await Promise.all(files.map(readClaim));
  return claims.sort((one, other) => one.phase - other.phase || (one.id < other.id ? -1 : 1));
}

/** Those of the project and those of its modules. */
export async function readAllClaims(): Promise<FoundClaim[]> {
  const folders = new Set(globSync(ofModules).map((file) => join(file, '..')));
  const claims = await Promise.all([claimsFolder, ...folders].map(readClaims));
  const all = claims.flat().sort((one, other) => one.phase - other.phase);
  const twice = all.find(({ id }, index) => all.findIndex((claim) => claim.id === id) !== index);
  if (twice) throw new Error(`Two claims have the id ${twice.id}.`);
  return all;
}

async function readClaim(file: string): Promise<FoundClaim> {
  const { default: claim } = (await import(pathToFileURL(file).href)) as { default?: Claim };
  if (typeof claim?.measure !== 'function' || !Object.hasOwn(phases, claim.phase))
    throw new Error(`${file} has no claim as its default export.`);
  if (claim.id !== basename(file, '.ts'))
    throw new Error(`${file} holds the claim ${claim.id}: name the file by its id.`);
  return { ...claim, file };
}
