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
# Helpers of the sh cases: `. "$SRCDIR/regress/lib.sh"'.  The current
# directory is the build directory.  A case is a program of its own: exit
# status 0 is a pass, 77 a skip; its last line of output is the reason.
#
# shellcheck shell=sh disable=SC2034

set -u
: "${SRCDIR:?}"
BUILD=$PWD
PEER=$BUILD/regress/peer/wzp-peer
RELAYD=$BUILD/relayd/relayd
WZPCTL=$BUILD/wzpctl/wzpctl
WZP=$BUILD/wzp/wzp

# Seconds a relay may take to be ready, and to stop.
RELAY_LIMIT=${RELAY_LIMIT:-10}
# Numeric ids of an unused range, for runs as root.
WORKER_UIDS="keyd:61960 doord:61961 signald:61962 mediad:61963 \
registryd:61964 controld:61965 federd:61966 lookupd:61967"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/wzp-regress.XXXXXX") || exit 1
chmod 755 "$tmp"
relay=$tmp/relay
relay_pid=
relay_port=
relay_status=

case_cleanup()
{
	# Clients that a wire script started and has not ended.
	if [ -f "$tmp/c/pid" ]; then
		kill "$(cat "$tmp/c/pid")" 2>/dev/null
	fi
	if [ -n "$relay_pid" ]; then
		kill "$relay_pid" 2>/dev/null
		relay_wait_gone || kill -9 "$relay_pid" 2>/dev/null
	fi
	rm -rf "$tmp"
}
trap case_cleanup EXIT
trap 'exit 1' HUP INT TERM

# relay_word: what the relay of this case complained of last
relay_word()
{
	grep -v -e ': ending$' -e ': ended$' "$relay/log" | tail -n 1
}

