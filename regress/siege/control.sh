#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: the harness objects to a datagram lost, a descriptor left open,
# COVERS: siege: a line or count that is not there, a process that is another
. "$SRCDIR/regress/lib.sh"

# objects NAME TEXT [SETTING...]: the siege on standard input fails, and says so
objects()
{
	name=$1
	text=$2
	shift 2
	{
		# shellcheck disable=SC2016
		echo '. "$SRCDIR/regress/siege/siege.inc"'
		cat
	} >"$tmp/$name.sh"
	if env "$@" sh "$tmp/$name.sh" >"$tmp/$name.out" 2>&1; then
		cat "$tmp/$name.out"
		fail "$name: not noticed"
	fi
	tail -n 1 "$tmp/$name.out" | grep -q -e "$text" || {
		cat "$tmp/$name.out"
		fail "$name: fails for another reason than: $text"
	}
}

# All four are fine where nothing happens.
cat >"$tmp/peace.sh" <<'!'
. "$SRCDIR/regress/siege/siege.inc"
siege_begin
siege_end
!
sh "$tmp/peace.sh" >"$tmp/peace.out" 2>&1 || {
	cat "$tmp/peace.out"
	fail "peace: $(tail -n 1 "$tmp/peace.out")"
}

objects lost 'the call beside it.* 1 of [0-9]* lost' \
    SIEGE_PULSE=withhold=10 <<'!'
siege_begin
siege_end
!
objects line "no line like 'nobody says this'" <<'!'
siege_begin
siege_log 'nobody says this'
!
objects counter 'undecodable of signald grew by 0, not 1' <<'!'
siege_begin
siege_count signald undecodable 1
!
# A control client that neither says anything nor leaves is thrown out after
# five seconds; one second is too short for that.
objects descriptor 'not as before: controld .* descriptors' SIEGE_SETTLE=1 \
    <<'!'
siege_begin
(printf 'show cal'; sleep 4) | "$BUILD/regress/siege/rude" "$relay_sock" \
    >"$tmp/rude.out" 2>&1 &
in_there()
{
	siege_as_before && return 1
	return 0
}
until_true 5 in_there || fail "it is not there"
siege_end
!
# A client that is still there: tables.
objects table 'not as before: .*clients: 3' SIEGE_SETTLE=1 <<'!'
siege_begin
siege_script stays <<'@'
connect a sni=_signal
expect-up a
send a {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":null}}
expect a {"RegisterPresenceAck":*}
vanish a
@
siege_wire stays
siege_end
!
objects worker 'not the same processes' <<'!'
siege_begin
kill -9 "$(worker_pid registryd)"
siege_end
!
