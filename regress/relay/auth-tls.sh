#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: tokens: an auth server by https and a name, `auth ca'; a relay
# COVERS: tokens: that trusts another authority does not show it the token
. "$SRCDIR/regress/lib.sh"
. "$SRCDIR/regress/auth/lib.sh"

script good <<'!'
connect c sni=_signal
expect-up c
send c {"AuthToken":{"token":"tok-a"}}
send c {"RegisterPresence":{"identity_pub":$A.pub,"signature":[],
	"alias":"Ada"}}
expect c {"RegisterPresenceAck":{"success":true,"relay_build":*}}
!
"$AUTH" -m "$auth_dir" || fail "no certificates"
auth_person tok-a "$FP_A"
auth_start good.pem
# The file is root's to read before lookupd becomes somebody else.
chmod 600 "$auth_dir/ca.pem"
relay_start "auth url \"https://localhost:$auth_port/check\"" \
    "auth ca \"$auth_dir/ca.pem\""
wire good
wire good
[ "$(auth_asked tok-a)" = 2 ] || fail "not asked twice"
relay_stop
relay_healthy

relay_start "auth url \"https://localhost:$auth_port/check\"" \
    "auth ca \"$auth_dir/another.pem\""
wire_fails good ' app code=0x0 reason='
grep -q 'lookupd: a token was not checked: .*certificate' "$relay/log" ||
    fail "the log does not say why"
relay_stop
relay_healthy

# The system's authorities, which do not know it.
relay_start "auth url \"https://localhost:$auth_port/check\""
wire_fails good ' app code=0x0 reason='
[ "$(auth_asked tok-a)" = 2 ] || fail "the token was shown to a stranger"
relay_stop
relay_healthy
