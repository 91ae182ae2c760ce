#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: sandbox: the memory of every process but keyd, in a call, has
# COVERS: neither the seed nor what is made of it (as root; a made and a
# COVERS: loaded seed); others may not read it (any user)
#
# LIMIT: 300
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/sandbox/sandbox.inc"

need_sandbox
MEMSCAN=$BUILD/regress/sandbox/memscan

# In the call: what each process has in its memory.
cat >"$tmp/scan" <<'!'
set -u
fail()
{
	echo "$*"
	echo "$*" >"$TMP/failed"
	exit 1
}
# must STATUS ARGUMENT...: the scanner's
must()
{
	want=$1
	shift
	"$MEMSCAN" "$@"
	got=$?
	[ $got -eq "$want" ] || fail "memscan $*: status $got, wanted $want"
}
keyd=$(sed -n '/^keyd/p' "$TMP/list")
signald=$(sed -n '/^signald/p' "$TMP/list")
others=$(sed '/^keyd/d' "$TMP/list")
for w in keyd registryd signald federd mediad0 mediad1 doord controld \
    ${LOOKUPD:-}; do
	grep -q "^$w" "$TMP/list" || fail "no $w"
done

if [ "$(id -u)" -ne 0 ]; then
	# shellcheck disable=SC2086
	must 0 -d "relayd=$RELAY_PID" $keyd $others
	# One that is not locked up can be read.
	must 1 -d "shell=$$"
	touch "$TMP/done"
	exit 0
fi
# As root, and as the user of a worker that was taken over.
command -v setpriv >/dev/null && for u in keyd signald mediad; do
	u=$(sed -n "s,^user $u ,,p" "$RELAY/relayd.conf")
	# shellcheck disable=SC2086
	setpriv --reuid "$u" --regid "$u" --clear-groups \
	    "$MEMSCAN" -d "relayd=$RELAY_PID" $keyd $others ||
	    fail "uid $u may read a process"
done
# shellcheck disable=SC2086
must 0 -s "$RELAY/relay.seed" "relayd=$RELAY_PID" $others
# The scanner finds them where they are,
"$MEMSCAN" -s "$RELAY/relay.seed" "$keyd" >"$TMP/keyd"
[ $? -eq 1 ] || fail "nothing in keyd"
cat "$TMP/keyd"
for what in 'seed, first half' 'seed, second half' 'identity key, first' \
    'TLS key, first'; do
	grep -q "found: $what" "$TMP/keyd" || fail "keyd has no $what?"
done
# and in another process what is there.
[ -z "${LOOKUPD:-}" ] || exit 0
fp=$("$WZPCTL" -s "$SOCK" -j show clients | tr ',{' '\n\n' |
    sed -n 's/.*"fingerprint": *"\([0-9a-f:]*\)".*/\1/p' | sed -n 1p)
[ ${#fp} -eq 39 ] || fail "no client"
must 1 -t "fingerprint=$fp" "$signald"
must 0 -t "fingerprint=$fp" "$keyd"
touch "$TMP/done"
!

# call E E: writes the script; an ephemeral key is good for one CallOffer
call()
{
	cat >"$tmp/call.wire" <<!
include $SRCDIR/regress/wire/inc/active.inc
connect ma sni=call-c1
expect-up ma
send ma {"CallOffer":{"identity_pub":\$A.pub,"ephemeral_pub":\$$1.pub,
	"signature":\$A.sig(offer,$1),"supported_profiles":[\$GOOD],
	"alias":null}}
expect ma {"CallAnswer":*}
expect ma {"RoomUpdate":*}
connect mb sni=call-c1
expect-up mb
send mb {"CallOffer":{"identity_pub":\$B.pub,"ephemeral_pub":\$$2.pub,
	"signature":\$B.sig(offer,$2),"supported_profiles":[\$GOOD],
	"alias":null}}
expect mb {"CallAnswer":*}
expect~ mb {"RoomUpdate":{"count":2,"participants":*}}
expect~ ma {"RoomUpdate":{"count":2,"participants":*}}
datagram mb 003400000000000000000000bb
expect-datagram ma 003400000000000000000000bb
limit 60000
shell MEMSCAN=$MEMSCAN sh $tmp/run >$tmp/out 2>&1
limit 5000
datagram mb 003400000000000000000000cc
expect-datagram ma 003400000000000000000000cc
!
}
# What memscan takes: a name, the process, its slot.
cat >"$tmp/run" <<!
SRCDIR=$SRCDIR
BUILD=$BUILD
WZPCTL=$WZPCTL
relay=$relay
!
cat >>"$tmp/run" <<'!'
. "$SRCDIR/regress/sandbox/sandbox.inc"
processes | awk '{
	print $1 $2 "=" $4 ($3 == "-" ? "" : ":" $3)
}' >"$TMP/list"
cat "$TMP/list"
. "$TMP/scan"
!

keyd_back()
{
	[ "$(grep -c 'keyd serves' "$relay/log")" -eq 2 ]
}

relay_start "$FEDERATION" "$MEDIADS"
for seed in made loaded again; do
	echo "--- seed $seed"
	rm -f "$tmp/done"
	call E1 E2
	if [ $seed = again ]; then
		# relayd reads it once more for the next keyd.
		call E3 E4
		kill -9 "$(worker_pid keyd)"
		until_true 10 keyd_back || fail "keyd is not back"
	fi
	peer "$tmp/call.wire"
	status=$?
	cat "$tmp/out"
	[ ! -f "$tmp/failed" ] || fail "$(cat "$tmp/failed")"
	[ $status -eq 0 ] || fail "no call"
	[ -f "$tmp/done" ] || fail "not scanned"
	relay_healthy keyd
	[ $seed != made ] || {
		relay_stop
		relay_restart
	}
done
relay_stop

echo "--- lookupd"
rm -f "$tmp/done"
relay_start "$FEDERATION" "$MEDIADS" "$AUTH"
LOOKUPD=lookupd MEMSCAN=$MEMSCAN SOCK=$relay_sock RELAY=$relay \
    RELAY_PID=$relay_pid TMP=$tmp sh "$tmp/run" || fail "a secret in memory"
relay_healthy
relay_stop
