/**
 * The events of Stripe by the object that they carry, and the members of each object: `$` a text, `#` a number, `!` true or false,
 * `?` null, `{}` an object, `[]` a list. Shapes alone; the values are made up.
 */
export const shapes: Readonly<Record<string, { types: readonly string[]; members: string }>> = {
  'entitlements.active_entitlement_summary': {
    types: ['entitlements.active_entitlement_summary.updated'],
    members: `
      object$ customer$ entitlements{object$ data[{id$ object$ feature$ livemode! lookup_key$}] has_more! url$}
      livemode!`,
  },
  charge: {
    types: [
      'charge.captured',
      'charge.expired',
      'charge.failed',
      'charge.pending',
      'charge.refunded',
      'charge.succeeded',
      'charge.updated',
    ],
    members: `
      id$ object$ amount# amount_captured# amount_refunded# application? application_fee? application_fee_amount?
      balance_transaction$ billing_details{address{city? country$ line1? line2? postal_code$ state?} email? name?
      phone?} calculated_statement_descriptor$ captured! created# currency$ customer$ description$ destination?
      dispute? disputed! failure_balance_transaction? failure_code$ failure_message$ fraud_details{} invoice$
      livemode! metadata{key$} on_behalf_of? order? outcome{network_status$ reason$ risk_level$ seller_message$ type$
      risk_score#} paid! payment_intent$ payment_method$ payment_method_details{card{brand$
      checks{address_line1_check? address_postal_code_check$ cvc_check$} country$ exp_month# exp_year# fingerprint$
      funding$ installments? last4$ mandate? network$ three_d_secure? wallet?} type$} receipt_email? receipt_number?
      receipt_url$ refunded! refunds{object$ data[{id$ object$ amount# balance_transaction$ charge$ created# currency$
      metadata{key$} payment_intent$ reason? receipt_number? source_transfer_reversal? status$ transfer_reversal?}]
      has_more! total_count# url$} review? shipping? source? source_transfer? statement_descriptor?
      statement_descriptor_suffix? status$ transfer_data? transfer_group?`,
  },
  dispute: {
    types: [
      'charge.dispute.closed',
      'charge.dispute.created',
      'charge.dispute.funds_reinstated',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.updated',
    ],
    members: `
      id$ object$ amount# balance_transactions[] charge$ created# currency$ evidence{access_activity_log?
      billing_address? cancellation_policy? cancellation_policy_disclosure? cancellation_rebuttal?
      customer_communication? customer_email_address? customer_name? customer_purchase_ip? customer_signature?
      duplicate_charge_documentation? duplicate_charge_explanation? duplicate_charge_id? product_description? receipt?
      refund_policy? refund_policy_disclosure? refund_refusal_explanation? service_date? service_documentation?
      shipping_address? shipping_carrier? shipping_date? shipping_documentation? shipping_tracking_number?
      uncategorized_file? uncategorized_text?} evidence_details{due_by# has_evidence! past_due! submission_count#}
      is_charge_refundable! livemode! metadata{key$} payment_intent$ reason$ status$`,
  },
  'checkout.session': {
    types: ['checkout.session.completed'],
    members: `
      id$ object$ adaptive_pricing{enabled!} after_expiration? allow_promotion_codes! amount_subtotal# amount_total#
      automatic_tax{enabled! liability{type$} provider$ status$} billing_address_collection? cancel_url?
      client_reference_id? client_secret? collected_information{shipping_details?} consent{promotions?
      terms_of_service$} consent_collection{payment_method_reuse_agreement? promotions$ terms_of_service$} created#
      currency$ currency_conversion? custom_fields[] custom_text{after_submit? shipping_address? submit?
      terms_of_service_acceptance?} customer$ customer_creation$ customer_details{address{city$ country$ line1$ line2$
      postal_code$ state$} email$ name$ phone? tax_exempt$ tax_ids[]} customer_email? discounts[] expires_at# invoice$
      invoice_creation{enabled! invoice_data{account_tax_ids? custom_fields? description? footer? issuer{type$}
      metadata{key$} rendering_options?}} livemode! locale? metadata{key$} mode$ origin_context? payment_intent$
      payment_link? payment_method_collection$ payment_method_configuration_details{id$ parent?}
      payment_method_options{} payment_method_types[$] payment_status$ permissions? phone_number_collection{enabled!}
      recovered_from? saved_payment_method_options{allow_redisplay_filters[$] payment_method_remove$
      payment_method_save?} setup_intent? shipping_address_collection? shipping_cost? shipping_details?
      shipping_options[] status$ submit_type? subscription? success_url$ total_details{amount_discount#
      amount_shipping# amount_tax#} ui_mode$ url? wallet_options?`,
  },
  credit_note: {
    types: ['credit_note.created', 'credit_note.updated', 'credit_note.voided'],
    members: `
      id$ object$ amount# amount_shipping# created# currency$ customer$ customer_balance_transaction? discount_amount#
      discount_amounts[] invoice$ lines{object$ data[{id$ object$ amount# amount_excluding_tax# description$
      discount_amount# discount_amounts[] invoice_line_item$ livemode! quantity# tax_amounts[] tax_rates[] type$
      unit_amount# unit_amount_decimal$ unit_amount_excluding_tax$}] has_more! url$} livemode! memo? metadata{key$}
      number$ out_of_band_amount? pdf$ reason? refund? shipping_cost? status$ subtotal# subtotal_excluding_tax#
      tax_amounts[] total# total_excluding_tax# type$ voided_at?`,
  },
  customer: {
    types: ['customer.deleted', 'customer.updated'],
    members: `
      id$ object$ deleted! address? balance# created# currency$ default_source? delinquent! description$ discount?
      email$ invoice_prefix$ invoice_settings{custom_fields? default_payment_method$ footer?} livemode! metadata{key$}
      name$ next_invoice_sequence# phone$ preferred_locales[] shipping{address{city$ country$ line1$ line2$
      postal_code$ state$} name$ phone$} sources{object$ data[] has_more! total_count# url$} subscriptions{}
      tax_exempt$ tax_ids{object$ data[] has_more! total_count# url$}`,
  },
  tax_id: {
    types: ['customer.tax_id.created', 'customer.tax_id.deleted', 'customer.tax_id.updated'],
    members: `
      id$ object$ country$ created# customer? livemode! type$ value$ verification? owner{type$ customer?}`,
  },
  'radar.early_fraud_warning': {
    types: ['radar.early_fraud_warning.created', 'radar.early_fraud_warning.updated'],
    members: `
      id$ object$ actionable! charge$ created# fraud_type$ livemode!`,
  },
  invoice: {
    types: [
      'invoice.deleted',
      'invoice.finalized',
      'invoice.paid',
      'invoice.updated',
      'invoice.voided',
    ],
    members: `
      id$ object$ account_country$ account_name$ account_tax_ids? amount_due# amount_paid# amount_remaining#
      amount_shipping# application? application_fee_amount? attempt_count# attempted! auto_advance!
      automatic_tax{enabled! status?} billing_reason$ charge? collection_method$ created# currency$
      custom_fields[{name$ value$}] customer$ customer_address? customer_email$ customer_name$ customer_phone?
      customer_shipping? customer_tax_exempt$ customer_tax_ids[] default_payment_method? default_source?
      default_tax_rates[] description? discount? discounts[] due_date# effective_at? ending_balance# footer$
      from_invoice? hosted_invoice_url$ invoice_pdf$ last_finalization_error? latest_revision? lines{object$ data[{id$
      object$ amount# amount_excluding_tax# currency$ description$ discount_amounts[] discountable! discounts[]
      invoice_item$ livemode! metadata{key$} period{end# start#} plan? price{id$ object$ active! billing_scheme$
      created# currency$ custom_unit_amount? livemode! lookup_key? metadata{key$} nickname? product$ recurring?
      tax_behavior$ tiers_mode? transform_quantity? type$ unit_amount# unit_amount_decimal$} proration!
      proration_details{credited_items?} quantity# subscription? tax_amounts[] tax_rates[] type$
      unit_amount_excluding_tax$}] has_more! total_count# url$} livemode! metadata{key$} next_payment_attempt# number$
      on_behalf_of? paid! paid_out_of_band! payment_intent? payment_settings{default_mandate? payment_method_options?
      payment_method_types?} period_end# period_start# post_payment_credit_notes_amount#
      pre_payment_credit_notes_amount# quote? receipt_number? rendering_options? shipping_cost? shipping_details?
      starting_balance# statement_descriptor? status$ status_transitions{finalized_at# marked_uncollectible_at?
      paid_at# voided_at?} subscription$ subtotal# subtotal_excluding_tax# tax? test_clock? total#
      total_discount_amounts[] total_excluding_tax# total_tax_amounts[] transfer_data? webhooks_delivered_at#
      tax_percent?`,
  },
  invoice_payment: {
    types: ['invoice_payment.paid'],
    members: `
      id$ object$ amount_paid# amount_requested# created# currency$ invoice$ is_default! livemode! payment{type$
      payment_intent$} status$ status_transitions{canceled_at? paid_at#}`,
  },
  payment_intent: {
    types: [
      'payment_intent.amount_capturable_updated',
      'payment_intent.canceled',
      'payment_intent.created',
      'payment_intent.partially_funded',
      'payment_intent.payment_failed',
      'payment_intent.processing',
      'payment_intent.requires_action',
      'payment_intent.succeeded',
    ],
    members: `
      id$ object$ amount# amount_capturable# amount_details{tip{}} amount_received# application?
      application_fee_amount? automatic_payment_methods? canceled_at? cancellation_reason? capture_method$
      client_secret$ confirmation_method$ created# currency$ customer? description$ invoice? last_payment_error?
      latest_charge? livemode! metadata{key$} next_action? on_behalf_of? payment_method?
      payment_method_options{card{installments? mandate_options? network? request_three_d_secure$}}
      payment_method_types[$] processing? receipt_email? review? setup_future_usage? shipping? statement_descriptor?
      statement_descriptor_suffix? status$ transfer_data? transfer_group?`,
  },
  payment_method: {
    types: [
      'payment_method.attached',
      'payment_method.automatically_updated',
      'payment_method.detached',
      'payment_method.updated',
    ],
    members: `
      id$ object$ billing_details{address{city? country$ line1? line2? postal_code$ state?} email? name? phone?}
      card{brand$ checks{address_line1_check? address_postal_code_check$ cvc_check$} country$ exp_month# exp_year#
      fingerprint$ funding$ generated_from? last4$ networks{available[$] preferred?} three_d_secure_usage{supported!}
      wallet?} created# customer$ livemode! metadata{key$} type$`,
  },
  plan: {
    types: ['plan.created', 'plan.deleted', 'plan.updated'],
    members: `
      id$ object$ active! aggregate_usage? amount# amount_decimal$ billing_scheme$ created# currency$ interval$
      interval_count# livemode! metadata{key$} nickname? product$ tiers_mode? transform_usage? trial_period_days?
      usage_type$ deleted!`,
  },
  price: {
    types: ['price.created', 'price.deleted', 'price.updated'],
    members: `
      id$ object$ active! billing_scheme$ created# currency$ livemode! lookup_key? metadata{key$} nickname? product$
      recurring{aggregate_usage? interval$ interval_count# trial_period_days? usage_type$} tiers_mode?
      transform_quantity? type$ unit_amount# unit_amount_decimal$`,
  },
  product: {
    types: ['product.created', 'product.deleted', 'product.updated'],
    members: `
      id$ object$ active! attributes[] created# description$ images[] marketing_features[] livemode! metadata{key$}
      name$ package_dimensions? shippable? statement_descriptor? type$ unit_label? updated# url?`,
  },
  refund: {
    types: ['refund.created', 'refund.failed', 'refund.updated'],
    members: `
      id$ object$ amount# balance_transaction$ charge$ created# currency$ destination_details{card{reference$
      reference_status$ reference_type$ type$} type$} metadata{key$} payment_intent$ reason? receipt_number?
      source_transfer_reversal? status$ transfer_reversal?`,
  },
  review: {
    types: ['review.closed', 'review.opened'],
    members: `
      id$ object$ billing_zip? charge? closed_reason? created# ip_address? ip_address_location? livemode! open!
      opened_reason$ payment_intent$ reason$ session?`,
  },
  setup_intent: {
    types: [
      'setup_intent.canceled',
      'setup_intent.created',
      'setup_intent.requires_action',
      'setup_intent.setup_failed',
      'setup_intent.succeeded',
    ],
    members: `
      id$ object$ application? cancellation_reason$ client_secret$ created# customer$ description? flow_directions?
      last_setup_error{code$ decline_code$ doc_url$ message$ payment_method{id$ object$ billing_details{address{city?
      country$ line1? line2? postal_code$ state?} email? name? phone?} card{brand$ checks{address_line1_check?
      address_postal_code_check$ cvc_check$} country? exp_month# exp_year# fingerprint$ funding$ generated_from?
      last4$ networks{available[$] preferred?} three_d_secure_usage{supported!} wallet?} created# customer? livemode!
      metadata{key$} type$} type$} latest_attempt$ livemode! mandate? metadata{key$} next_action{type$
      use_stripe_sdk{directory_server_encryption{algorithm$ certificate$ directory_server_id$
      root_certificate_authorities[$]} directory_server_name$ merchant$ one_click_authn? server_transaction_id$
      three_d_secure_2_source$ three_ds_method_url$ three_ds_optimizations$ type$}} on_behalf_of? payment_method$
      payment_method_options{card{mandate_options{amount# amount_type$ currency$ description? end_date? interval$
      interval_count# reference$ start_date# supported_types[$]} network? request_three_d_secure$}}
      payment_method_types[$] single_use_mandate? status$ usage$`,
  },
  subscription: {
    types: [
      'customer.subscription.created',
      'customer.subscription.deleted',
      'customer.subscription.updated',
    ],
    members: `
      id$ object$ application_fee_percent? billing_cycle_anchor# billing_thresholds? cancel_at? cancel_at_period_end!
      canceled_at# collection_method$ created# current_period_end# current_period_start# customer$ days_until_due?
      default_payment_method? default_source? default_tax_rates[] discount? ended_at# items{object$ data[{id$ object$
      billing_thresholds? created# metadata{key$} plan{id$ object$ active! aggregate_usage? amount# amount_decimal$
      billing_scheme$ created# currency$ interval$ interval_count# livemode! metadata{key$} nickname? product$ tiers?
      tiers_mode? transform_usage? trial_period_days? usage_type$} price{id$ object$ active! billing_scheme$ created#
      currency$ livemode! lookup_key? metadata{key$} nickname? product$ recurring{aggregate_usage? interval$
      interval_count# trial_period_days? usage_type$} tiers_mode? transform_quantity? type$ unit_amount#
      unit_amount_decimal$} quantity# subscription$ tax_rates[]}] has_more! total_count# url$} latest_invoice$
      livemode! metadata{key$} next_pending_invoice_item_invoice? pause_collection? pending_invoice_item_interval?
      pending_setup_intent? pending_update? plan{id$ object$ active! aggregate_usage? amount# amount_decimal$
      billing_scheme$ created# currency$ interval$ interval_count# livemode! metadata{key$} nickname? product$ tiers?
      tiers_mode? transform_usage? trial_period_days? usage_type$} quantity# schedule? start_date# status$
      tax_percent? transfer_data? trial_end? trial_start?`,
  },
  subscription_schedule: {
    types: [
      'subscription_schedule.aborted',
      'subscription_schedule.canceled',
      'subscription_schedule.completed',
      'subscription_schedule.created',
      'subscription_schedule.expiring',
      'subscription_schedule.released',
      'subscription_schedule.updated',
    ],
    members: `
      id$ object$ application? canceled_at? completed_at? created# current_phase? customer$
      default_settings{application_fee_percent? automatic_tax{enabled!} billing_cycle_anchor$ billing_thresholds?
      collection_method$ default_payment_method? description? invoice_settings{days_until_due?} on_behalf_of?
      transfer_data?} end_behavior$ livemode! metadata{key$} phases[{add_invoice_items[] application_fee_percent?
      automatic_tax{enabled!} billing_cycle_anchor? billing_thresholds? collection_method? coupon? currency$
      default_payment_method? default_tax_rates[] description? end_date# invoice_settings? items[{billing_thresholds?
      metadata{key$} price$ quantity# tax_rates[]}] metadata{key$} on_behalf_of? proration_behavior$ start_date#
      transfer_data? trial_end?}] released_at# released_subscription$ status$ subscription? test_clock?`,
  },
};
