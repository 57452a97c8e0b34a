import { AppError, type FaultDetail } from './app-error.ts';
import { codeTable, type CodeTable, type Thrown } from './code-table.ts';
import type { ErrorCode } from './codes.ts';

/**
 * Every error code of Supabase Auth (109). What only our own calls or settings can cause is INTERNAL_ERROR: `not_admin`
 * is our service key, `email_address_not_authorized` a project without its own SMTP.
 * Source: supabase/auth, `internal/api/apierrors`.
 */
export const authCodes: CodeTable = codeTable([
  ['INVALID_CREDENTIALS', 'invalid_credentials current_password_invalid'],
  ['UNAUTHENTICATED', 'no_authorization'],
  ['TOKEN_INVALID', 'bad_jwt unexpected_audience'],
  ['SESSION_REVOKED', 'session_expired session_not_found'],
  ['SESSION_REVOKED', 'refresh_token_not_found refresh_token_already_used'],
  ['USER_BANNED', 'user_banned'],
  ['ACCOUNT_NOT_CONFIRMED', 'email_not_confirmed phone_not_confirmed'],
  ['ACCOUNT_NOT_CONFIRMED', 'provider_email_needs_verification'],
  ['MFA_REQUIRED', 'insufficient_aal'],
  ['REAUTHENTICATION_REQUIRED', 'reauthentication_needed current_password_required'],
  ['WEAK_PASSWORD', 'weak_password same_password'],

  ['VERIFICATION_FAILED', 'otp_expired captcha_failed reauthentication_not_valid'],
  ['VERIFICATION_FAILED', 'bad_code_verifier bad_oauth_callback bad_oauth_state invite_not_found'],
  ['VERIFICATION_FAILED', 'flow_state_already_used flow_state_expired flow_state_not_found'],
  ['VERIFICATION_FAILED', 'mfa_challenge_expired mfa_ip_address_mismatch mfa_verification_failed'],
  ['VERIFICATION_FAILED', 'mfa_verification_rejected oauth_client_state_expired'],
  ['VERIFICATION_FAILED', 'oauth_client_state_not_found oauth_invalid_state'],
  ['VERIFICATION_FAILED', 'saml_assertion_no_email saml_assertion_no_user_id'],
  ['VERIFICATION_FAILED', 'saml_entity_id_mismatch'],
  ['VERIFICATION_FAILED', 'saml_relay_state_expired saml_relay_state_not_found'],
  ['VERIFICATION_FAILED', 'webauthn_challenge_expired webauthn_challenge_not_found'],
  ['VERIFICATION_FAILED', 'webauthn_verification_failed'],

  ['AUTH_METHOD_DISABLED', 'signup_disabled provider_disabled anonymous_provider_disabled'],
  ['AUTH_METHOD_DISABLED', 'email_provider_disabled phone_provider_disabled sso_provider_disabled'],
  ['AUTH_METHOD_DISABLED', 'saml_provider_disabled web3_provider_disabled passkey_disabled'],
  ['AUTH_METHOD_DISABLED', 'otp_disabled feature_disabled manual_linking_disabled'],
  ['AUTH_METHOD_DISABLED', 'mfa_phone_enroll_not_enabled mfa_phone_verify_not_enabled'],
  ['AUTH_METHOD_DISABLED', 'mfa_totp_enroll_not_enabled mfa_totp_verify_not_enabled'],
  ['AUTH_METHOD_DISABLED', 'mfa_webauthn_enroll_not_enabled mfa_webauthn_verify_not_enabled'],
  ['AUTH_METHOD_DISABLED', 'oauth_dynamic_client_registration_disabled'],
  ['AUTH_METHOD_DISABLED', 'oauth_provider_not_supported'],

  ['DUPLICATE_ENTRY', 'user_already_exists email_exists phone_exists identity_already_exists'],
  ['DUPLICATE_ENTRY', 'mfa_factor_name_conflict saml_idp_already_exists sso_domain_already_exists'],
  ['DUPLICATE_ENTRY', 'webauthn_credential_exists'],
  ['CONFLICT', 'conflict'],
  ['STATE_CONFLICT', 'email_conflict_identity_not_deletable single_identity_not_deletable'],
  ['STATE_CONFLICT', 'mfa_verified_factor_exists too_many_enrolled_mfa_factors too_many_passkeys'],
  ['STATE_CONFLICT', 'over_custom_provider_quota user_sso_managed'],
  ['NOT_FOUND', 'user_not_found identity_not_found mfa_factor_not_found'],
  ['NOT_FOUND', 'custom_provider_not_found saml_idp_not_found sso_provider_not_found'],
  ['NOT_FOUND', 'oauth_authorization_not_found oauth_client_not_found oauth_consent_not_found'],
  ['NOT_FOUND', 'webauthn_credential_not_found'],
  ['VALIDATION_FAILED', 'validation_failed email_address_invalid email_address_not_provided'],
  ['VALIDATION_FAILED', 'web3_unsupported_chain'],
  ['PAYLOAD_TOO_LARGE', 'request_entity_too_large'],
  ['RATE_LIMITED', 'over_email_send_rate_limit over_request_rate_limit over_sms_send_rate_limit'],

  ['AUTH_UNAVAILABLE', 'hook_timeout hook_timeout_after_retry request_timeout unexpected_failure'],
  ['UPSTREAM_UNAVAILABLE', 'saml_metadata_fetch_failed sms_send_failed'],
  ['INTERNAL_ERROR', 'bad_json hook_payload_invalid_content_type hook_payload_over_size_limit'],
  ['INTERNAL_ERROR', 'email_address_not_authorized not_admin unknown'],
]);

