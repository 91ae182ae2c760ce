#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: federation: relayd -F, and wrong configurations of peers, global
# COVERS: federation: rooms and probes: each error says what to do
# COVERS: federation: a reload adds and removes peers; federd and lookupd come
# COVERS: federation: and go with them
# COVERS: federation: wzpctl peer: who may, and which peers there are
#
# shellcheck disable=SC2119
. "$SRCDIR/regress/lib.sh"

conf=$tmp/relayd.conf
tail=:62:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77
# bad LINENUMBER WORDS LINE...: refused with those words
bad()
{
	line=$1
	words=$2
	shift 2
	printf '%s\n' "listen on 10.1.1.1 port 4433" "legacy clients allow" \
	    "$@" >"$conf"
	"$RELAYD" -n -f "$conf" >"$tmp/out" 2>&1 && {
		cat "$conf"
		fail "accepted: $words"
	}
	grep -F -e "$conf:$line" "$tmp/out" | grep -qF -e "$words" || {
		cat "$conf" "$tmp/out"
		fail "no error $conf:$line ... $words"
	}
}
bad 3 "aa:bb: and so on; \`relayd -F' there prints it" \
    'peer x { fingerprint "0c:62" }'
bad 3 "that is the fingerprint of a client" \
    'peer x { fingerprint "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa" }'
bad 3 "that is the short form which clients show" \
    'peer x { fingerprint "0123456789abcdef" }'
bad 3 "without its fingerprint" 'peer x { address 10.0.0.1 }'
bad 3 "without its address" "peer x { legacy; fingerprint 0c$tail }"
bad 4 "there is a peer of that name already near 'x'" \
    "peer x { fingerprint 0c$tail }" "peer x { fingerprint 0d$tail }"
bad 4 "peer x has that fingerprint already near 'y'" \
    "peer x { fingerprint 0c$tail }" "peer y { fingerprint 0c$tail }"
bad 4 "unknown option of a peer near 'adress'" \
    "peer x {" "	adress 10.0.0.1" "	fingerprint 0c$tail" "}"
bad 3 "neither an IP address nor a host name near '10.0.0.1.2'" \
    "peer x { address 10.0.0.1.2; fingerprint 0c$tail }"
bad " peer x" "that is this relay itself" \
    "peer x { address 10.1.1.1; fingerprint 0c$tail }"
bad 3 "those of calls" "global room call-1"
bad 3 "nobody could join" 'global room "two words"'
bad 4 "that room is global already" "global room a" "global room A"
bad 4 "probed already" "probe a.example" "probe A.Example port 4433"
bad " \`federation no'" "but there are peers" "federation no" \
    "peer x { fingerprint 0c$tail }"

# What others need of this relay: the vector of wzp-protocol, appendix A.
RELAY_SEED=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
relay_conf
"$RELAYD" -F -f "$relay/relayd.conf" >"$tmp/out" 2>"$tmp/err" ||
    fail "relayd -F fails"
own=0c:62:cf:b5:b9:e3:7c:77:ae:81:3d:9b:c3:5d:5c:ef:53:e1:2b:0a:bb:d8:e6:3b:4b:42:99:95:7d:6f:37:a9
[ "$(cat "$tmp/out")" = "$own" ] || fail "relayd -F: $(cat "$tmp/out")"

# Its own stanza comes back to it.
relay_conf "peer me { fingerprint $own }"
"$RELAYD" -d -L "$BUILD" -f "$relay/relayd.conf" >"$tmp/out" 2>&1 &&
    fail "a relay is its own peer"
grep -q "peer me has the fingerprint of this relay" "$tmp/out" || {
	cat "$tmp/out"
	fail "it is not said that this is its own fingerprint"
}

