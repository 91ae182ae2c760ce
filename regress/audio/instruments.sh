#!/bin/sh
# COVERS: audio_similarity, audio_gap_ms - the instruments against known input
#
# What they must accept and what they must refuse.  The build directory is
# the current directory; SRCDIR the source tree.
set -eu
: "${SRCDIR:?}"
bin=$PWD/regress/audio
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
seed=${SEED:-7}
echo "seed $seed"

bad=0
fail() {
	echo "FAIL: $*"
	bad=1
}

# accepts NAME THRESHOLD REC / refuses NAME REASON REC
accepts() {
	line=$("$bin/cmp" -t "$2" "$tmp/ref.wav" "$3") ||
	    fail "$1 refused: $line"
	echo "$1: $line"
}
refuses() {
	if line=$("$bin/cmp" "$tmp/ref.wav" "$3"); then
		fail "$1 accepted: $line"
	fi
	case $line in
	*"verdict=fail: $2"*) ;;
	*) fail "$1 refused for another reason: $line" ;;
	esac
	echo "$1: $line"
}

"$bin/source" speech "$seed" "$SRCDIR/regress/audio/speech" "$tmp/ref.wav"
# Name bitrate frame_ms loss delay threshold
while read -r name bitrate ms loss delay threshold; do
	"$bin/opuspass" "$bitrate" "$ms" "$loss" "$delay" 0 "$tmp/ref.wav" \
	    "$tmp/$name.wav"
	accepts "$name" "$threshold" "$tmp/$name.wav"
done <<EOF
opus24k 24000 20 0 0 0.95
opus24k-183ms 24000 20 0 183 0.95
opus24k-1500ms 24000 20 0 1500 0.95
opus64k 64000 20 0 0 0.95
opus6k 6000 40 0 0 0.80
opus24k-5-percent-lost 24000 20 5 100 0.88
EOF

for kind in silence noise tone copy hole quiet; do
	"$bin/source" spoil "$kind" "$tmp/ref.wav" "$tmp/$kind.wav"
done
refuses silence "level differs" "$tmp/silence.wav"
refuses noise "not similar" "$tmp/noise.wav"
refuses tone "not similar" "$tmp/tone.wav"
refuses copy "not coded" "$tmp/copy.wav"
refuses hole "a segment is missing" "$tmp/hole.wav"
refuses quiet "level differs" "$tmp/quiet.wav"
"$bin/source" speech 1001 "$SRCDIR/regress/audio/speech" "$tmp/other.wav"
"$bin/opuspass" 24000 20 0 0 0 "$tmp/other.wav" "$tmp/other-coded.wav"
refuses other-sentences "not similar" "$tmp/other-coded.wav"

# gap DROPPED LOW HIGH
"$bin/source" sweep 12 "$tmp/sweep.wav"
while read -r dropped low high; do
	"$bin/opuspass" 24000 20 0 100 "$dropped" "$tmp/sweep.wav" \
	    "$tmp/gap.wav"
	line=$("$bin/gap" "$tmp/gap.wav")
	echo "$dropped packets: $line"
	ms=${line#audio_gap_ms=}
	ms=${ms%% *}
	[ "$ms" -ge "$low" ] && [ "$ms" -le "$high" ] ||
	    fail "$dropped packets lost: gap $ms ms, not $low-$high"
done <<EOF
0 0 20
5 80 120
15 260 340
25 460 540
EOF
if "$bin/gap" "$tmp/silence.wav" 2>/dev/null; then
	fail "a sweep was found in silence"
fi
exit $bad
