#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# The row of `make bench' about memory: prints one line (doc/PERFORMANCE.md,
# kind "memory").  With QUICK the form of it.
. "$SRCDIR/regress/idle/idle.inc"

# Few clients share what a worker keeps.
HEAP_LEFT_MAX=1000000
exec 3>&1 1>&2
relay_start
if [ -n "${QUICK:-}" ]; then
	idle_start 300 -I 6000 -k 2000
	idle_case 5
else
	idle_start 2000 -I 6000 -k 2000
	idle_case 10
fi
# Bytes become KiB.
awk '/^\{"clients":/ {
	n = $0
	sub(/^\{"clients":/, "", n)
	sub(/,.*/, "", n)
	all = $0
	sub(/.*"bytes_per_client":/, "", all)
	sub(/,.*/, "", all)
	workers = $0
	sub(/.*"bytes":\{/, "", workers)
	sub(/\}.*/, "", workers)
	k = split(workers, w, /[,:]/)
	for (i = 1; i < k; i += 2)
		text = text sprintf("%s%s:%.2f", i == 1 ? "" : ",", w[i],
		    w[i + 1] / 1024)
	printf "{\"kind\":\"memory\",\"name\":\"memory\",\"who\":\"relay\","
	printf "\"clients\":%d,\"kib_per_client\":%.2f,", n, all / 1024
	printf "\"workers\":{%s}}\n", text
}' "$tmp/figures" >&3
