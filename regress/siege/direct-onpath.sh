#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: who sees each datagram of a direct call sends them again, one
# COVERS: siege: bit changed, cut, made longer, in both names; checks with a
# COVERS: siege: wrong MAC; the call's name and no key: a wrong proof, another
# COVERS: siege: first message, no check before it
. "$SRCDIR/regress/siege/direct.inc"
ONPATH=$BUILD/regress/siege/onpath
ME=10.77.1.1

siege_begin
"$ONPATH" watch -n 250 -x "$relay_port" "$tmp/seen" &
watcher=$!
until_true 5 test -f "$tmp/seen.up" || fail "nobody watches"
direct_begin 8
wait "$watcher" || fail "he saw too little"
# Who dialled has sent the first Initial (RFC 9000 17.2.2).
# shellcheck disable=SC2046
set -- $(awk '$5 ~ /^[c-f]/ && length($5) >= 2400 { print $2, $4; exit }' \
    "$tmp/seen")
dialer=$1
acceptor=$2
accepts=a
dials=b
if grep -q -x "$acceptor" "$tmp/b.ports"; then
	accepts=b
	dials=a
fi
name=call-call-$(grep '"event":"path"' "$tmp/a" | head -n 1 |
    json_field call_id | tr '[:upper:]' '[:lower:]')

# forge ARGUMENT...: he sends at least so many as $1 in their names
forge()
{
	least=$1
	shift
	siege_attack "$ONPATH" forge "$@" "$tmp/seen"
	forged=$(cat "$tmp/attack.out")
	[ "$forged" -ge "$least" ] || fail "only $forged packets: $*"
}
for kind in replay bit cut long; do
	forge 250 $kind
	forge 250 -f $ME -p 9 $kind
done
forge 1 -t "$dialer" mac
macs_dialer=$forged
forge 1 -t "$acceptor" mac
macs_acceptor=$forged

# Three who answer nobody's checks; the acceptor has had one in the name of
# the first two, as somebody else had sent it.
for s in s1 s2 s3; do
	eval "$s=$("$PEER" -f 20000-29999)"
done
# shellcheck disable=SC2154
for s in $s1 $s2; do
	forge 1 -f $ME -p "$s" -t "$acceptor" check
done
zeros=$(printf '%032d' 0 | sed 's/0/,0/g; s/^,//')
# shellcheck disable=SC2154
siege_script strangers <<!
socket s1 $ME port=$s1
socket s2 $ME port=$s2
socket s3 $ME port=$s3
connect wrong socket=s1 to=$ME:$acceptor sni=$name
expect-up wrong
send wrong {"DirectProof":{"mac":[$zeros]}}
expect-close wrong app reason="wrong proof"
connect again socket=s1 to=$ME:$acceptor sni=$name
expect-close again transport
connect other socket=s2 to=$ME:$acceptor sni=$name
expect-up other
send other {"Ping":{"timestamp_ms":1}}
expect-close other app reason="no proof"
connect unasked socket=s3 to=$ME:$acceptor sni=$name
expect-close unasked transport
connect elsewhere socket=s2 to=$ME:$acceptor sni=call-call-other
expect-close elsewhere transport
connect back socket=s2 to=$ME:$dialer sni=$name
expect-close back transport
!
siege_wire strangers
direct_said $accepts "\"warning\",\"call_id\":[^}]*\"text\":\"$ME:$s1 is not the person called\""
direct_said $accepts "direct: a connection of $ME:$s1 is refused"
direct_said $accepts "direct: a connection of $ME:$s3 is refused"
direct_said $dials "direct: a connection of $ME:$s2 is refused"
direct_end
# Beside the checks: wrong, again, other, unasked, elsewhere; back.
direct_count $accepts strangers $((macs_acceptor + 5))
direct_count $dials strangers $((macs_dialer + 1))
siege_end
