#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 9 - negative control of the bench: results without a row, or of another form, are refused, and what lost too much is void
. "$SRCDIR/regress/lib.sh"
REPORT=$BUILD/bench/wzp-bench-report

# line NAME WHO DELIVERED US IN: of 1000 that were sent
line()
{
	echo '{"kind":"media","name":"'"$1"'","who":"'"$2"'","pair":0,' \
	    '"calls":10,"copies":1,"seconds":1.0,"asked":1000,"sent":1000,' \
	    '"delivered":'"$3"',"loss":'"0.$(printf %04d \
	    $((10 * (1000 - $3))))"',"per_s":1000.0,"cpu_us":'"$4"',' \
	    '"load_us":1.0,"p50_ms":1.0,"p99_ms":2.0,"relay_in":'"$5"',' \
	    '"relay_out":'"$5"',"delays":[0,0,0,0,0,7,'"$(($3 - 9))"',' \
	    '0,0,0,0,0,0,0,0,2],"workers":{"mediad":1.0}}'
}

# run_line ONLY WANTED
run_line()
{
	echo '{"kind":"run","build":"x","quick":false,"only":'"$1"',' \
	    '"machine":{"processors":2,"cpu":"x","kernel":"x",' \
	    '"load_before":0.1,"load_after":0.1,"rmem_max":1,' \
	    '"pinned":true},"plain":{"version":1,"limit_us":3.6},' \
	    '"wanted":['"$2"'],"skipped":{}}'
}

# good: one row, three pairs
good()
{
	run_line '"media-500"' '"media-500"'
	for i in 1 2 3; do
		line media-500 relay 1000 "$((i + 3)).0" 1000
		line media-500 plain 1000 2.0 -1
	done
}

# report NAME: $tmp/NAME to $tmp/NAME.json; all lines are there
report()
{
	"$REPORT" -o "$tmp/$1.json" "$tmp/$1" >"$tmp/$1.table" \
	    2>"$tmp/$1.err"
}

# refused NAME PATTERN: the checker does not take $tmp/NAME.json
refused()
{
	! "$REPORT" -c "$tmp/$1.json" 2>"$tmp/$1.err" ||
	    fail "$1 was taken"
	grep -q -e "$2" "$tmp/$1.err" || {
		cat "$tmp/$1.err"
		fail "$1 was refused for something else than '$2'"
	}
}

# says NAME PATTERN
says()
{
	grep -q -e "$2" "$tmp/$1.json" || {
		cat "$tmp/$1.json"
		fail "$1 does not say '$2'"
	}
}

# changed NAME COMMAND...: the good file, through sed
changed()
{
	name=$1
	shift
	sed "$@" "$tmp/good.json" >"$tmp/$name.json"
	! cmp -s "$tmp/good.json" "$tmp/$name.json" ||
	    fail "$name is not another file"
}

good >"$tmp/good"
report good || fail "good results are refused: $(cat "$tmp/good.err")"
"$REPORT" -c "$tmp/good.json" || fail "good results are refused"
says good '"median": *2.5'
says good '"counters_agree": *true'
! grep -q VOID "$tmp/good.table" || fail "good results are void"

changed field -e '/"counters_agree"/d'
refused field 'counters_agree is missing'
changed type -e 's/"calls": *10/"calls": "10"/'
refused type 'calls has the wrong type'
changed more -e 's/"calls": *10/"calls": 10, "calm": 1/'
refused more 'not in the schema'
changed spread -e 's/"median": *2.5/"median": 9.5/'
refused spread 'ratio has the wrong type'
changed counts -e '/"plain_delays"/{N;s/\[ *\n *0,/[/;}'
refused counts 'plain_delays has the wrong type'
changed schema -e 's/"schema": *3/"schema": 1/'
refused schema 'schema is not'
changed kind -e '0,/"kind": *"media"/s//"kind": "what"/'
refused kind 'no known kind'
changed wanted -e '0,/"name": *"media-500"/s//"name": "media-501"/'
refused wanted 'media-500 is missing'
changed ours -e '0,/"who": *"relay"/s//"who": "peer"/'
refused ours 'media-500 is missing'
changed all -e 's/"only": *"media-500"/"only": null/'
refused all 'was not asked for'
echo '{' >"$tmp/broken.json"
refused broken 'no JSON'

