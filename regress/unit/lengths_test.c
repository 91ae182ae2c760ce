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
 * Constant bit rate: whatever is said, a codec's packets have one length.
 *
 * COVERS: opus - with opus_tx_constant() lengths say nothing about the speech
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/audio/opus_tx.h"

#define STEPS	300		/* 6 s */

/* Packets of each length. */
struct lengths {
	unsigned int	le_packets;
	size_t		le_min;
	size_t		le_max;
	size_t		le_distinct;
	unsigned int	le_of[OPUS_TX_PACKET + 1];
};

static void	 sound(int16_t *, unsigned int);
static void	 talk(struct opus_tx *, struct lengths *);

/* By turns: nothing, a hum, shouting that is never the same, a whisper. */
static void
sound(int16_t *pcm, unsigned int step)
{
	unsigned int	 i, t;

	for (i = 0; i < OPUS_TX_STEP; i++) {
		t = step * OPUS_TX_STEP + i;
		switch (step / 25 % 4) {
		case 0:
			pcm[i] = 0;
			break;
		case 1:
			pcm[i] = (int16_t)(t % 240 < 120 ? 3000 : -3000);
			break;
		case 2:
			pcm[i] = (int16_t)(random() % 60000 - 30000);
			break;
		case 3:
			pcm[i] = (int16_t)(random() % 40 - 20);
			break;
		}
	}
}

static void
talk(struct opus_tx *tx, struct lengths *le)
{
	int16_t		 pcm[OPUS_TX_STEP];
	uint8_t		 out[OPUS_TX_PACKET];
	unsigned int	 i;
	size_t		 n;

	memset(le, 0, sizeof(*le));
	le->le_min = SIZE_MAX;
	for (i = 0; i < STEPS; i++) {
		sound(pcm, i);
		if ((n = opus_tx_step(tx, pcm, NULL, out)) == 0)
			continue;
		le->le_packets++;
		le->le_distinct += le->le_of[n]++ == 0;
		if (n < le->le_min)
			le->le_min = n;
		if (n > le->le_max)
			le->le_max = n;
	}
}

static void
test_lengths(void **state)
{
	struct media_profile	 profile = media_profile_good;
	struct opus_tx		*tx;
	struct lengths		 le;
	unsigned int		 codec, tested = 0;
	bool			 constant;

	(void)state;
	for (codec = 0; codec < CODEC_MAX; codec++) {
		if (!media_codec_info(codec)->is_opus)
			continue;
		for (constant = false;; constant = true) {
			srandom(3);
			profile.codec = (enum media_codec)codec;
			assert_non_null(tx = opus_tx_new(&profile, 0));
			if (constant)
				assert_int_equal(opus_tx_constant(tx), 0);
			talk(tx, &le);
			opus_tx_free(tx);
			print_message("%s %s: %u packets of %zu to %zu\n",
			    media_codec_info(codec)->name,
			    constant ? "constant" : "free", le.le_packets,
			    le.le_min, le.le_max);
			if (constant) {
				assert_int_equal(le.le_distinct, 1);
				/* Each one is sent: silence is no secret. */
				assert_int_equal(le.le_packets, STEPS * 20 /
				    media_codec_info(codec)->frame_ms);
				break;
			}
			/* The same listening hears the rest. */
			assert_true(le.le_distinct > 5);
		}
		tested++;
	}
	assert_int_equal(tested, 6);
}

/* A change of codec changes the length, once. */
static void
test_change(void **state)
{
	struct opus_tx	*tx;
	struct lengths	 one, two;

	(void)state;
	assert_non_null(tx = opus_tx_new(&media_profile_good, 0));
	assert_int_equal(opus_tx_constant(tx), 0);
	talk(tx, &one);
	assert_int_equal(opus_tx_set_codec(tx, CODEC_OPUS6K), 0);
	talk(tx, &two);
	assert_int_equal(one.le_distinct, 1);
	assert_int_equal(two.le_distinct, 1);
	assert_true(two.le_max < one.le_min);
	opus_tx_free(tx);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_change),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