fail()
{
	if [ -s "$relay/log" ]; then
		echo "--- the relay's log"
		tail -n 40 "$relay/log"
		echo "---"
	fi
	echo "$*"
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# until_true SECONDS COMMAND...: polls until the command succeeds
until_true()
{
	n=$(($1 * 20))
	shift
	until "$@"; do
		n=$((n - 1))
		[ "$n" -gt 0 ] || return 1
		sleep 0.05
	done
}

# wait_for FILE PATTERN SECONDS: until the file has a matching line
wait_for()
{
	until_true "$3" grep -q -e "$2" "$1" 2>/dev/null ||
	    fail "nothing like '$2' in ${1##*/} within $3 s"
}

is_root()
{
	[ "$(id -u)" -eq 0 ]
}

has_ipv6()
{
	grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 \
	    2>/dev/null
}

# uid_of WORKER: the numeric id it has in cases that run as root
uid_of()
{
	for u in $WORKER_UIDS; do
		[ "${u%%:*}" != "$1" ] || echo "${u#*:}"
	done
}

# relay_conf [LINE...]: directory and configuration of the relay of this
# case.  RELAY_SEED: its identity; RELAY_LEGACY: allow (default) or deny.
relay_conf()
{
	mkdir -p "$relay/db" "$relay/empty" "$relay/run"
	chmod 755 "$relay" "$relay/run" "$relay/empty"
	chmod 700 "$relay/db"
	if [ -n "${RELAY_SEED:-}" ] && [ ! -f "$relay/relay.seed" ]; then
		(umask 077 && echo "$RELAY_SEED" >"$relay/relay.seed")
	fi
	[ -n "$relay_port" ] || relay_port=$("$PEER" -f 20000-29999) ||
	    fail "no free port"
	{
		echo "listen on 127.0.0.1 port $relay_port"
		if has_ipv6; then
			echo "listen on ::1 port $relay_port"
		fi
		echo "identity \"$relay/relay.seed\""
		echo "database \"$relay/db/calls.db\""
		echo "control socket \"$relay/run/relayd.sock\""
		echo "control socket read-only \"$relay/run/relayd.ro.sock\""
		echo "legacy clients ${RELAY_LEGACY:-allow}"
		if is_root; then
			echo "chroot \"$relay/empty\""
			for u in $WORKER_UIDS; do
				echo "user ${u%%:*} ${u#*:}"
			done
		fi
		for l; do
			echo "$l"
		done
	} >"$relay/relayd.conf"
	if is_root; then
		chown "$(uid_of registryd):$(uid_of registryd)" "$relay/db"
	fi
}

# Starts relayd with the configuration there is; the log is $relay/log.
relay_spawn()
{
	"$RELAYD" -dv -L "${RELAY_LIBEXEC:-$BUILD}" -f "$relay/relayd.conf" \
	    >>"$relay/log" 2>&1 </dev/null &
	relay_pid=$!
	relay_status=
}

relay_ready()
{
	grep -q 'relayd: ready' "$relay/log" ||
	    ! kill -0 "$relay_pid" 2>/dev/null
}

# relay_start [LINE...]: a relay of its own, ready to serve
relay_start()
{
	relay_conf "$@"
	relay_restart
}

# With the same directory, configuration and port as before.
relay_restart()
{
	: >"$relay/log"
	relay_spawn
	until_true "$RELAY_LIMIT" relay_ready ||
	    fail "the relay is not ready within $RELAY_LIMIT s"
	grep -q 'relayd: ready' "$relay/log" || {
		wait "$relay_pid"
		status=$?
		relay_pid=
		fail "the relay ended with status $status: $(relay_word)"
	}
	# Its seed stands in the address: what clients talk to.
	relay_addr=127.0.0.1:$relay_port
	relay_addr6="[::1]:$relay_port"
	relay_sock=$relay/run/relayd.sock
}

relay_gone()
{
	! kill -0 "$relay_pid" 2>/dev/null
}

relay_wait_gone()
{
	until_true "$RELAY_LIMIT" relay_gone
}

# Orderly: SIGTERM, and nothing may be left.  Sets relay_status.
relay_stop()
{
	kill "$relay_pid" || fail "the relay is not there any more"
	relay_wait_gone || fail "the relay does not stop"
	wait "$relay_pid"
	relay_status=$?
	relay_pid=
	[ "$relay_status" -eq 0 ] ||
	    fail "the relay ended with status $relay_status: $(relay_word)"
}

# relay_healthy [WORKER]: nothing crashed but, where named, that worker
relay_healthy()
{
	if grep -e 'AddressSanitizer' -e 'runtime error:' \
	    -e 'LeakSanitizer' "$relay/log"; then
		fail "a sanitizer report"
	fi
	if grep -e ' died: ' -e ' blames ' -e 'crash loop' "$relay/log" |
	    grep -v -e "${1:-nothing}"; then
		fail "a worker of the relay ended"
	fi
}

# ctl ARGUMENT...: wzpctl on the relay of this case
ctl()
{
	"$WZPCTL" -s "$relay_sock" "$@"
}

# peer SCRIPT [PROFILE]: a wire script against the relay of this case
peer()
{
	if has_ipv6; then
		set -- "$1" "${2:-original}" -6 "$relay_addr6"
	else
		set -- "$1" "${2:-original}"
	fi
	script=$1
	profile=$2
	shift 2
	WZPCTL=$WZPCTL SOCK=$relay_sock RELAY=$relay RELAY_PID=$relay_pid \
	    WZP=$WZP TMP=$tmp \
	    "$PEER" -p "$profile" -r "$relay_addr" "$@" "$script"
}

# worker_pid NAME: the process of a worker of this case's relay.  By its
# command: the link to the executable of such a process is root's to read.
worker_pid()
{
	for p in $(cat "/proc/$relay_pid/task/$relay_pid/children"); do
		[ "$(cat "/proc/$p/comm")" != "$1" ] || echo "$p"
	done
}

# Field of one of the JSON rows on standard input: json_field NAME
json_field()
{
	sed -n "s,.*\"$1\": *\"\{0\,1\}\([^\",}]*\).*,\1,p"
}
