/** Which object of the VRRP MIBs a counter is: RFC 6527 (VRRPv3), RFC 2787 for version 2's own. */
const mibNames: Readonly<Record<string, string>> = {
  becameActive: 'vrrpv3StatisticsMasterTransitions',
  advertisementsReceived: 'vrrpv3StatisticsRcvdAdvertisements',
  priorityZeroReceived: 'vrrpv3StatisticsRcvdPriZeroPackets',
  priorityZeroSent: 'vrrpv3StatisticsSentPriZeroPackets',
  checksumErrors: 'vrrpv3RouterChecksumErrors',
  versionErrors: 'vrrpv3RouterVersionErrors',
  vridErrors: 'vrrpv3RouterVrIdErrors',
  ipTtlErrors: 'vrrpv3StatisticsIpTtlErrors',
  invalidTypeErrors: 'vrrpv3StatisticsRcvdInvalidTypePackets',
  packetLengthErrors: 'vrrpv3StatisticsPacketLengthErrors',
  advertIntervalErrors: 'vrrpv3StatisticsAdvIntervalErrors',
  addressListErrors: 'vrrpv3StatisticsAddressListErrors',
  invalidAuthTypeErrors: 'vrrpStatsInvalidAuthType',
  authTypeMismatchErrors: 'vrrpStatsAuthTypeMismatch',
  authFailures: 'vrrpStatsAuthFailures',
};

/** Help text of a counter: its name in the MIB, where it has one. */
export function counterHelp(counter: string): string {
  const name = mibNames[counter];
  return name === undefined ? 'Counter of the VRRP agent.' : `${name} of the VRRP MIB.`;
}
