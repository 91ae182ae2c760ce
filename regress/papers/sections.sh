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
# COVERS: documents - every section and gap that the code cites is in wzp-protocol(7)

. "$SRCDIR/regress/lib.sh"

page=$SRCDIR/man/wzp-protocol.7

# What sources cite, a line each: "section 8.3" or "gap 44", and where.
cited()
{
	find "$1" -type f \( -name '*.[chy]' -o -name '*.sh' -o -name '*.inc' \
	    -o -name '*.wire' \) ! -path '*/.*' -exec awk '
		{
			rest = $0
			while (match(rest, /wzp-protocol (Appendix [A-Z]|[0-9]+(\.[0-9]+)*)/)) {
				s = substr(rest, RSTART + 13, RLENGTH - 13)
				rest = substr(rest, RSTART + RLENGTH)
				print "section " s "\t" FILENAME ":" FNR
				while (match(rest, /^(, | and |-| to |, and )(Appendix [A-Z]|[0-9]+\.[0-9]+)/)) {
					s = substr(rest, 1, RLENGTH)
					rest = substr(rest, RLENGTH + 1)
					sub(/^(, and |, | and |-| to )/, "", s)
					print "section " s "\t" FILENAME ":" FNR
				}
			}
			rest = $0
			while (match(rest, /gaps? [0-9]+((, | and )[0-9]+)*/)) {
				s = substr(rest, RSTART, RLENGTH)
				rest = substr(rest, RSTART + RLENGTH)
				n = split(s, w, /[^0-9]+/)
				for (i = 1; i <= n; i++)
					if (w[i] != "")
						print "gap " w[i] "\t" FILENAME ":" FNR
			}
		}' {} +
}

# What the page has, in the same form.
sed -n -e 's/^\.S[hs] \([0-9][0-9.]*[0-9]\) .*/section \1/p' \
    -e 's/^\.Sh \([0-9]*\)\. .*/section \1/p' \
    -e 's/^\.Sh APPENDIX \([A-Z]\)\..*/section Appendix \1/p' \
    -e 's/^\.It gap \([0-9]*\)$/gap \1/p' "$page" | sort -u >"$tmp/has"
[ "$(grep -c '^section' "$tmp/has")" -ge 80 ] || fail "the page lost sections"
[ "$(grep -c '^gap' "$tmp/has")" -eq 54 ] || fail "the page has not all gaps"

# missing FOLDER: what is cited there and not in the page
missing()
{
	cited "$1" >"$tmp/cited"
	awk -F '\t' 'NR == FNR { has[$1] = 1; next } !($1 in has)' \
	    "$tmp/has" "$tmp/cited"
}

: >"$tmp/all"
for f in client common controld doord federd keyd lookupd mediad registryd \
    regress relayd signald wzp wzpctl bench; do
	missing "$SRCDIR/$f" | grep -v '/regress/papers/sections\.sh:'
	cat "$tmp/cited" >>"$tmp/all"
done >"$tmp/missing"
[ ! -s "$tmp/missing" ] || {
	cat "$tmp/missing"
	fail "the code cites what is not in wzp-protocol(7)"
}
n=$(wc -l <"$tmp/all")
[ "$n" -ge 150 ] || fail "only $n citations were found"

# Section numbers in the page are those of the text around them.
awk '
	/^\.Sh [0-9]+\./ { top = $2 + 0; sub_ = 0 }
	/^\.Ss [0-9]+\.[0-9]+ / {
		split($2, n, ".")
		if (n[1] != top || n[2] != ++sub_) {
			print "section " $2 " is out of order"
			bad = 1
		}
	}
	END { exit (bad) }' "$page" || fail "sections of the page are out of order"

# Controls: one of each kind that the page does not have.
mkdir "$tmp/src"
control()
{
	echo "/* $1 */" >"$tmp/src/x.c"
	[ "$(missing "$tmp/src" | cut -f 1)" = "$2" ] ||
	    fail "control: '$1' went unnoticed"
}
control "as wzp-protocol 8.77 says" "section 8.77"
control "wzp-protocol 8.3, 8.78" "section 8.78"
control "wzp-protocol 9.1 to 9.33" "section 9.33"
control "wzp-protocol 77" "section 77"
control "wzp-protocol 7.6 and Appendix Z" "section Appendix Z"
control "gap 55" "gap 55"
control "gaps 1, 56" "gap 56"
echo "$n citations"
