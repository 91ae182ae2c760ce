#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: relayd -n, file:line and the offending word of each error
# COVERS: relay: relayd -nv prints what is read back the same; the defaults
. "$SRCDIR/regress/lib.sh"

conf=$tmp/relayd.conf
# good LINE...: a configuration that is accepted
good()
{
	printf '%s\n' "$@" >"$conf"
	"$RELAYD" -n -f "$conf" >"$tmp/out" 2>&1 || {
		cat "$conf" "$tmp/out"
		fail "refused, but is good"
	}
}
# bad LINENUMBER WORD LINE...: refused, with file, line and word
bad()
{
	line=$1
	near=$2
	shift 2
	printf '%s\n' "$@" >"$conf"
	"$RELAYD" -n -f "$conf" >"$tmp/out" 2>&1 && {
		cat "$conf"
		fail "accepted, but line $line is bad ($near)"
	}
	grep -F -e "$conf:$line: " "$tmp/out" | grep -qF -e "$near" || {
		cat "$conf" "$tmp/out"
		fail "no error $conf:$line: ... $near"
	}
}
base="identity \"$tmp/seed\"
database \"$tmp/calls.db\"
control socket \"$tmp/sock\"
chroot \"$tmp\""
l='listen on 127.0.0.1 port 4433'

good "$l" "legacy clients allow" "$base"
good "$l" "legacy clients deny" "$base" "# comment" "" \
    "limit ring 1 seconds"
good "host = \"127.0.0.1\"" 'listen on $host port 4433' \
    "legacy clients allow" "$base"
good "listen on \"::1\" port 1" "legacy clients allow" "$base"

bad 2 nonsense "$l" "nonsense" "legacy clients allow"
bad 1 127.0.0.1 "listen on 127.0.0.1 port 70000" "legacy clients allow"
bad 1 example.org "listen on example.org port 4433" "legacy clients allow"
bad 2 perhaps "$l" "legacy clients perhaps"
bad 3 rings "$l" "legacy clients allow" "limit rings 3 seconds"
bad 3 ring "$l" "legacy clients allow" "limit ring 3"
bad 3 nosuchd "$l" "legacy clients allow" "user nosuchd 5"
bad 2 nowhere "$l" "advertise nowhere"
bad 2 quux "$l" 'advertise $quux'
bad 4 weekly "$l" "legacy clients allow" "registry strict" \
    "registry retention 3 weekly"

bad 3 sideways "$l" "legacy clients allow" "steering sideways"
bad 3 workers "$l" "legacy clients allow" "media workers 33"
bad 3 http://example.org/ "$l" "legacy clients allow" \
    'auth url "http://example.org/"'
bad 3 never "$l" "legacy clients allow" "retry never"
bad 3 maybe "$l" "legacy clients allow" "federation maybe"
bad 3 0.0.0.0 "$l" "legacy clients allow" "listen on 0.0.0.0 port 4433"
good "$l" "legacy clients allow" "listen on 0.0.0.0 port 4434" "$base"

# Both choices are explained where the choice is missing.
printf '%s\n' "$l" "$base" >"$conf"
"$RELAYD" -n -f "$conf" >"$tmp/out" 2>&1 &&
    fail "accepted without legacy clients"
if ! grep -q allow "$tmp/out" || ! grep -q deny "$tmp/out"; then
	cat "$tmp/out"
	fail "the missing choice is not explained"
fi
# Nothing to listen on; no such file.
printf '%s\n' "legacy clients allow" >"$conf"
"$RELAYD" -n -f "$conf" >/dev/null 2>&1 && fail "accepted without listen on"
"$RELAYD" -n -f "$tmp/nothing" >"$tmp/out" 2>&1 &&
    fail "accepted a file that is not there"
grep -q nothing "$tmp/out" || fail "the missing file is not named"

# -D wins over the file.
printf '%s\n' "host = \"nowhere\"" 'listen on $host port 4433' \
    "legacy clients allow" "$base" >"$conf"
"$RELAYD" -n -D host=127.0.0.1 -f "$conf" >/dev/null 2>&1 ||
    fail "-D does not win"

# What -nv prints is read back as the same.
printf '%s\n' "$l" "listen on ::1 port 4434" "advertise 203.0.113.5" \
    "legacy clients deny" "registry best-effort" \
    "registry retention 3 days" "registry addresses yes" \
    "limit grace 7 seconds" "limit calls 77" "log verbose" \
    "steering none" "media workers 3" "federation yes" "retry always" \
    'auth url "https://example.org/check"' 'auth ca "/etc/ssl/own.pem"' \
    "user federd 961" "user lookupd 962" "$base" >"$conf"
"$RELAYD" -nv -f "$conf" >"$tmp/one" || fail "-nv"
"$RELAYD" -nv -f "$tmp/one" >"$tmp/two" || {
	cat "$tmp/one"
	fail "what -nv prints is not accepted"
}
cmp "$tmp/one" "$tmp/two" || {
	diff "$tmp/one" "$tmp/two"
	fail "-nv is not stable"
}
for t in "legacy clients deny" "registry best-effort" \
    "registry addresses yes" "limit calls 77" "port 4434" "203.0.113.5" \
    "^steering none\$" "^media workers 3\$" "^federation yes\$" \
    "^retry always\$" '^auth url "https://example.org/check"$' \
    '^auth ca "/etc/ssl/own.pem"$' '^user federd "961"$' \
    '^user lookupd "962"$'; do
	grep -q -e "$t" "$tmp/one" || {
		cat "$tmp/one"
		fail "-nv lacks: $t"
	}
done

# The defaults that the protocol names.
printf '%s\n' "listen on 127.0.0.1" "legacy clients allow" "$base" >"$conf"
"$RELAYD" -nv -f "$conf" >"$tmp/one" || fail "-nv"
for t in "port 4433" "limit ring 1 minutes" "limit register 10 seconds" \
    "limit media-offer 15 seconds" "limit grace 15 seconds" \
    "limit registrations 4" "limit pending 8" "registry strict" \
    "registry retention 90 days" "steering port" "retry auto" \
    "federation no" "media workers $(getconf _NPROCESSORS_ONLN)"; do
	grep -q -e "^.*$t\$" "$tmp/one" || {
		cat "$tmp/one"
		fail "no default: $t"
	}
done
