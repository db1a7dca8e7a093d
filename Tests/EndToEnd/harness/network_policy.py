"""What a NetworkPolicy lets pods reach, as far as addresses and numbered ports say it."""

import ipaddress


def reaches(policy, address, port):
    """Whether a pod of the policy may open a TCP connection to an address outside of the cluster."""
    spec = policy["spec"]
    if "Egress" not in spec["policyTypes"]:
        return True
    return any(
        any(each.get("port") == port and each.get("protocol", "TCP") == "TCP" for each in rule["ports"])
        and ("to" not in rule or any(contains(peer, address) for peer in rule["to"]))
        for rule in spec["egress"]
    )


def contains(peer, address):
    """Selectors are of pods, which an address outside is not."""
    return "ipBlock" in peer and ipaddress.ip_address(address) in ipaddress.ip_network(peer["ipBlock"]["cidr"])
