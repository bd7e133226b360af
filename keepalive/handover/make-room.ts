import { heldAddresses } from '../holdings/address-keeper.ts';
import { forgetMicros, restMicros } from '../limits.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';

/**
 * Before the addresses come here: what is left of connections that ended here lately must not answer in
 * place of the peer's, whose clients may have used the same ports again. A slow kernel is not waited for.
 * And a rest: the agent works in real time, and what comes before and after this, done in one go, keeps a
 * processor from the balancer for twice as long.
 */
export function makeRoom(
  { census, clock }: AgentPorts,
  routers: readonly RouterDriver[],
  then: () => void,
): void {
  const restUntil = clock.now() + restMicros;
  let going = () => {
    going = () => {};
    timer.cancel();
    clock.timer(Math.max(restUntil, clock.now()), then);
  };
  const timer = clock.timer(clock.now() + forgetMicros, () => going());
  const addresses = routers.flatMap(({ config }) => heldAddresses(config));
  (census?.forget(addresses.map(({ address }) => address)) ?? Promise.resolve()).then(
    () => going(),
    () => going(),
  );
}
