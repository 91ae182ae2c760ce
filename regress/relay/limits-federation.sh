#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: limit peer-offer-rate: past it a peer's calls are refused, and it is
# COVERS: limit peer-offer-rate: named; other values hold after a reload
# COVERS: limit peer-signal-rate: past it the signals of a peer are dropped
# COVERS: limits: those of federation are shown where federd runs, else `-'
# LOAD: light
#
# shellcheck disable=SC2119
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/relay/limits.inc"

inc=$SRCDIR/regress/wire/inc
north=$("$PEER" -t "$(sed -n 's,^seed N ,,p' "$inc/fed-relays.inc")")
RELAY_SEED=$(sed -n 's,^seed R ,,p' "$inc/people.inc")

{
	cat <<!
include $inc/fed-relays.inc
connect north sni=_federation cert=N
expect-up north
send north {"FederationHello":{"tls_fingerprint":"\$N.tlsfp",
	"features":["paths"]}}
expect north \$OURS
!
} >"$tmp/link"
# Offers to who is not here: each is answered.
cat "$tmp/link" - >"$tmp/offers.wire" <<'!'
set CX "caller_fingerprint":"$C.fp","caller_alias":null,
	"target_fingerprint":"0000:0000:0000:0000:0000:0000:0000:0000"
repeat 26
send north {"FederatedSignalForward":{"inner":{"DirectCallOffer":{$CX,
	"call_id":"f$i",$CREST}},$VIAN}}
expect north {"FederatedSignalForward":*}
end
!
# Signals of no call there is: what comes back is of no interest.
cat "$tmp/link" - >"$tmp/signals.wire" <<'!'
ignore north
repeat 40
send north {"FederatedSignalForward":{"inner":{"CallRinging":{
	"call_id":"none$i"}},$VIAN}}
end
until 2000 "$$WZPCTL" -s "$$SOCK" -j show limits |
	grep -q '"limit":"peer-signal-rate",.*"worker":"federd"'
!

relay_start
[ "$(limit peer-offer-rate value)" = 100 ] || fail "another default"
[ "$(limit peer-offer-rate used)" = 0 ] || fail "a rate is used by nobody"
[ "$(limit peer-links used)" = null ] || fail "no federd, and links"
[ "$(limit strangers refused)" = 0 ] || fail "refused by nobody"
ctl show limits | grep -q '^peer-links  *80  *80  *count  *-  *-  *0 ' ||
    fail "no - in the table: $(ctl show limits)"
relay_stop
relay_healthy

# Four a second, five times as many at once.
relay_start "limit peer-offer-rate 4" \
    "peer \"north\" { fingerprint \"$north\" }"
wire offers
[ "$(limit peer-links used)" != null ] || fail "federd says nothing"
offers=$(limit peer-offer-rate refused)
[ "$offers" -ge 1 ] && [ "$offers" -le 6 ] || fail "$offers offers refused"
[ "$(over peer-offer-rate who)" = north ] || fail "$(ctl show limits)"
ctl -j show limits | grep '"who":"north"' |
    grep -q '"worker":"federd"' || fail "of which worker?"
grep -q 'federd: limit peer-offer-rate: north is over 4 a second' \
    "$relay/log" || fail "no line about it"
ends=$(over peer-offer-rate ends_s)
[ "$ends" -le 6 ] || fail "it ends in $ends s"
# Read anew, it holds for the next one.
printf 'limit peer-offer-rate 1000\nlimit peer-signal-rate 2\n' \
    >>"$relay/relayd.conf"
ctl reload >/dev/null || fail "no reload"
changed()
{
	[ "$(limit peer-signal-rate value)" = 2 ]
}
until_true 5 changed || fail "the new value is not shown"
wire signals
[ "$(limit peer-offer-rate refused)" = "$offers" ] ||
    fail "more offers refused"
signals=$(limit peer-signal-rate refused)
[ "$signals" -ge 20 ] && [ "$signals" -le 32 ] ||
    fail "$signals signals dropped of 40"
over peer-signal-rate who | grep -qx north || fail "$(ctl show limits)"
relay_stop
relay_healthy
# Control: by default nothing is refused, nor is anybody named.
relay_start "peer \"north\" { fingerprint \"$north\" }"
wire offers
wire_fails signals 'still exit status 1'
[ "$(limit peer-offer-rate refused)$(limit peer-signal-rate refused)" = 00 ] ||
    fail "refused by default"
[ -z "$(over peer-offer-rate who)" ] || fail "over it by default"
relay_stop
relay_healthy
