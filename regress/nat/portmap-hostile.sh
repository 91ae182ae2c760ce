#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: client - port mapping with a hostile router: garbage, mappings that
# COVERS: cannot be, descriptions elsewhere, moved, without end, never: no
# COVERS: mapping, no word to anybody else, and the helper goes on
#
# LIMIT: 120
. "$SRCDIR/regress/nat/portmap.inc"

BAD=$BUILD/regress/nat/badrouter
web_pid=

# bad MODE
bad()
{
	: >"$tmp/bad"
	nsenter --net=/run/netns/gw "$BAD" "$1" $GATEWAY $OUTSIDE \
	    >"$tmp/bad" 2>&1 </dev/null &
	router_pid=$!
	lab_pids="$lab_pids $router_pid"
	wait_for "$tmp/bad" ready 5
}

bad_over()
{
	kill "$router_pid"
	until_true 5 router_gone || fail "the router stays"
}

# The helper alone, no child of it at work.
rests()
{
	[ "$(helper | wc -l)" -eq 1 ]
}

# refuses MODE LINE: an attempt that came so far ends, without a mapping
refuses()
{
	bad "$1"
	client_begins
	until_true 10 grep -q "^$2" "$tmp/bad" || {
		cat "$tmp/bad"
		fail "$1: was not asked"
	}
	until_true 10 rests || fail "$1: $(helper)"
	[ ! -s "$tmp/out" ] || fail "$1: $(cat "$tmp/out")"
	locked_in
	kill -0 "$client_pid" || fail "$1: the client is gone"
	if grep -v ready "$tmp/web"; then
		fail "$1: somebody else was spoken to"
	fi
	client_over "$1"
	bad_over
}

world
: >"$tmp/web"
nsenter --net=/run/netns/out "$BAD" web $OUTSIDE - >"$tmp/web" 2>&1 \
    </dev/null &
web_pid=$!
lab_pids="$lab_pids $web_pid"
wait_for "$tmp/web" ready 5

# A router like that is believed if it behaves.
bad good
client_begins
until_true 10 grep -q "^upnp $PUBLIC:$PORT" "$tmp/out" || {
	cat "$tmp/out" "$tmp/bad"
	fail "good: no mapping"
}
exec 5>&-
wait "$client_pid" || fail "good: the client failed"
until_true 5 grep -c '^POST' "$tmp/bad" >/dev/null
bad_over

refuses pcp search
for p in pcp nat-pmp; do
	grep -q "^$p" "$tmp/bad" || fail "$p: $(cat "$tmp/bad")"
done
refuses elsewhere search
refuses control "GET /desc"
refuses redirect "GET /desc"
refuses endless "GET /desc"
refuses silent "GET /desc"


# The one elsewhere could have been spoken to.
in_ns host "$BAD" get $OUTSIDE - || fail "the host does not reach the world"
wait_for "$tmp/web" "^GET /get" 5
echo "no mapping by any of six hostile routers"