has()
{
	[ -n "$(worker_pid "$1")" ]
}
hasnt()
{
	! has "$1"
}
# refused STATUS WORDS ARGUMENT...: wzpctl ends with that and says so
refused()
{
	want=$1
	words=$2
	shift 2
	ctl "$@" >"$tmp/out" 2>&1
	got=$?
	[ "$got" = "$want" ] || fail "wzpctl $*: status $got, want $want"
	grep -qF -e "$words" "$tmp/out" || {
		cat "$tmp/out"
		fail "wzpctl $*: does not say: $words"
	}
}
# Two reloads within 200 ms are one too many.
not_so_soon()
{
	ctl reload >"$tmp/out" 2>&1
	status=$?
	! grep -q "reloaded a moment ago" "$tmp/out"
}
# reload WHAT: it is taken
reload()
{
	until_true 5 not_so_soon
	[ "$status" = 0 ] || fail "$1 is not taken: $(cat "$tmp/out")"
}
# reload_fails WORDS: it is not, and they say why
reload_fails()
{
	until_true 5 not_so_soon
	[ "$status" = 1 ] || fail "taken, but: $1"
	grep -qF -e "$1" "$tmp/out" || fail "$(cat "$tmp/out"), but not: $1"
}

relay_start
if has federd || has lookupd; then
	fail "federd or lookupd without anything for them"
fi
refused 1 "federd is not running" peer north down
refused 1 "federd is not running" show peers
refused 1 "federd is not running" show mesh
refused 2 "peer NAME up" peer north
refused 2 "peer NAME up" peer north sideways
refused 2 "no name of a peer" peer "two words" up

# A peer that dials us: federd alone.
cp "$relay/relayd.conf" "$tmp/plain.conf"
echo "peer north { fingerprint 0d$tail }" >>"$relay/relayd.conf"
reload "a peer"
until_true 5 has federd || fail "federd does not come"
hasnt lookupd || fail "lookupd without a name"
pid=$(worker_pid federd)
# Whom it does not know, it does not switch.
refused 1 "no such peer" peer south down
refused 1 "no such peer" show peers south
ctl peer north down >"$tmp/out" || fail "wzpctl peer north down"
grep -qx "peer north: down" "$tmp/out" || fail "$(cat "$tmp/out")"
ctl peer north up >/dev/null || fail "wzpctl peer north up"
ctl show peers | grep -q '^north ' || fail "wzpctl show peers"
[ "$(ctl -j show peers north | json_field fingerprint)" = "0d$tail" ] ||
    fail "wzpctl -j show peers north"
# Not by one who may only look.
saved=$relay_sock
relay_sock=$relay/run/relayd.ro.sock
refused 1 "read-only" peer north down
ctl show peers >/dev/null || fail "a read-only socket shows no peers"
relay_sock=$saved

# The own fingerprint, and a mistake: nothing changes.
echo "peer me { fingerprint $own }" >>"$relay/relayd.conf"
reload_fails "peer me has the fingerprint of this relay"
sed -i '/^peer me/d' "$relay/relayd.conf"
echo "peer north { fingerprint 0e$tail }" >>"$relay/relayd.conf"
reload_fails "there is a peer of that name already"
sed -i '$d' "$relay/relayd.conf"

# One with a name: lookupd too; federd stays and learns of it.
if [ -x "$BUILD/lookupd/lookupd" ]; then
	echo "peer south { address relay.invalid; fingerprint 0f$tail }" \
	    >>"$relay/relayd.conf"
	reload "a peer with a name"
	until_true 5 has lookupd || fail "lookupd does not come"
	known()
	{
		ctl show peers | grep -q '^south '
	}
	until_true 5 known || fail "federd does not know the new peer"
	[ "$(worker_pid federd)" = "$pid" ] || fail "federd was restarted"
fi

# None: both go.
cp "$tmp/plain.conf" "$relay/relayd.conf"
reload "no peer"
until_true 10 hasnt federd || fail "federd stays"
until_true 10 hasnt lookupd || fail "lookupd stays"
relay_stop
relay_healthy
