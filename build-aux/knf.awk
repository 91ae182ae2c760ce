# Copyright (c) 2026 the WZP authors; see LICENSE.
#
# Prepare C in style(9) for clang-format, which knows neither names and
# comments lined up with tabs nor where a human breaks an expression: a tab
# within a line becomes one space, a comment after a tab goes, continuation
# lines join the line they continue.  "map" receives the number of the last
# line of the input in each line of the output.  Of its own it complains
# about long lines, blanks at the end, and continuation lines that are not
# indented by tabs and four spaces.

function column(s,    i, col)
{
	col = 0
	for (i = 1; i <= length(s); i++)
		if (substr(s, i, 1) == "\t")
			col += 8 - col % 8
		else
			col++
	return (col)
}

function complain(what)
{
	if (name == "")
		return
	printf "%s:%d: %s\n", name, NR, what >"/dev/stderr"
	bad = 1
}

function type_only(s)
{
	return (s ~ /^[a-z][A-Za-z_0-9 ]*\*?$/)
}

function flush(    last)
{
	if (have) {
		print line
		if (map != "")
			print NR - 1 >map
	}
	have = joined = 0
}

{
	if (column($0) > 80)
		complain("longer than 80 columns")
	if ($0 ~ /[ \t]$/)
		complain("blanks at the end")
	match($0, /^[ \t]*/)
	indent = substr($0, 1, RLENGTH)
	rest = substr($0, RLENGTH + 1)
	if (macro || rest ~ /^#.*\\$/) {
		# the body of a macro is the author's
		flush()
		macro = rest ~ /\\$/
		line = "/* macro */"
		have = 1
		next
	}
	if (comment || rest ~ /^\/\*/) {
		flush()
		comment = rest !~ /\*\//
		line = $0
		have = 1
		next
	}
	sub(/[ \t]*\/\*.*\*\/$/, "", rest)
	if (rest ~ /[ \t]\/\*/ && rest !~ /\*\//) {
		sub(/[ \t]+\/\*.*$/, "", rest)
		comment = 1
	}
	gsub(/\) ~/, ")~", rest)
	if (rest ~ /\t/) {
		gsub(/\t+ */, " ", rest)
		sub(/ +;$/, ";", rest)
	}
	more = indent ~ / / || rest ~ /^"/ || \
	    (rest ~ /^\*/ && line ~ /[a-z]$/) || \
	    (rest ~ /^[a-z_0-9]+\(/ && indent != "" && type_only(line)) || (joined && rest ~ /^}/)
	if (have && more && rest != "") {
		if (rest !~ /^["*}]/ && !type_only(line) && indent !~ /^\t*    $/)
			complain("continuation lines: tabs and four spaces")
		if (line ~ /[(]$/ || line ~ /^[A-Za-z_0-9 ]+\*$/)
			line = line rest
		else
			line = line " " rest
		joined = line ~ /= {/
		next
	}
	flush()
	line = indent rest
	have = 1
}

END {
	NR++
	flush()
	exit (bad)
}
