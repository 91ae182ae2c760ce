#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: seed file made when missing, refused when damaged, never
# COVERS: replaced; the certificate is a function of the seed
# COVERS: gap 49 - made 0600, refused when damaged, never replaced
. "$SRCDIR/regress/lib.sh"

relay_start
[ "$(stat -c %a "$relay/relay.seed")" = 600 ] || fail "mode of the new seed"
seed=$(tr -d '\n' <"$relay/relay.seed")
case $seed in
*[!0-9a-f]*)
	fail "the seed is not hex"
	;;
esac
[ ${#seed} -eq 64 ] || fail "the seed has ${#seed} digits"
grep -q "relay.seed" "$relay/log" || fail "no word about the new seed"
cat >"$tmp/cert.wire" <<-!
	seed R $seed
	connect p sni=_signal
	expect-up p
	expect-cert p tlsfp \$R.tlsfp
!
peer "$tmp/cert.wire" || fail "the certificate is not that of the seed"
relay_stop
relay_restart
peer "$tmp/cert.wire" || fail "another certificate after a restart"
relay_stop

# Capitals and white space are accepted.
printf '  %s\n\n' "$(echo "$seed" | tr a-f A-F)" >"$relay/relay.seed"
relay_restart
peer "$tmp/cert.wire" || fail "capitals are not accepted"
relay_stop

# refused NAME: the relay does not start, and leaves the file as it is
refused()
{
	cksum <"$relay/relay.seed" >"$tmp/before"
	: >"$relay/log"
	timeout 10 "$RELAYD" -d -L "$BUILD" -f "$relay/relayd.conf" \
	    >"$relay/log" 2>&1
	status=$?
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ] ||
	    fail "$1: started (status $status)"
	grep -q "relay.seed" "$relay/log" || fail "$1: the file is not named"
	cksum <"$relay/relay.seed" | cmp -s - "$tmp/before" ||
	    fail "$1: the file was changed"
}
echo "${seed%?}" >"$relay/relay.seed"
refused "63 digits"
echo "${seed}0" >"$relay/relay.seed"
refused "65 digits"
echo "${seed%?}g" >"$relay/relay.seed"
refused "a letter that is none"
: >"$relay/relay.seed"
refused "an empty file"
echo "$seed" >"$relay/relay.seed"
chmod 644 "$relay/relay.seed"
refused "readable by everybody"
chmod 600 "$relay/relay.seed"
printf '%s%400s\n' "$seed" "" >"$relay/relay.seed"
refused "a file far too long"
mv "$relay/relay.seed" "$relay/other.seed"
echo "$seed" >"$relay/other.seed"
ln -s other.seed "$relay/relay.seed"
refused "a symbolic link"
rm "$relay/relay.seed"
mv "$relay/other.seed" "$relay/relay.seed"
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 "$relay/relay.seed"
	refused "somebody else's file"
	chown 0 "$relay/relay.seed"
fi
relay_restart
relay_stop
