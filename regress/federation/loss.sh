#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: design 5, loss - 20 calls over one link with 1 % and 50 ms there and
# COVERS: back: 97 % of the datagrams arrive; goal of 200 calls
. "$SRCDIR/regress/federation/loss.inc"

bad_line 25 1
calls 20 6 970
fed_done
