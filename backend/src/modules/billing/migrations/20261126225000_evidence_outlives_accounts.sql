-- An account that is deleted takes no evidence with it: who deleted theirs had the signals of their fraud and the ledger of
-- what was wrong with their purchases go too. Like `owner_id` and `requested_by`, these name whoever it was.
alter table billing.fraud_signals drop constraint fraud_signals_claimant_id_fkey;
alter table billing.reconciliations drop constraint reconciliations_user_id_fkey;
