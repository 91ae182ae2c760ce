#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 6 - control: without connectivity checks all calls are relayed, and the matrix says so
# LOAD: light
# LIMIT: 300
. "$SRCDIR/regress/nat/matrix.inc"

LAB_JOBS=2
LAB_SPOIL=checks
export LAB_SPOIL
said=$(matrix "open port" "open port" 20 0 | grep -v '"event"')
echo "$said"
case $said in
*"not as expected: open-open open-port port-open port-port"*)
	;;
*)
	echo "not every spoilt cell is seen"
	exit 1
	;;
esac
# They are good calls for all that.
[ "$(echo "$said" | grep -c '^[a-z]* [a-z]* relayed [0-9]* - 0$')" -eq 4 ] || {
	echo "not every spoilt call is relayed"
	exit 1
}
echo "a broken puncher is seen"
