#!/bin/sh
# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# COVERS: datapath: the memory of mediad is in huge pages, where there are any; no other's
. "$SRCDIR/regress/lib.sh"

is_root || skip "needs root: others may not look into /proc/PID/smaps"
pages=/sys/kernel/mm/transparent_hugepage/enabled
grep -q '\[never\]' "$pages" 2>/dev/null && skip "no huge pages here"
getconf GNU_LIBC_VERSION >/dev/null 2>&1 || skip "not glibc"
nm -D "$BUILD/mediad/mediad" | grep -q __asan_init &&
    skip "the sanitizers have an allocator of their own"

# advised NAME: the kernel was asked for huge pages for the heap of a worker
advised()
{
	awk '/^[0-9a-f]+-/ { heap = /\[heap\]$/ }
	    /^VmFlags:/ && heap && / hg( |$)/ { found = 1 }
	    END { exit !found }' \
	    "/proc/$(worker_pid "$1" | head -n 1)/smaps"
}

relay_start
advised mediad || fail "the heap of mediad is in small pages"
if advised signald; then
	fail "signald's many idle clients are not for huge pages"
fi
relay_stop
