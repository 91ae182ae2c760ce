#!/bin/sh
#
# Copyright (c) 2026 the WZP authors
#
# Permission to use, copy, modify, and distribute this software for any
# purpose with or without fee is hereby granted, provided that the above
# copyright notice and this permission notice appear in all copies.
#
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
# WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
# MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
# ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
# WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
# ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
# OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
#
# COVERS: documents - the tables of doc/PRIVSEP.md are those of the code
# The messages and channels in doc/PRIVSEP.md are what common/ipc decides by.
# To bring the document up to date, in the build directory:
#	sh regress/papers/tables regress/papers/wzp-messages doc/PRIVSEP.md

. "$SRCDIR/regress/lib.sh"

program=$BUILD/regress/papers/wzp-messages
doc=$SRCDIR/doc/PRIVSEP.md

# agrees FILE: the tables in it are the program's
agrees()
{
	sh "$SRCDIR/regress/papers/tables" "$program" "$1" >"$tmp/made" ||
	    fail "no tables could be made"
	diff -u "$1" "$tmp/made" >"$tmp/diff"
}

agrees "$doc" || {
	cat "$tmp/diff"
	fail "doc/PRIVSEP.md has other tables than common/ipc"
}
rows=$("$program" messages | grep -c '^| [A-Z]')
types=$(sed -n '/^enum msg_type {/,/^}/p' \
    "$SRCDIR/common/ipc/messages.h" | grep -E '^	MSG_[A-Z_]+( = 1)?,' |
    grep -cv MSG_TYPE_MAX)
[ "$rows" -eq "$types" ] || fail "$types messages, but $rows rows in the table"

# Controls: a receiver that is not one, a row that is gone, a table that is.
control()
{
	what=$1
	shift
	sed "$@" "$doc" >"$tmp/spoiled.md"
	! cmp -s "$doc" "$tmp/spoiled.md" || fail "control: $what: no change"
	! agrees "$tmp/spoiled.md" || fail "control: $what went unnoticed"
}
control "a wrong receiver" 's/^| SEED | relayd | keyd /| SEED | relayd | mediad /'
control "a row too few" '/^| KEY_SIGN_TLS /d'
control "a channel too many" '/^| registryd |/s/ - / control /'
control "a row too many" '/^| SEED /p'
echo "$rows messages"
