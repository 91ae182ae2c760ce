#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: relay: the seed may not lie where registryd may read and write
. "$SRCDIR/regress/lib.sh"

# refused PATH: as the identity of an otherwise good configuration
refused()
{
	sed "s,^identity .*,identity \"$1\"," "$relay/relayd.conf" \
	    >"$tmp/conf"
	timeout 10 "$RELAYD" -d -L "$BUILD" -f "$tmp/conf" >"$tmp/out" 2>&1
	status=$?
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ] ||
	    fail "$1: started (status $status)"
	grep -q 'not in the directory of the database' "$tmp/out" || {
		cat "$tmp/out"
		fail "$1: refused for another reason"
	}
}

# The control: beside the directory of the database it is fine.
relay_start
relay_stop
mkdir "$relay/db/below"
refused "$relay/db/relay.seed"
refused "$relay/db/below/relay.seed"
# The same place by another name.
ln -s "$relay/db" "$relay/elsewhere"
refused "$relay/elsewhere/relay.seed"