/** Errors that auth-js makes itself, without a code of the server. It turns `session_not_found` into the first. */
export const authErrorNames: CodeTable = codeTable([
  ['SESSION_REVOKED', 'AuthSessionMissingError'],
  ['TOKEN_INVALID', 'AuthInvalidJwtError'],
  ['VALIDATION_FAILED', 'AuthInvalidCredentialsError'],
  ['VERIFICATION_FAILED', 'AuthPKCECodeVerifierMissingError AuthPKCEGrantCodeExchangeError'],
  ['VERIFICATION_FAILED', 'AuthImplicitGrantRedirectError'],
  ['WEAK_PASSWORD', 'AuthWeakPasswordError'],
  ['CONFLICT', 'AuthRefreshDiscardedError'],
  ['AUTH_UNAVAILABLE', 'AuthRetryableFetchError AuthInvalidTokenResponseError AuthUnknownError'],
]);

const passwordReasons: ReadonlyMap<unknown, string> = new Map([
  ['length', 'is too short'],
  ['characters', 'lacks a required kind of character'],
  ['pwned', 'is known from a data breach'],
]);

export function fromAuth(thrown: Thrown): AppError | undefined {
  if (thrown.__isAuthError !== true) return undefined;
  const code = authErrorCode(thrown);
  const details = code === 'WEAK_PASSWORD' ? passwordDetails(thrown) : [];
  return new AppError(code, { cause: thrown, ...(details.length > 0 && { details }) });
}

function authErrorCode({ code, name, status }: Thrown): ErrorCode {
  const named = authErrorNames.get(String(name));
  if (typeof code === 'string' && code !== '') {
    return authCodes.get(code) ?? named ?? 'INTERNAL_ERROR';
  }
  if (named !== undefined) return named;
  if (status === 429) return 'RATE_LIMITED';
  // Without a code it was not the auth server that answered, but what stands before it.
  return 'AUTH_UNAVAILABLE';
}

function passwordDetails({ reasons, code }: Thrown): FaultDetail[] {
  if (code === 'same_password') {
    return [{ field: 'password', reason: 'must differ from the old one' }];
  }
  const known = Array.isArray(reasons) ? reasons.slice(0, passwordReasons.size) : [];
  return known.flatMap((reason) => {
    const text = passwordReasons.get(reason);
    return text === undefined ? [] : [{ field: 'password', reason: text }];
  });
}
