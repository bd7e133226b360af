#!/bin/sh
# Runs Tandem with the capabilities of its agent, as far as the container has them: what is missing
# then, Tandem says itself, and a plain balancer misses nothing.
for set in +net_admin,+net_raw,+sys_nice +net_admin,+net_raw; do
  if with-agent-capabilities --inh-caps="$set" --ambient-caps="$set" true 2>/dev/null; then
    exec with-agent-capabilities --inh-caps="$set" --ambient-caps="$set" /usr/bin/tandem "$@"
  fi
done
exec /usr/bin/tandem "$@"
