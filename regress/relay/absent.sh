#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: gap 20 - no TCP port at all, and no read-only socket unasked
# COVERS: gap 37 - no WebSocket: nobody listens, no key opens one
# COVERS: gap 46 - no forward mode: nothing is dialled, `localhost' is a room
# COVERS: gap 50 - settings of the original that did nothing are refused
#
# In a network of its own: whatever listens in it is the relay's.
if [ -z "${ABSENT_NET:-}" ]; then
	ABSENT_NET=yes
	PATH=$PATH:/usr/sbin:/sbin
	export ABSENT_NET PATH
	ns=--net
	if [ "$(id -u)" -ne 0 ]; then
		ns="--user --map-current-user --keep-caps --net"
	fi
	# shellcheck disable=SC2086
	unshare $ns ip link set lo up 2>/dev/null || {
		echo "no network namespaces here"
		exit 77
	}
	# shellcheck disable=SC2086
	exec unshare $ns sh "$0" "$@"
fi
. "$SRCDIR/regress/lib.sh"
ip link set lo up || skip "no loopback"

# ports PROTOCOL: local ports of its sockets; of TCP, those that listen
ports()
{
	cat "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null |
	    awk -v tcp="$1" '$1 ~ /^[0-9]+:$/ && (tcp != "tcp" || $4 == "0A") {
		sub(/.*:/, "", $2)
		print $2
	    }' | sort -u
}

relay_conf "federation yes"
sed -i '/read-only/d' "$relay/relayd.conf"
relay_restart
[ -z "$(ports tcp)" ] || fail "TCP ports: $(ports tcp)"
[ "$(ports udp)" = "$(printf '%04X' "$relay_port")" ] ||
    fail "UDP ports: $(ports udp), the relay's is $relay_port"
others=$(find "$relay/run" -type s ! -path "$relay_sock")
[ -z "$others" ] || fail "sockets that nobody asked for: $others"
cat >"$tmp/localhost.wire" <<!
include $SRCDIR/regress/wire/inc/people.inc
connect ma sni=localhost
expect-up ma
send ma {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$E1.pub,
	"signature":\$A.sig(offer,E1),"supported_profiles":[\$GOOD],"alias":null}}
expect ma {"CallAnswer":*}
expect ma {"RoomUpdate":{"count":1,"participants":[
	{"fingerprint":"\$A.fp","alias":null,"relay_label":null}]}}
shell "\$\$WZPCTL" -s "\$\$SOCK" -j show rooms | tr -d ' \n' |
	 grep -q '"participants":1'
!
peer "$tmp/localhost.wire" || fail "localhost is not a room like any other"
[ "$(ports udp)" = "$(printf '%04X' "$relay_port")" ] ||
    fail "somebody was dialled: UDP ports $(ports udp)"
relay_stop
relay_healthy

# The same look finds one that listens.
: >"$tmp/tokens"
"$BUILD/regress/auth/wzp-auth" -T 20 -s "$tmp/tokens" -l "$tmp/auth.log" \
    -o "$tmp/auth.port" &
auth=$!
until_true 10 test -s "$tmp/auth.port" || fail "no server to look for"
found=$(ports tcp)
kill "$auth"
[ "$found" = "$(printf '%04X' "$(cat "$tmp/auth.port")")" ] ||
    fail "control: a TCP port was not seen: '$found'"

# What the original had and did nothing, or harm, is no setting here.
cp "$relay/relayd.conf" "$tmp/good"
"$RELAYD" -n -f "$tmp/good" >"$tmp/out" 2>&1 || fail "$(cat "$tmp/out")"
n=$(($(wc -l <"$tmp/good") + 1))
while read -r word rest; do
	{
		cat "$tmp/good"
		echo "$word $rest"
	} >"$tmp/conf"
	"$RELAYD" -n -f "$tmp/conf" >"$tmp/out" 2>&1 &&
	    fail "accepted: $word $rest"
	grep -q -e "$tmp/conf:$n: .*$word" "$tmp/out" ||
	    fail "'$word $rest': $(cat "$tmp/out")"
done <<!
ws_port 8080
metrics_port 9090
static_dir "/tmp"
remote_relay "127.0.0.1:4433"
forward to 127.0.0.1
trunking_enabled yes
jitter_target_depth 50
jitter_max_depth 250
log_level debug
max_sessions 100
probe_mesh yes
debug_tap "*"
event_log "/tmp/events"
!
for o in --ws-port --metrics-port --remote --trunking --event-log; do
	"$RELAYD" $o 9 -n -f "$tmp/good" >"$tmp/out" 2>&1 &&
	    fail "accepted: $o"
	grep -q '^usage: relayd' "$tmp/out" || fail "$o: $(cat "$tmp/out")"
done
# The original's own file: nothing in it is taken for something.
cat >"$tmp/conf" <<!
listen_addr = "127.0.0.1:$relay_port"
ws_port = "8080"
[[peers]]
url = "127.0.0.1:4433"
!
"$RELAYD" -n -f "$tmp/conf" >"$tmp/out" 2>&1 && fail "accepted: its own file"
grep -q "$tmp/conf:3: " "$tmp/out" || fail "its own file: $(cat "$tmp/out")"
