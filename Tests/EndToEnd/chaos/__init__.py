"""A fleet of policies, two replicas and faults at random: docs/internals/faults.md."""
