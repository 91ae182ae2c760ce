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
# COVERS: documents - every example of the man pages and of README.md, typed as printed
# LIMIT: 240
# They are typed in namespaces of their own: /usr/local is empty until `make
# install' was typed, /etc is a copy, relay.example.org is this machine, port
# 4433 is free.  There is no sound device, so that --mute is added where the
# microphone would be used.

if [ -z "${EXAMPLES_INSIDE:-}" ]; then
	. "$SRCDIR/regress/lib.sh"
	is_root || skip "needs root"
	grep -q '^prefix = /usr/local$' Makefile ||
	    skip "configured for another prefix than /usr/local"
	# The case is the child: what it started ends with its namespace.
	EXAMPLES_INSIDE=1 unshare -m -n -p -f --mount-proc \
	    sh "$SRCDIR/regress/papers/examples.sh"
	exit
fi
. "$SRCDIR/regress/lib.sh"

# All examples, a line each: where, tab, what is typed ("# " and "$ " taken
# off) or what a file has, its lines joined by \n.
examples()
{
	for f in "$1"/man/*.[1-9]; do
		awk -v page="${f##*/}" '
			/^\.Sh / { on = $2 == "EXAMPLES" }
			!on { next }
			/^\.Dl [#$] / {
				sub(/^\.Dl [#$] /, "")
				gsub(/\\-/, "-")
				print page "\t" $0
			}
			/^\.Ed/ { print page "\t" text; text = ""; block = 0 }
			block {
				gsub(/\\\(dq/, "\"")
				text = text (text == "" ? "" : "\\n") $0
			}
			/^\.Bd/ { block = 1 }' "$f"
	done
	awk '
		/^```/ {
			if (block && text != "")
				print "README.md\t" text
			text = ""
			block = !block
			next
		}
		block && /^[a-z.]/ && !/^[a-z]+ .*\{$/ && !config {
			print "README.md\t" $0
			next
		}
		block {
			config = !/^\}/
			text = text (text == "" ? "" : "\\n") $0
		}' "$1/README.md"
}
examples "$SRCDIR" >"$tmp/examples"
: >"$tmp/done"

# known WHERE TEXT: it is one of them, and is tried here
known()
{
	printf '%s\t%s\n' "$1" "$2" >"$tmp/one"
	grep -qxF -f "$tmp/one" "$tmp/examples" ||
	    fail "$1 has no example '$2' (any more)"
	cat "$tmp/one" >>"$tmp/done"
}

# Objects to an example that was not tried.
all_known()
{
	sort -u "$1" >"$tmp/want"
	sort -u "$tmp/done" | comm -23 "$tmp/want" - >"$tmp/unknown"
	[ ! -s "$tmp/unknown" ] || {
		cat "$tmp/unknown"
		return 1
	}
}

# typed WHERE TEXT [MORE]: in a shell, with the reader's PATH; the output is
# in $tmp/out.  MORE is what had to be added.
typed()
{
	known "$1" "$2"
	echo "# $2${3:+ $3}"
	(cd "$work" && exec sh -c "$2${3:+ $3}") >"$tmp/out" 2>&1 </dev/null || {
		cat "$tmp/out"
		fail "$1: '$2' failed"
	}
}

# started NAME WHERE TEXT [MORE]: goes on in the background, output in $tmp/NAME
started()
{
	known "$2" "$3"
	echo "# $3${4:+ $4} &"
	: >"$tmp/$1"
	(cd "$work" && exec sh -c "exec $3${4:+ $4}") >"$tmp/$1" 2>&1 \
	    </dev/null &
	started_pid=$!
}

ended()
{
	! kill -0 "$1" 2>/dev/null
}

# stopped PID SIGNAL: asked to end, it ends with status 0
stopped()
{
	kill -"$2" "$1"
	until_true 15 ended "$1" || fail "it does not end by SIG$2"
	wait "$1" || fail "it ended with status $?"
}

said()
{
	grep -q -e "$1" "$tmp/out" || {
		cat "$tmp/out"
		fail "it did not say '$1'"
	}
}

# The namespaces.
work=$BUILD
ip link set lo up || fail "no loopback"
mkdir "$tmp/etc" "$tmp/callee" "$tmp/caller" "$tmp/typed"
cp -a /etc/. "$tmp/etc/" 2>/dev/null
rm -f "$tmp/etc/.pwd.lock"
mount --bind "$tmp/etc" /etc || fail "no private /etc"
mount -t tmpfs tmpfs /usr/local || fail "no private /usr/local"
echo "127.0.0.1 relay.example.org a.example.org b.example.org" >>/etc/hosts
PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin
HOME=$tmp/callee
unset WZP_SOCKET XDG_DATA_HOME REGRESS_ONLY MAKEFLAGS MAKELEVEL MFLAGS
export PATH HOME
log=$tmp/log
fp=6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
mkdir -p "$tmp/callee/.local/share/wzp"
(umask 077 && printf '%s\n' \
    000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
    >"$tmp/callee/.local/share/wzp/identity")

# Those that are tried elsewhere, and that they are.
known README.md "./bootstrap demo"
[ -f "$SRCDIR/regress/demo/call.sh" ] || fail "nothing tries the demo"
known README.md "./bootstrap regress"
grep -q '\./bootstrap regress' "$SRCDIR/.ci/run" ||
    fail "nothing types ./bootstrap regress"
known README.md "./configure && make && make install"
for w in demo regress; do
	grep -q "^	make -j\|^$w:\|exec make \"\$what\"" "$SRCDIR/bootstrap" ||
	    fail "bootstrap has no $w"
done

# Run a relay.
typed README.md "make install"
work=$tmp/typed
[ -f /usr/local/etc/wzp/relayd.conf ] || fail "no configuration was installed"
typed README.md "relayd -n"
said 'configuration ok'

# As root it wants a user for each worker, and prints how to make them.
relayd -d >"$tmp/try" 2>&1 </dev/null && fail "it starts without its users"
sed -n 's/.*relayd: *\(useradd .*\)/\1/p' "$tmp/try" >"$tmp/useradd"
[ "$(wc -l <"$tmp/useradd")" -eq 6 ] || {
	cat "$tmp/try"
	fail "not six users are missing"
}
sh -e "$tmp/useradd" || fail "what it prints does not make the users"
# Those of the workers that this configuration does not start.
for u in _wzpfed _wzplook; do
	id "$u" >/dev/null 2>&1 || useradd --system --user-group \
	    --no-create-home --home-dir /nonexistent \
	    --shell /usr/sbin/nologin "$u" || fail "no user $u"
done

started log README.md "relayd -d"
relayd_pid=$started_pid
wait_for "$log" 'relayd: ready' 15
typed README.md "wzpctl show workers"
said signald
typed README.md "wzpctl show clients"
typed README.md "wzpctl show calls"

# Call somebody.
typed README.md "wzp id"
said "$fp"
typed wzp.1 "wzp id"
said "$fp"
started listen README.md "wzp listen" --mute
listen_pid=$started_pid
wait_for "$tmp/listen" "registered as $fp" 15
HOME=$tmp/caller
started call README.md "wzp -r relay.example.org call $fp" --mute
call_pid=$started_pid
wait_for "$tmp/call" 'listens: ' 15
wait_for "$tmp/listen" 'listens: ' 15
[ "$(sed -n 's/^listens: //p' "$tmp/call")" = \
    "$(sed -n 's/^listens: //p' "$tmp/listen")" ] || fail "other words"
typed wzpctl.8 "wzpctl show calls $fp"
said "$fp"
typed wzpctl.8 "wzpctl show calls live"
said "$fp"
stopped "$call_pid" INT
wait_for "$tmp/listen" 'hung up by the other side' 15
stopped "$listen_pid" INT
HOME=$tmp/callee
started listen wzp.1 "wzp -r relay.example.org:4433 listen --accept trusted" \
    --mute
listen_pid=$started_pid
wait_for "$tmp/listen" "registered as $fp" 15
HOME=$tmp/caller
cp "$SRCDIR/regress/audio/speech/a1.flac" "$work/speech.wav"
typed wzp.1 "wzp call $fp --play speech.wav"
said 'speak now'
stopped "$listen_pid" INT
typed wzp.1 "wzp -r relay.example.org ping"
said 'round trip'
typed wzp.1 "wzp -r relay.example.org version"
typed wzp.1 "wzp room community --mute --record heard.wav --seconds 10"
[ -s "$work/heard.wav" ] || fail "nothing was recorded"

# The control tool.
typed wzpctl.8 "wzpctl -j show workers"
said '^\['
typed wzpctl.8 "wzpctl show limits"
typed wzpctl.8 "wzpctl reload"
wait_for "$log" 'reload: done' 5
stopped "$relayd_pid" TERM

# relayd.8
typed relayd.8 "relayd -n"
said 'configuration ok'
typed relayd.8 "relayd -nv"
said 'listen on 0.0.0.0 port 4433'
said 'legacy clients allow'
typed relayd.8 "relayd -F"
grep -qxE '([0-9a-f]{2}:){31}[0-9a-f]{2}' "$tmp/out" || fail "no fingerprint"
grep -q "$(cat "$tmp/out")" "$log" || fail "another fingerprint than logged"
if grep -q 'WZP_SANITIZERS 1' "$BUILD/config.h"; then
	known relayd.8 "relayd -T mediad"
else
	typed relayd.8 "relayd -T mediad"
	said 'killed by SIGSYS'
	! grep -q ALLOWED "$tmp/out" || fail "mediad may do what it must not"
fi

# Configurations: each alone, or behind one that is whole; what is left out of
# a fingerprint is put in.
base='listen on 0.0.0.0\nlegacy clients allow'
accepted()
{
	printf '%b\n' "$1" | sed \
	    's/"\([0-9a-f:]*\)[ .:]*\.\.\.[^"]*"/"\1"/' | awk '
		/fingerprint "/ {
			split($0, q, "\"")
			fp = q[2]
			sub(/:$/, "", fp)
			while (length(fp) < 95)
				fp = fp ":ab"
			print "\tfingerprint \"" fp "\""
			next
		}
		{ print }' >"$tmp/conf"
	relayd -n -f "$tmp/conf" >"$tmp/out" 2>&1 || {
		cat "$tmp/conf" "$tmp/out"
		fail "an example of a configuration is refused"
	}
	said 'configuration ok'
}
configs=0
while IFS= read -r line; do
	where=${line%%	*}
	text=${line#*	}
	case $where:$text in
	relayd.conf.5:listen* | relayd.conf.5:public*)
		accepted "$text"
		;;
	relayd.conf.5:peer* | README.md:peer*)
		accepted "$base\n$text"
		;;
	relayd.conf.5:\[\[trusted]]*)
		# Of an original; ours would not understand it.
		;;
	*)
		continue
		;;
	esac
	printf '%s\n' "$line" >>"$tmp/done"
	configs=$((configs + 1))
done <"$tmp/examples"
[ $configs -ge 6 ] || fail "only $configs configurations"

# A peer of that name, to be switched; and relayd -dv.
accepted "$base\npeer \"north\" {\n address \"relay.example.org\"\n fingerprint \"9e:...\"\n}"
cp "$tmp/conf" /usr/local/etc/wzp/relayd.conf
started log2 relayd.8 "relayd -dv"
wait_for "$tmp/log2" 'relayd: ready' 15
typed wzpctl.8 "wzpctl peer north down"
typed wzpctl.8 "wzpctl peer north up"
stopped "$started_pid" TERM

all_known "$tmp/examples" || fail "examples that this test does not know"

# Controls: a new example in a page, in README and in a configuration.
mkdir -p "$tmp/tree/man"
control()
{
	cp "$SRCDIR"/man/*.[1-9] "$tmp/tree/man/"
	cp "$SRCDIR/README.md" "$tmp/tree/"
	sed -i "$2" "$tmp/tree/$1"
	examples "$tmp/tree" >"$tmp/spoiled"
	! all_known "$tmp/spoiled" >/dev/null ||
	    fail "control: a new example in $1 went unnoticed"
}
control man/wzpctl.8 's/^\.Dl # wzpctl reload$/&\n.Dl # wzpctl restart/'
control man/relayd.conf.5 's/^limit ring 45 seconds/limit rung 45 seconds/'
control README.md 's/^wzp listen$/&\nwzp sing/'
control README.md 's/^peer "north" {/peer "south" {/'
echo "$(sort -u "$tmp/examples" | wc -l) examples"
