#!/bin/sh
# Makes the eight sentences of this folder (espeak-ng, sox).
set -eu
cd "$(dirname "$0")"

say() {	# number voice text
	espeak-ng -v "$2" -s 172 -w "$1.wav" "$3"
	sox "$1.wav" -r 16000 -c 1 -b 16 -C 8 "$1.flac" gain -n -6 lowpass 6000 silence 1 0.02 0.5%
	rm -f "$1.wav"
}

say a1 en-gb+m3 "The morning ferry leaves the harbour at seven, when the fog has lifted."
say a2 en-gb+m3 "Please bring nine copper wires and a small wooden box to the workshop."
say a3 en-gb+m3 "Every bridge across this valley was built by hand over forty summers."
say a4 en-gb+m3 "Turn left behind the old theatre and follow the narrow path uphill."
say b1 en-us+f4 "My neighbour grows tomatoes, beans and yellow peppers on her balcony."
say b2 en-us+f4 "We measured the distance twice, and both times the answer was wrong."
say b3 en-us+f4 "A quiet voice on the radio announced that the trains would be late."
say b4 en-us+f4 "Keep the blue folder, throw away the rest, and call me after lunch."