# Histograms are of all pairs that count, and add up.
"$REPORT" -H "$tmp/good.json" >"$tmp/good.delays" || fail "no histograms"
awk '
	/^media-500, relay: 3000$/ { ours = NR }
	/^media-500, plain: 3000$/ { plain = NR }
	ours && NR == ours + 1 && !/< +0.50 ms +0.700 % +0.700 %/ { bad = 1 }
	ours && NR == ours + 2 && !/< +1.00 ms +99.100 % +99.800 %  #+$/ { bad = 1 }
	ours && NR == ours + 3 && !/longer +0.200 % +100.000 %/ { bad = 1 }
	END { exit bad || !ours || !plain || NR != 8 }' "$tmp/good.delays" || {
	cat "$tmp/good.delays"
	fail "these are not the histograms"
}
! "$REPORT" -H "$tmp/counts.json" 2>/dev/null || fail "what is refused is drawn"

# A row that is missing ends a run with an error.
run_line '"media-*"' '"media-500","media-50"' >"$tmp/less"
good | sed 1d >>"$tmp/less"
! report less || fail "a run without media-50 was taken"
grep -q 'media-50 is missing' "$tmp/less.err" || fail "not for the row"

# 0.2 % of loss: of one pair in three that pair is void, of two the row.
awk 'NR == 2 { sub(/"loss":0.0000/, "\"loss\":0.0020") } 1' "$tmp/good" \
    >"$tmp/one"
report one || fail "a void pair is no error"
says one '"void_pairs": *1'
says one '"median": *2.75'
"$REPORT" -H "$tmp/one.json" | grep -q '^media-500, relay: 2000$' ||
    fail "delays of a void pair count"
awk 'NR == 2 || NR == 5 { sub(/"loss":0.0000/, "\"loss\":0.0020") } 1' \
    "$tmp/good" >"$tmp/two"
report two || fail "a void row is no error"
grep -q 'VOID: more than 0.1 % loss, or not offered, in 2 of 3' "$tmp/two.table" ||
    fail "a row that lost too much is not void"

# The others are held against what was beside them, and against their goals.
# beside NAME KIND OTHER US P99: three pairs
beside()
{
	run_line '"'"$1"'"' '"'"$1"'"'
	for i in 1 2 3; do
		{
			line "$1" relay 1000 7.0 1000
			line "$1" "$3" 1000 "$4" -1
		} | sed -e 's/"kind":"media"/"kind":"'"$2"'"/' \
		    -e '/"who":"'"$3"'"/s/"p99_ms":2.0/"p99_ms":'"$5"'/'
	done
}

# goal NAME PATTERN: in the table
goal()
{
	report "$1" || fail "$1 is refused: $(cat "$tmp/$1.err")"
	grep -q -e "$2" "$tmp/$1.table" || {
		cat "$tmp/$1.table"
		fail "$1: not '$2'"
	}
}

beside turn turn coturn 20.0 2.0 >"$tmp/turn"
goal turn 'ratio 0.35, at most 0.35: met$'
says turn '"coturn_cpu_us"'
beside turn turn coturn 19.0 2.0 >"$tmp/turn-dear"
goal turn-dear 'ratio 0.37, at most 0.35: NOT MET$'
# Plain UDP is not coturn.
beside turn turn plain 20.0 2.0 >"$tmp/turn-plain"
! report turn-plain || fail "turn beside plain UDP was taken"
grep -q 'rows has the wrong type' "$tmp/turn-plain.err" ||
    fail "turn beside plain UDP: $(cat "$tmp/turn-plain.err")"
# Whoever of the two lost it.
for who in relay coturn; do
	awk '/"who":"'$who'"/ && n++ < 2 {
		sub(/"loss":0.0000/, "\"loss\":0.0020")
	} 1' "$tmp/turn" >"$tmp/turn-$who"
	goal "turn-$who" 'VOID: more than 0.1 % loss, .* in 2 of 3 pairs'
done
beside media-half half plain 2.0 0.0 >"$tmp/half"
goal half 'added_p99_ms 2.00, at most 2.00: met$'
beside media-half half plain 2.0 -0.1 >"$tmp/half-late"
goal half-late 'added_p99_ms 2.10, at most 2.00: NOT MET$'
sed '/"added_p99_ms"/,/}/d' "$tmp/half.json" >"$tmp/half-less.json"
refused half-less 'added_p99_ms is missing\|no JSON'

# Without coturn its row is left out, and says what to install.
TURNSERVER=$tmp/none QUICK=1 BENCH_ONLY="turn aead" sh "$SRCDIR/bench/run" \
    -o "$tmp/none.json" >"$tmp/none.table" 2>&1 || {
	cat "$tmp/none.table"
	fail "without coturn there is no bench"
}
says none '"turn": *"no turnserver: install the package coturn"'
# One that does not serve is no reason to leave it out.
! TURNSERVER=true QUICK=1 BENCH_ONLY="turn aead" sh "$SRCDIR/bench/run" \
    -o "$tmp/false.json" >"$tmp/false.table" 2>&1 ||
    fail "a coturn that ends at once was measured"
