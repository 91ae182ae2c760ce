#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: end to end - what a mediad relays of a call holds no sound, no two
# COVERS: equal frames and no lengths that follow the speech (a dump of it);
# COVERS: control: the same listening finds all three in an original's call
# COVERS: gap 6 - what the relay holds of a call tells nothing
. "$SRCDIR/regress/lib.sh"

CHECK=$BUILD/regress/relay/dumpcheck
RELAY_SEED=808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f
libexec=$tmp/libexec
mkdir "$libexec" "$tmp/a" "$tmp/b" "$tmp/c" "$tmp/d"
chmod 755 "$libexec"
for w in keyd registryd signald doord controld; do
	ln -s "$BUILD/$w/$w" "$libexec/$w"
done
# The dump is written beside it; where the build has libraries, they are too.
cp "$BUILD/regress/relay/mediad-dump" "$libexec/mediad"
if [ -d "$BUILD/libexec/wzp" ]; then
	ln -s "$BUILD/libexec/wzp" "$libexec/wzp"
fi
RELAY_LIBEXEC=$libexec
"$CHECK" source "$tmp/tone.wav" || fail "no tone"

# wzp_as PERSON ARGUMENT...
wzp_as()
{
	person=$1
	shift
	"$WZP" --json -r "$relay_addr" -i "$tmp/$person/identity" "$@"
}

# call_of CALLER CALLEE DUMP OPTION...: a call, and what the relay saw of it
call_of()
{
	from=$1
	to=$2
	keep=$3
	shift 3
	relay_start "media workers 1"
	wzp_as "$to" "$@" --play "$tmp/tone.wav" listen --once \
	    >"$tmp/$to/events" 2>"$tmp/$to/errors" &
	listener=$!
	wait_for "$tmp/$to/events" '"registered"' 10
	fp=$(grep '"identity"' "$tmp/$to/events" | json_field fingerprint)
	wzp_as "$from" "$@" --play "$tmp/tone.wav" call "$fp" --seconds 7 \
	    >"$tmp/$from/events" 2>"$tmp/$from/errors" || {
		cat "$tmp/$from/events" "$tmp/$from/errors"
		fail "no call: $keep"
	}
	wait "$listener" || {
		cat "$tmp/$to/events" "$tmp/$to/errors"
		fail "the called client ends with an error: $keep"
	}
	cp "$libexec/dump" "$tmp/$keep" || fail "no dump"
	relay_stop
	# shellcheck disable=SC2119
	relay_healthy
}

call_of a b sealed --relay-only --profile good
for p in a b; do
	grep '"event": *"e2e"' "$tmp/$p/events" | grep -q '"e2e": *true' ||
	    fail "$p: not end to end"
done
# An identity that has proved its key may not be an original's any more.
call_of c d plain --as-original --profile good
if grep -q '"e2e": *true' "$tmp/c/events" "$tmp/d/events"; then
	fail "an original with keys"
fi

"$CHECK" sealed "$tmp/sealed" || fail "the call can be listened to"
"$CHECK" plain "$tmp/plain" || fail "the listening hears nothing"
# And each is noticed if it is not what it is said to be, in all three ways.
for k in sealed plain; do
	[ $k = plain ] && other=sealed || other=plain
	"$CHECK" $k "$tmp/$other" >"$tmp/out"
	[ $? -eq 1 ] || fail "$other passes for $k"
	[ "$(grep -o WRONG "$tmp/out" | wc -l)" -eq 6 ] || {
		cat "$tmp/out"
		fail "$other passes for $k in part"
	}
done
