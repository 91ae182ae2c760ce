#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5 - two that dial each other have one link in the end;
# COVERS: wzpctl peer NAME down|up; one that only the other one dials
. "$SRCDIR/regress/federation/fed.inc"

fed_relay a
fed_relay b
fed_relay c
fed_link a b
fed_peer a c
fed_peer c a passive
fed_start a b c
fed_up a b
fed_up a c
[ "$(fed_cell a c direction)" = out ] || fail "a has not dialled c"
[ "$(fed_cell c a direction)" = in ] || fail "c was not dialled"

# The same link for both.
one()
{
	fed_is_up a b || return 1
	case $(fed_cell a b direction)-$(fed_cell b a direction) in
	in-out | out-in)
		;;
	*)
		return 1
		;;
	esac
	[ "$(fed_cell a b connections)" = 1 ] &&
	    [ "$(fed_cell b a connections)" = 1 ]
}
for i in 1 2 3 4; do
	until_true 10 one || fail "a and b have not the same one link"
	# Both at once: what each dials crosses what the other one does.
	fed_ctl a peer b down && fed_ctl b peer a down ||
	    fail "round $i: down is refused"
	fed_down a b
	fed_ctl a peer b up && fed_ctl b peer a up ||
	    fail "round $i: up is refused"
	fed_up a b
done
until_true 10 one || fail "a and b have not the same one link"

# Down is down until it is up, whoever dials; c is not concerned.
fed_ctl a peer b down || fail "down is refused"
fed_down a b
fed_listen bob b --accept generic --mute
fed_call alice a bob --mute
fed_leaves alice 10 1
[ -z "$(fed_event alice ringing)" ] || fail "a call goes where no link is"
fed_is_down a b || fail "what was taken down came up by itself"
fed_is_up a c || fail "another link went down with it"
if fed_ctl a peer nobody down 2>/dev/null; then
	fail "a peer that is not there was taken down"
fi
fed_ctl a peer b up || fail "up is refused"
fed_up a b
fed_call alice a bob --mute --seconds 1
fed_leaves alice 15
fed_quiet
fed_done