grep -q 'row turn is missing' "$tmp/false.table" || {
	cat "$tmp/false.table"
	fail "it failed for something else"
}

# A machine that has other things to do.
sed 's/"cpu_us":2.0/"cpu_us":3.7/' "$tmp/good" >"$tmp/busy"
report busy || fail "a void run is no error"
grep -q '^VOID: plain UDP takes 3.70' "$tmp/busy.table" ||
    fail "a run on a busy machine is not void"

# A load that counts what the relay has not sent.
sed 's/"relay_out":1000/"relay_out":999/' "$tmp/good" >"$tmp/count"
report count || fail "counters that differ are no error"
says count '"counters_agree": *false'
grep -q 'COUNTERS DIFFER' "$tmp/count.table" || fail "and the table is silent"

# rate DONE FAILED RECORDS
rate()
{
	echo '{"kind":"rate","name":"calls","who":"relay","at_once":1,' \
	    '"seconds":1.0,"done":'"$1"',"failed":'"$2"',"per_s":1.0,' \
	    '"cpu_us":1.0,"load_us":1.0,"p50_ms":1.0,"p99_ms":1.0,' \
	    '"delays":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],' \
	    '"workers":{"signald":1.0},"records":'"$3"'}'
}

# rate_void PATTERN DONE FAILED RECORDS
rate_void()
{
	pattern=$1
	shift
	{ run_line '"calls"' '"calls"' && rate "$@"; } >"$tmp/rate"
	report rate || fail "a rate is no error"
	grep -q -e "$pattern" "$tmp/rate.table" || {
		cat "$tmp/rate.table"
		fail "calls $*: not '$pattern'"
	}
}

# What is counted is what was asked for, no more and no less.
if ! grep -q '^#define WZP_SANITIZERS 1' "$BUILD/config.h"; then
	head -c 64 /dev/zero >"$tmp/allocs"
	! "$BUILD/bench/wzp-bench" allocs -t 10 -a "$tmp/allocs" \
	    2>"$tmp/allocs.err" || fail "without a counter there are counts"
	grep -q 'nothing was counted' "$tmp/allocs.err" ||
	    fail "another error than that nothing was counted"
	LD_PRELOAD=$BUILD/bench/allocs.so WZP_ALLOCS=$tmp/allocs \
	    "$BUILD/bench/wzp-bench" allocs -t 10 -a "$tmp/allocs" \
	    >"$tmp/allocs.out" || fail "nothing was counted"
	grep -q '"malloc":10,"calloc":10,"realloc":10,"free":20,"mmap":20}' \
	    "$tmp/allocs.out" || fail "others: $(cat "$tmp/allocs.out")"
fi
rate_void '1.00    1.00$' 1000 1 1000
rate_void 'VOID: more than 0.1 % failed' 1000 2 1000
rate_void 'VOID: not all of them are in the database' 1000 0 999
rate_void 'VOID: nothing was done' 0 0 0

# storm BEHIND [FIELD]: of one step; FIELD comes into the step
storm()
{
	run_line '"storm"' '"storm"'
	echo '{"kind":"storm","name":"storm","who":"relay","per_s":1.0,' \
	    '"held":1.0,"lost":0,"cpu_us":1.0,"p50_ms":1.0,"p99_ms":1.0,' \
	    '"media_loss":0.0,"media_p99_ms":1.0,"steps":[{"rate":9,' \
	    '"seconds":1.0,"offered":9,"in_time":9,"late":0,"refused":0,' \
	    '"given_up":0,"dropped":0,"p50_ms":1.0,"p99_ms":1.0,' \
	    '"media_loss":0.0,"media_p99_ms":1.0,"cpu_us":1.0,"load":0.5,' \
	    '"behind_ms":'"$1${2:-}"'}]}'
}

# A load that does not come in time has no figures.
storm 250.0 >"$tmp/storm"
report storm || fail "a storm is refused: $(cat "$tmp/storm.err")"
! grep -q VOID "$tmp/storm.table" || fail "a good storm is void"
storm 251.0 >"$tmp/behind"
report behind || fail "a void storm is no error"
grep -q 'VOID: the load did not keep its pace' "$tmp/behind.table" ||
    fail "a storm whose load was behind is not void"
storm 1.0 ',"more":1' >"$tmp/step"
! report step || fail "a step has any form"
grep -q 'step has fields that are not' "$tmp/step.err" ||
    fail "a step is refused for something else"
