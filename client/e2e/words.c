/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * The list: nouns that most people know, no two of which begin with the same
 * four letters or differ in fewer than two.  Both sides must have the same one:
 * an entry is never to be changed.
 */

#include "config.h"

#include <string.h>

#include "client/e2e/words.h"

static const char *const words[256] = {
	"acrobat", "adobe", "airport", "album", "alligator", "almond",
	"ambush", "anchor", "angel", "antelope", "apple", "apron", "aquarium",
	"arrow", "artist", "atlas", "autumn", "avocado", "bacon", "badge",
	"bagpipe", "balloon", "bamboo", "banana", "barrel", "basket",
	"battery", "beaver", "bedroom", "bicycle", "biscuit", "blanket",
	"blossom", "bonfire", "bottle", "bouquet", "bridge", "broccoli",
	"bubble", "buckle", "buffalo", "button", "cabin", "cactus", "camera",
	"canary", "candle", "canyon", "caravan", "carpet", "castle",
	"cauldron", "cedar", "cello", "chapel", "cheese", "cherry", "chimney",
	"cinema", "circus", "citrus", "clarinet", "cloud", "clover",
	"coconut", "coffee", "compass", "copper", "cotton", "cowboy",
	"crayon", "cricket", "crystal", "cucumber", "curtain", "cushion",
	"daisy", "dentist", "desert", "diamond", "dinner", "dinosaur",
	"doctor", "dolphin", "dragon", "drummer", "dungeon", "eagle", "easel",
	"echo", "elbow", "elephant", "elevator", "emerald", "engine",
	"envelope", "falcon", "farmer", "feather", "fiddle", "finger",
	"flamingo", "flute", "forest", "fossil", "fountain", "freckle",
	"frost", "funnel", "galaxy", "garlic", "gazelle", "giant", "giraffe",
	"glacier", "glove", "goblin", "gondola", "gorilla", "granite",
	"gravel", "guitar", "hammer", "harbour", "hazelnut", "helmet", "hero",
	"hippo", "honey", "horizon", "hotel", "hurdle", "husky", "iceberg",
	"igloo", "indigo", "insect", "island", "ivory", "jacket", "jaguar",
	"jasmine", "jelly", "jewel", "jigsaw", "journal", "juggler", "jungle",
	"kangaroo", "kayak", "kettle", "kitchen", "kiwi", "knight", "koala",
	"ladder", "lagoon", "lantern", "lasagne", "lava", "legend", "lemon",
	"leopard", "lettuce", "library", "lighthouse", "lizard", "lobster",
	"lotus", "lunch", "magnet", "mammoth", "mango", "maple", "marble",
	"meadow", "melody", "mermaid", "meteor", "mirror", "mitten", "monkey",
	"mosaic", "motor", "muffin", "museum", "mustard", "napkin",
	"necklace", "needle", "nephew", "nest", "noodle", "novel", "nugget",
	"oasis", "octopus", "olive", "onion", "opera", "orange", "orchid",
	"ostrich", "otter", "oven", "oxygen", "palace", "panther", "papaya",
	"parrot", "parsley", "peanut", "pebble", "pencil", "pepper", "piano",
	"pickle", "pigeon", "pillow", "pirate", "planet", "plaster", "poet",
	"polar", "poppy", "potato", "prairie", "prince", "pudding", "pumpkin",
	"puppet", "puzzle", "pyramid", "quartz", "quilt", "rabbit", "radish",
	"raft", "rainbow", "raven", "ribbon", "river", "robin", "rocket",
	"rooster", "safari", "sailor", "salmon", "sandwich", "sapphire",
	"saxophone", "scarf", "violin", "volcano", "walrus", "zebra"
};

void
words_from(const uint8_t bytes[WORDS_BYTES], char out[WORDS_STRLEN])
{
	size_t	 i;

	out[0] = '\0';
	for (i = 0; i < WORDS_BYTES; i++) {
		if (i > 0)
			(void)strlcat(out, " ", WORDS_STRLEN);
		(void)strlcat(out, words[bytes[i]], WORDS_STRLEN);
	}
}
