-- What of the last payment went back while the rest stays, for people: '3.00 of 9.00 USD'.
alter table billing.purchases add column part_refund text check (char_length(part_refund) <= 100);
