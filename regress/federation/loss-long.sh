#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, loss - 200 calls over one link with 1 % and 50 ms there and
# COVERS: back: 97 % of the datagrams arrive
# long: yes
# LIMIT: 300
. "$SRCDIR/regress/federation/loss.inc"

bad_line 25 1
calls 200 12 970
fed_done
