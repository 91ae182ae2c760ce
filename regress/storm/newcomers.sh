#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: siege: new clients at rates of their own, more than are answered: each is registered, refused or has left, nobody who was there notices; how many are in time is unit/quic_storm_test's
# LIMIT: 120
# LOAD: alone
. "$SRCDIR/regress/lib.sh"
set -- "media workers 1"
for l in initial-rate handshake-rate token-rate source-connections \
    registration-rate registration-source-rate; do
	set -- "$@" "limit $l 1000000"
done

# judge FILE: what is wrong with the line of a storm; nothing: it is good
judge()
{
	tr '{},[]' '\n\n\n\n\n' <"$1" | awk -F: '
		function step() {
			if (offered != told)
				print "of " offered " offered " told " are told of"
			offered = told = 0
		}
		/"rate"/ { step(); steps++ }
		/"offered"/ { offered = $2; all += $2 }
		/"(in_time|late|refused|given_up)"/ { told += $2 }
		/"in_time"/ { in_time += $2 }
		/"lost"/ && $2 > 0 { print $2 " who were there were lost" }
		/"media_loss"/ && steps == 0 && $2 > 0.05 {
			print "media lost " $2
		}
		END {
			step()
			if (steps != 2 || all == 0)
				print "not two steps"
			if (in_time == 0)
				print "nobody was registered in time"
		}'
}

relay_start "$@"
"$BUILD/bench/wzp-bench" storm -m 1000 -n 2 -r 50,1500 -p "$relay_pid" \
    "$relay_addr" >"$tmp/line" || fail "no storm"
cat "$tmp/line"
why=$(judge "$tmp/line")
[ -z "$why" ] || fail "$why"
empty()
{
	[ "$(ctl -j show stats | tr '{' '\n' | grep '"signald"' |
	    json_field quic_connections)" = 0 ]
}
until_true 30 empty || fail "connections are left over"
relay_stop
relay_healthy

# Negative control: what the judge is there for.
# objects PATTERN SED
objects()
{
	sed "$2" "$tmp/line" >"$tmp/wrong"
	! cmp -s "$tmp/line" "$tmp/wrong" || fail "$2 changes nothing"
	judge "$tmp/wrong" | grep -q -e "$1" || fail "the judge lets $2 pass"
}
objects 'are told of' 's/"offered":50,/"offered":51,/'
objects 'were lost' 's/"lost":0/"lost":1/'
objects 'media lost' 's/"media_loss":[0-9.]*/"media_loss":0.06/'
objects 'nobody' 's/"in_time":[0-9]*/"in_time":0/g'
objects 'not two steps' 's/"rate":50,//'
