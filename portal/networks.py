"""A visitor's network, as limits count it."""

import ipaddress


def network_of(address: str) -> str:
    """Return an IPv4 address, or the /64 that an IPv6 customer gets; `unknown` for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
