#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: a call is in the registry after the relay was restarted
# COVERS: relay: calls that a crash of everything leaves are closed as lost
# COVERS: registration rules: a proof is remembered across restarts
. "$SRCDIR/regress/lib.sh"

relay_start
inc=$SRCDIR/regress/wire/inc
cat >"$tmp/ended.wire" <<!
include $inc/active.inc
send alice {"Hangup":{"reason":"Normal"}}
expect bob {"Hangup":{"reason":"Normal"}}
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":\$C.pub,"signature":[],
	"alias":null,"proof":\$C.proof(c)}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
cat >"$tmp/live.wire" <<!
include $inc/alice-bob.inc
send alice {"DirectCallOffer":{\$AB,"call_id":"c2",\$REST}}
expect bob {"DirectCallOffer":{\$AB,"call_id":"c2",\$REST}}
expect alice {"CallRinging":{"call_id":"c2"}}
send bob {"DirectCallAnswer":{"call_id":"c2","accept_mode":"AcceptTrusted"}}
expect alice {"DirectCallAnswer":*}
expect alice {"CallSetup":*}
expect bob {"CallSetup":*}
shell kill -9 \$\$RELAY_PID \$\$(cat /proc/\$\$RELAY_PID/task/\$\$RELAY_PID/children)
ignore alice
ignore bob
!
cat >"$tmp/unproven.wire" <<!
include $inc/people.inc
connect c sni=_signal
expect-up c
send c {"RegisterPresence":{"identity_pub":\$C.pub,"signature":[],
	"alias":null}}
expect-close c app code=0 reason=""
!
# row CALL_ID: its row in one line without blanks
row()
{
	ctl -j show calls | tr -d ' \n' | tr '{' '\n' | grep "\"$1\""
}
# has CALL_ID WANT...: its row has all these cells
has()
{
	call=$1
	shift
	for w; do
		row "$call" | grep -qF -e "$w" || return 1
	done
}
peer "$tmp/ended.wire" || fail "no call"
relay_stop
relay_restart
has c1 '"state":"ended"' '"reason":"normal"' '"mode":"generic"' \
    '"caller":"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"' \
    '"callee":"66d1:c03b:f3bc:01bd:4cf8:23d7:df4e:19f2"' || {
	row c1
	fail "the call is not in the registry after a restart"
}
# Addresses are kept where that is said, and nobody else reads the records.
row c1 | grep -q _addr && fail "an address is kept: $(row c1)"
[ -z "$(find "$relay" -name '*.db*' -perm /077)" ] ||
    fail "others may read the database: $(ls -l "$relay")"
[ -n "$(find "$relay" -name '*.db*')" ] || fail "no database in $relay"
peer "$tmp/unproven.wire" || fail "a proof is forgotten by a restart"

# Everything dies at once in the middle of a call.
peer "$tmp/live.wire" || fail "no call to be lost"
until_true 5 relay_gone || fail "the relay survives kill -9"
wait "$relay_pid" 2>/dev/null
relay_pid=
echo "registry addresses yes" >>"$relay/relayd.conf"
relay_restart
lost()
{
	has c2 '"state":"ended"' '"reason":"lost"' '"mode":"trusted"'
}
until_true 5 lost || {
	row c2
	fail "the call that was live is not closed as lost"
}
has c1 '"reason":"normal"' || fail "the other call has changed"
peer "$tmp/ended.wire" || fail "no call with addresses"
has c1 '"caller_addr":"127.0.0.1:' '"callee_addr":"127.0.0.1:' || {
	row c1
	fail "no addresses, though the configuration wants them"
}
relay_stop
