#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - a chain of four: both in between let calls of others
# COVERS: through, or one of them does not
. "$SRCDIR/regress/federation/fed.inc"

for r in a b c d; do
	fed_relay $r
done
fed_link a b transit
fed_link b c transit
fed_link c d transit
fed_start a b c d
fed_up a b
fed_up b c
fed_up c d

"$audio/source" speech 11 "$speech" "$tmp/said.wav" >/dev/null ||
    fail "no speech"
fed_listen bob d --accept generic --once --mute --record "$tmp/heard.wav"
fed_call alice a bob --play "$tmp/said.wav"
fed_leaves alice 60
fed_leaves bob 20
fed_heard "$tmp/said.wav" "$tmp/heard.wav"
call=$(fed_event alice setup | json_field call_id)
fed_both_registry a d "$call" normal federated-relay
for r in b c; do
	[ -z "$(fed_history $r "$call" state)" ] ||
	    fail "$r, in between, has written the call down"
done
echo "ringing after $(($(fed_time alice ringing) -
    $(fed_time alice offer_sent))) ms"

# The callee hangs up; and somebody who is nowhere.
fed_listen bob d --accept generic --once --tone 440 --seconds 1
fed_call alice a bob --tone 500
fed_leaves alice 15
fed_is alice hangup by peer
fed_leaves bob 10
mkdir "$tmp/nobody"
echo 0123:4567:89ab:cdef:0123:4567:89ab:cdef >"$tmp/nobody/fp"
absent()
{
	fed_call alice a "$1" --mute
	fed_leaves alice 10 1
	fed_not_found alice "$1"
}
absent nobody

# b lets nobody through any more.
sed -i '/transit/d' "$tmp/b/relayd.conf"
reloaded()
{
	fed_ctl b reload >/dev/null 2>&1
}
until_true 5 reloaded || fail "b does not read its configuration"
fed_up a b
fed_up b c
fed_listen bob d --accept generic --mute
absent bob
[ -z "$(fed_event bob incoming)" ] || fail "the call came through"
fed_quiet
fed_done
