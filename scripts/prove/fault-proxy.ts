/** The network of the claims about faults: the one that the tests have, under the name that the plan gives it. */
export { startTcpRelay as startFaultProxy } from '../../backend/test/support/tcp-relay.ts';
export type { TcpRelay as FaultProxy } from '../../backend/test/support/tcp-relay.ts';
