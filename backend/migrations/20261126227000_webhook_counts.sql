-- How many there are of each provider and state is read from here and not from the events themselves.
create index on bulwark.webhook_events (provider, state);
