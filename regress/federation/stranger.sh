#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a relay that nobody configured is refused, and named in
# COVERS: the log as a stanza that lets it in; reloads make, change and end
# COVERS: links; a name leads to a peer; show mesh
. "$SRCDIR/regress/federation/fed.inc"

fed_relay a "probe \"127.0.0.1\" port 9"
fed_relay b "federation yes"
# By name: the file of hosts has this one.
cat >>"$tmp/a/relayd.conf" <<-!
	peer "b" {
		address "localhost" port $(cat "$tmp/b/port")
		fingerprint "$(cat "$tmp/b/fp")"
	}
	!
sed -i "s/ port 9\$/ port $(cat "$tmp/b/port")/" "$tmp/a/relayd.conf"
cp "$tmp/b/relayd.conf" "$tmp/alone.conf"
fed_start a b

# peer_is RELAY NAME CELL VALUE
peer_is()
{
	[ "$(fed_cell "$1" "$2" "$3")" = "$4" ]
}

reload()
{
	fed_ctl "$1" reload >/dev/null || fail "$1 does not read its new file"
}

wait_for "$tmp/b/log" 'not a relay of relayd.conf' "$FED_UP"
until_true "$FED_UP" peer_is a b error "the peer refuses us" ||
    fail "a was not refused: $(fed_cell a b error)"
stanza=$(sed -n 's/.*to have it: \(peer .*}\)$/\1/p' "$tmp/b/log" | head -n 1)
[ -n "$stanza" ] || fail "the log of b has no stanza"
case $stanza in
*"$(cat "$tmp/a/fp")"*)
	;;
*)
	fail "the stanza is not about a: $stanza"
	;;
esac
# As it stands there, but for the name.
echo "$stanza" | sed 's/^peer "[^"]*"/peer "a"/' >>"$tmp/b/relayd.conf"
reload b
fed_up a b 30
peer_is b a direction in || fail "b has dialled somebody"
peer_is a b direction out || fail "a has not dialled"

# Once more the same file: nothing happens to the link.
links=$(fed_cell a b links)
reload a
reload b
fed_up a b
peer_is a b links "$links" || fail "a reload that changed nothing cost a link"

# Somebody else is to be there: the link ends, and does not come back.
cp "$tmp/a/relayd.conf" "$tmp/right.conf"
sed -i "s/$(cat "$tmp/b/fp")/$(tr 0-9a-f 1-9a-f0 <"$tmp/a/fp")/" \
    "$tmp/a/relayd.conf"
reload a
until_true "$FED_UP" peer_is a b error "its certificate is another one" ||
    fail "a took another certificate: $(fed_cell a b error)"
fed_is_down a b || fail "a link with the wrong one"
cp "$tmp/right.conf" "$tmp/a/relayd.conf"
reload a
fed_up a b 30

# Not configured any more.
cp "$tmp/alone.conf" "$tmp/b/relayd.conf"
reload b
[ -z "$(fed_cell b a state)" ] || fail "b still has its peer"
until_true "$FED_UP" peer_is a b error "the peer refuses us" ||
    fail "a has not noticed: $(fed_cell a b error)"

# The probe goes on: anybody is answered.
probed()
{
	[ "$(fed_rows a mesh | json_field state | head -n 1)" = up ] &&
	    [ -n "$(fed_rows a mesh | json_field rtt_ms | head -n 1)" ]
}
until_true 10 probed || fail "the probe says nothing: $(fed_rows a mesh)"
fed_done
