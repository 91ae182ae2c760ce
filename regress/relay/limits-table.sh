#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: limits: the table, relayd -nv and relayd.conf(5) say the same
# COVERS: limits: each has a name, a value, a default, a unit and a reason
. "$SRCDIR/regress/lib.sh"

# ms: "60 seconds" and the like become milliseconds, numbers stay
ms()
{
	awk '{
		n = $2
		if ($3 ~ /^seconds?$/)
			n *= 1000
		else if ($3 ~ /^minutes?$/)
			n *= 60000
		print $1, n
	}'
}
# of_man FILE: name and default of each limit, and its reason in brackets
of_man()
{
	awk '/^\.It Ic limit Ar name value/ { on = 1; next }
	    on && /^\.El/ { exit }
	    on && /^\.It Ic / { if (n != "") print n ":" t; n = $3; t = ""
		next }
	    on && !/^\./ && n != "" { t = t " " $0 }
	    END { if (n != "") print n ":" t }' "$1"
}
agree()
{
	of_man "$1" | sed -E 's/^([a-z-]+):.*; ([0-9]+)( [a-z]+)? \(.*\)$/\1 \2\3/' |
	    ms | sort >"$tmp/man"
	of_man "$1" | sed -E 's/^([a-z-]+):.*; [0-9]+( [a-z]+)? \((.*)\)$/\1 \3/' |
	    sort >"$tmp/why.man"
	cmp -s "$tmp/man" "$tmp/table" && cmp -s "$tmp/why.man" "$tmp/why"
}
relay_start
ctl -j show limits >"$tmp/json" || fail "no limits"
# The rows are one a line; who is over a limit has no reason.
grep '"reason"' "$tmp/json" >"$tmp/rows"
json_field limit <"$tmp/rows" >"$tmp/names"
for f in value default unit used highest refused reason; do
	[ "$(grep -c "\"$f\":" "$tmp/rows")" -eq "$(wc -l <"$tmp/rows")" ] ||
	    fail "a limit without $f"
done
n=$(wc -l <"$tmp/names")
[ "$n" -ge 20 ] || fail "only $n limits: $(cat "$tmp/json")"
json_field default <"$tmp/rows" | paste -d ' ' "$tmp/names" - | sort \
    >"$tmp/table"
sed -E 's/.*"limit":"([^"]*)".*"reason":"([^"]*)".*/\1 \2/' "$tmp/rows" |
    sort >"$tmp/why"
json_field value <"$tmp/rows" | paste -d ' ' "$tmp/names" - | sort \
    >"$tmp/value"

# Nothing was set, so the values are the defaults; as -nv prints them.
cmp "$tmp/value" "$tmp/table" || fail "values are not the defaults"
"$RELAYD" -nv -f "$relay/relayd.conf" | sed -n 's/^limit //p' | ms | sort \
    >"$tmp/nv"
cmp "$tmp/nv" "$tmp/table" || {
	diff "$tmp/nv" "$tmp/table"
	fail "relayd -nv says something else"
}
man=$SRCDIR/man/relayd.conf.5
agree "$man" || {
	diff "$tmp/man" "$tmp/table"
	diff "$tmp/why.man" "$tmp/why"
	fail "relayd.conf(5) says something else"
}
# Control: another default, another reason, one limit less.
sed 's/; 10 seconds (as the orig/; 11 seconds (as the orig/' "$man" \
    >"$tmp/lie"
agree "$tmp/lie" && fail "another default is not noticed"
sed 's/(devices of one person)/(devices)/' "$man" >"$tmp/lie"
agree "$tmp/lie" && fail "another reason is not noticed"
sed '/^\.It Ic rooms$/,/^rooms;/d' "$man" >"$tmp/lie"
agree "$tmp/lie" && fail "a missing limit is not noticed"

# For people: a table, one line a limit.
ctl show limits >"$tmp/out" || fail "no table"
head -1 "$tmp/out" | grep -q '^LIMIT  *VALUE  *DEFAULT  *UNIT' || {
	head -3 "$tmp/out"
	fail "no heading"
}
[ "$(wc -l <"$tmp/out")" -eq $((n + 1)) ] || fail "not one line a limit"

# Read anew: the value is another one, the default stays.
echo 'limit offer-rate 7' >>"$relay/relayd.conf"
ctl reload >/dev/null || fail "no reload"
changed()
{
	ctl -j show limits | grep '"limit":"offer-rate"' >"$tmp/one"
	[ "$(json_field value <"$tmp/one")" = 7 ]
}
until_true 5 changed || fail "the new value is not shown"
[ "$(json_field default <"$tmp/one")" = 120 ] || fail "the default changed"
relay_stop
relay_healthy
