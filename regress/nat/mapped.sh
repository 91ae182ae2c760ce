#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - between two symmetric NATs: direct if one of them maps a port on request (PCP), else relayed
. "$SRCDIR/regress/nat/nat.inc"
command -v miniupnpd >/dev/null || skip "no miniupnpd here"

lab_up 20
lab_relay
# miniupnpd maps nothing on the addresses of documentation.
public=11.22.33.2

# A router that does what it is asked.
router()
{
	in_ns a-nat nft -f - <<-! || fail "no chains for mappings"
	table inet nat {
		chain upnp { }
		chain upnp_pre { }
		chain upnp_post { }
	}
	insert rule inet nat pre jump upnp_pre
	insert rule inet nat post jump upnp_post
	insert rule inet nat through jump upnp
	!
	: >"$tmp/leases"
	cat >"$tmp/miniupnpd.conf" <<-!
	ext_ifname=wan
	listening_ip=lan
	port=0
	enable_natpmp=yes
	enable_upnp=no
	min_lifetime=120
	max_lifetime=86400
	secure_mode=yes
	uuid=00000000-0000-0000-0000-000000000001
	lease_file=$tmp/leases
	upnp_table_name=nat
	upnp_nat_table_name=nat
	upnp_forward_chain=upnp
	upnp_nat_chain=upnp_pre
	upnp_nat_postrouting_chain=upnp_post
	allow 1024-65535 192.168.1.0/24 1024-65535
	deny 0-65535 0.0.0.0/0 0-65535
	!
	nsenter --net=/run/netns/a-nat miniupnpd -d \
	    -f "$tmp/miniupnpd.conf" -P "$tmp/upnpd.pid" \
	    >"$tmp/router.log" 2>&1 &
	lab_pids="$lab_pids $!"
	until_true 5 listens || {
		cat "$tmp/router.log"
		fail "miniupnpd does not begin"
	}
}

listens()
{
	in_ns a-nat ss -uln | grep -q :5351
}

# call WANTED [COMMAND]
call()
{
	lab_ns a-nat
	lab_ns a
	lab_link a a-nat $public
	lab_lan a eth0 a-nat lan 192.168.1.2/24 192.168.1.1/24
	lab_forwards a-nat
	lab_nat a-nat sym
	lab_host b sym
	[ -z "${2:-}" ] || "$2"
	lab_call sym sym "$public 192.168.1.2" "$(lab_addresses b sym)" "$1"
	[ "$path" = "$1" ] || [ ! -s "$tmp/router.log" ] || {
		tail -n 20 "$tmp/router.log"
		in_ns a-nat nft list ruleset
	}
	lab_expect "$1"
	lab_gone_side a
	lab_gone_side b
	lab_wire reset
}
call relayed
call direct router
relay_stop
