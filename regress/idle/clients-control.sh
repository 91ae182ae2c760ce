#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - control of the idle clients: people who fell silent, one whose key is not proven, and memory that does not come back are noticed
# LOAD: light
# LIMIT: 90
. "$SRCDIR/regress/idle/idle.inc"

# objects PATTERN COMMAND...: the command fails and says why
objects()
{
	pattern=$1
	shift
	if said=$( (trap - EXIT; "$@") 2>&1); then
		fail "$*: no objection"
	fi
	echo "$said" | grep -q -e "$pattern" ||
	    fail "$*: another objection: $said"
}

relay_start
idle_start 40 -s 20 -I 3000 -k 1000 -u 1
idle_say register registered 30
said_is registered 40
objects '39 of 40 have proved' everybody

# Two of forty: their last word was a registration.  Nobody tells anybody;
# the relay drops them without a packet when their idle time is over.
idle_say mute muted 5
idle_say "idle 5" idle 30
lost=$said
echo "$lost"
objects 'registered is 38 instead of 40' said_is registered 40
until_true 10 gauge_is signald clients 38 ||
    fail "$(gauge signald clients) instead of 38 are registered"
objects '38 of 40 are registered' everybody
# He who calls is not one of them; somebody of those 39 is.
: >"$tmp/idle.out"
idle_say "ring 39" rang 120
echo "$said"
objects 'rang is 37 instead of 39' said_is rang 39

# As many bytes and microseconds as are put in come out.
{
	echo "signald 7 1000000 500000"
	echo "doord 8 4096 1000"
} >"$tmp/e"
sed 's/ 500000$/ 700000/' "$tmp/e" >"$tmp/t"
sed -e 's/ 1000000 500000$/ 1400000 1100000/' "$tmp/e" >"$tmp/l"
people=40
said=$(figures "$tmp/e" "$tmp/t" "$tmp/l" 10 Pss \
    '{"ev":"idle","in":80,"out":120}')
echo "$said"
for f in '"bytes_per_client":10000,' '"signald":10000,' '"doord":0' \
    '"us_per_client_s":1000.00,' '"in":18.00,"out":12.00'; do
	echo "$said" | grep -q -F -e "$f" || fail "no $f: $said"
done
idle_end
relay_stop
