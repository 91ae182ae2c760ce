# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# For cases with a name server, after regress/lib.sh: the case begins anew in
# a network of its own, where /etc/resolv.conf is $auth_dir/resolv.conf.
#
# shellcheck shell=sh disable=SC2034,SC2154

if [ -z "${AUTH_DNS_INSIDE:-}" ]; then
	is_root || skip "needs root for a network of its own"
	AUTH_DNS_INSIDE=yes
	export AUTH_DNS_INSIDE
	unshare -mn true 2>/dev/null || skip "no namespaces here"
	unshare -mn sh "$0"
	exit
fi
. "$SRCDIR/regress/auth/lib.sh"
ip link set lo up || fail "no loopback interface"
: >"$auth_dir/resolv.conf"
mount --bind "$auth_dir/resolv.conf" /etc/resolv.conf ||
    fail "no resolv.conf of its own"

dns_pid=

# The name server of 127.0.0.1; $auth_dir/zone has lines "name address".
dns_start()
{
	rm -f "$auth_dir/dns.port"
	"$AUTH" -d "$auth_dir/zone" -l "$auth_dir/dns.log" \
	    -o "$auth_dir/dns.port" &
	dns_pid=$!
	until_true 10 test -s "$auth_dir/dns.port" ||
	    fail "the name server does not start"
}

dns_stop()
{
	if [ -n "$dns_pid" ]; then
		kill "$dns_pid" 2>/dev/null
		wait "$dns_pid" 2>/dev/null
	fi
	dns_pid=
}

dns_cleanup()
{
	dns_stop
	auth_cleanup
}
trap dns_cleanup EXIT
