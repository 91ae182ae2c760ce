#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: of two workers that quarrel the lower-ranking one is restarted
# COVERS: relay: log lines of a worker are bounded, and escaped
. "$SRCDIR/regress/lib.sh"

# The other workers are the real ones.
libexec=$tmp/libexec
mkdir "$libexec"
chmod 755 "$libexec"
for w in keyd registryd signald doord controld; do
	ln -s "$BUILD/$w/$w" "$libexec/$w"
done
cp "$BUILD/regress/hostile/badworker" "$libexec/mediad"
RELAY_LIBEXEC=$libexec

log_says()
{
	grep -q -e "$1" "$relay/log" || fail "$deed: no line like '$1'"
}
no_log()
{
	! grep -q -e "$1" "$relay/log" || fail "$deed: a line like '$1'"
}

# doord ranks below mediad: of that quarrel it dies, and comes back.
deed=garbage-doord
echo $deed >"$libexec/deed"
relay_start "media workers 1"
until_true 10 grep -q 'doord blames mediad 0: .*; restarting doord$' \
    "$relay/log" || fail "$deed: no blame"
doord_back()
{
	[ "$(grep -c 'doord serves' "$relay/log")" -eq 2 ]
}
until_true 10 doord_back || fail "$deed: doord was not restarted"
no_log ' mediad 0 died'
relay_stop
echo "$deed: only doord was restarted"

# A flood that goes around the worker's own limit, with forged lines.
deed=log-flood
echo $deed >"$libexec/deed"
relay_restart
flooded()
{
	[ "$(grep -c 'mediad 0: flood' "$relay/log")" -ge 200 ]
}
until_true 10 flooded || fail "$deed: fewer than 200 lines"
ctl -j show workers >"$tmp/rows" || fail "$deed: controld is away"
[ "$(grep -c 'mediad 0: flood' "$relay/log")" -lt 1000 ] ||
    fail "$deed: $(grep -c 'mediad 0: flood' "$relay/log") lines"
no_log '^relayd: forged'
log_says 'flood\\x0arelayd: forged line\\x1b'
relay_healthy
relay_stop
echo "$deed: bounded and escaped"

# The worker's own limit: a hundred a second, then how many it kept back.
deed=log-own
echo $deed >"$libexec/deed"
relay_restart
until_true 10 grep -q 'mediad 0: 4[0-9]* log lines suppressed' \
    "$relay/log" || fail "$deed: nothing suppressed"
relay_healthy
relay_stop
echo "$deed: suppressed"
