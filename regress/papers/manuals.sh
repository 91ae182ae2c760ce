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
# COVERS: documents - man pages have every option, command, statement and limit of the code, and no other; what they quote of the log is in the code

. "$SRCDIR/regress/lib.sh"

man=$SRCDIR/man

# same WHAT: $tmp/code and $tmp/page, a word a line, have the same words
same()
{
	sort -u "$tmp/code" >"$tmp/code.s"
	sort -u "$tmp/page" >"$tmp/page.s"
	[ -s "$tmp/code.s" ] || { echo "$1: nothing was found"; return 1; }
	cmp -s "$tmp/code.s" "$tmp/page.s" || {
		echo "$1: only in the code: $(comm -23 "$tmp/code.s" \
		    "$tmp/page.s" | tr '\n' ' ')"
		echo "$1: only in the page: $(comm -13 "$tmp/code.s" \
		    "$tmp/page.s" | tr '\n' ' ')"
		return 1
	}
}

# Letters that a program takes, and those with an entry of their own.
letters()
{
	sed -n 's/.*getopt_long(argc, argv, *"\([^"]*\)".*/\1/p' "$2" |
	    tr -d ':' | fold -w 1 | grep . >"$tmp/code"
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh FILES/p' "$1" |
	    sed -n 's/^\.It Fl \([A-Za-z]\)\( .*\)*$/\1/p' >"$tmp/page"
	same "options of ${1##*/}"
}

names()
{
	sed -n '/long_options\[\]/,/};/s/.*{ "\([a-z0-9-]*\)".*/\1/p' "$2" \
	    >"$tmp/code"
	sed -n 's/^\.It \(Fl [a-z] , \)*Fl \\-\([a-z0-9\\-]*\).*/\2/p' \
	    "$1" | tr -d '\\' >"$tmp/page"
	same "long options of ${1##*/}"
}

commands()
{
	{
		sed -n '/^} commands\[\]/,/};/s/.*{ "\([a-z]*\)",.*/\1/p' "$2"
		sed -n 's/.*strcmp(argv\[0\], "\([a-z]*\)") == 0.*/\1/p' "$2"
	} >"$tmp/code"
	sed -n '/^The commands are/,/^The options/s/^\.It Cm \([a-z]*\).*/\1/p' \
	    "$1" >"$tmp/page"
	same "commands of ${1##*/}"
}

shown()
{
	sed -n '/words\[\] = {/,/};/p' "$2" | grep -o '"[a-z]*"' |
	    tr -d '"' >"$tmp/code"
	sed -n '/^is one of:/,/^\.El/s/^\.It Cm \([a-z]*\)$/\1/p' "$1" \
	    >"$tmp/page"
	same "words of ${1##*/}"
}

limits()
{
	sed -n '/^const struct limit/,/^};/s/.*{ LIMIT_[A-Z_]*, "\([a-z-]*\)",.*/\1/p' \
	    "$2" >"$tmp/code"
	sed -n '/^\.It Ic limit /,/^\.It Ic media workers/s/^\.It Ic \([a-z-]*\)$/\1/p' \
	    "$1" >"$tmp/page"
	same "limits of ${1##*/}"
}

# Words of the grammar: each stands in the page as such.
grammar()
{
	sed -n '/^} keywords\[\]/,/^};/s/.*{ "\([a-z-]*\)", \([A-Z0-9]*\),.*/\1 \2/p' \
	    "$2" | awk '$2 != "UNIT" { print $1 }' >"$tmp/words"
	[ "$(wc -l <"$tmp/words")" -ge 30 ] || return 1
	missing=
	while read -r w; do
		grep -qE "^\\.(It )?.*(Ic|\\|)( [a-z |-]*)? $w( |\$)" "$1" ||
		    missing="$missing $w"
	done <"$tmp/words"
	[ -z "$missing" ] || {
		echo "words without mention in ${1##*/}:$missing"
		return 1
	}
}

# What DIAGNOSTICS quote: each piece between `...' is in some string.
find "$SRCDIR" \( -path "$SRCDIR/regress" -o -name '.?*' \) -prune -o \
    -name '*.[chy]' -exec cat {} + | tr '\n\t' '  ' |
    sed -e 's/"  *"//g' -e 's/\\n/ /g' >"$tmp/strings"
quoted()
{
	sed -n '/^\.Sh DIAGNOSTICS/,/^\.Sh SEE ALSO/s/^\.It //p' "$1" \
	    >"$tmp/quoted"
	[ -s "$tmp/quoted" ] || { echo "${1##*/}: no diagnostics"; return 1; }
	while IFS= read -r line; do
		printf '%s\n' "$line" | sed 's/\.\.\./\n/g' |
		    sed -e 's/^ *//' -e 's/ *$//' | while IFS= read -r piece; do
			[ ${#piece} -gt 2 ] || continue
			grep -qF -e "$piece" "$tmp/strings" || {
				echo "${1##*/}: no program says '$piece'"
				exit 1
			}
		done || return 1
	done <"$tmp/quoted"
}

all()
{
	letters "$1/relayd.8" "$SRCDIR/relayd/main.c" &&
	    letters "$1/wzpctl.8" "$SRCDIR/wzpctl/wzpctl.c" &&
	    names "$1/wzp.1" "$SRCDIR/wzp/wzp.c" &&
	    commands "$1/wzp.1" "$SRCDIR/wzp/wzp.c" &&
	    shown "$1/wzpctl.8" "$SRCDIR/wzpctl/wzpctl.c" &&
	    limits "$1/relayd.conf.5" "$SRCDIR/common/ipc/limits.c" &&
	    grammar "$1/relayd.conf.5" "$SRCDIR/relayd/parse.y" &&
	    quoted "$1/relayd.8" && quoted "$1/wzpctl.8" && quoted "$1/wzp.1"
}
all "$man" || fail "the man pages say something else than the code"

# What is cut out, or put in, is noticed.
control()
{
	page=$1
	shift
	rm -rf "$tmp/man"
	mkdir "$tmp/man"
	cp "$man"/*.[1-9] "$tmp/man"
	sed -i "$@" "$tmp/man/$page"
	! cmp -s "$man/$page" "$tmp/man/$page" ||
	    fail "control: nothing was changed by $*"
	! all "$tmp/man" >"$tmp/out" || fail "control: unnoticed: $*"
	cat "$tmp/out"
}
control relayd.8 '/^\.It Fl F$/d'
control relayd.8 's/^\.It Fl F$/.It Fl Q/'
control wzpctl.8 '/^\.It Fl j$/d'
control wzpctl.8 '/^\.It Cm mesh/d'
control wzp.1 '/relay\\-only$/d'
control wzp.1 's/^\.It Cm listen/.It Cm wait/'
control relayd.conf.5 '/^\.It Ic grace$/d'
control relayd.conf.5 's/transit/passage/g'
control relayd.8 's/crash loop/death spiral/'
echo "the pages fit"
