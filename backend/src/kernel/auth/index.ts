export { anonymous, userCaller } from './caller.ts';
export type {
  AnonymousCaller,
  AuthRequirement,
  Caller,
  Claims,
  Role,
  UserCaller,
} from './caller.ts';
