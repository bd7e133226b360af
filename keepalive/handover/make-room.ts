import { heldAddresses } from '../holdings/address-keeper.ts';
import { forgetMicros } from '../limits.ts';
import type { AgentPorts } from '../ports.ts';
import type { RouterDriver } from '../router-driver.ts';

/**
 * Before the addresses come here: what is left of connections that ended here lately must not answer in
 * place of the peer's, whose clients may have used the same ports again. A slow kernel is not waited for.
 */
export function makeRoom(
  { census, clock }: AgentPorts,
  routers: readonly RouterDriver[],
  then: () => void,
): void {
  if (census === undefined) {
    then();
    return;
  }
  let going = () => {
    going = () => {};
    timer.cancel();
    then();
  };
  const timer = clock.timer(clock.now() + forgetMicros, () => going());
  const addresses = routers.flatMap(({ config }) => heldAddresses(config));
  census.forget(addresses.map(({ address }) => address)).then(
    () => going(),
    () => going(),
  );
}
