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
 * The receiving side: media packets in, 20 ms of sound out at each step.
 * A packet names no sender (wzp-protocol 8.6), so the streams of a room are
 * told apart by the continuity of their sequence numbers, each has its own
 * jitter buffer and decoder, and what is heard is their sum.
 */
#ifndef WZP_CLIENT_AUDIO_PLAYOUT_H
#define WZP_CLIENT_AUDIO_PLAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/audio/audio_in.h"
#include "common/wire/media.h"

#define PLAYOUT_STREAMS	8

struct playout;

struct playout_stats {
	uint64_t	ps_packets;	/* came, of any kind */
	uint64_t	ps_invalid;	/* not media packets */
	uint64_t	ps_repair;	/* FEC symbols: not used */
	uint64_t	ps_unknown;	/* codecs we cannot decode */
	uint64_t	ps_duplicate;
	uint64_t	ps_late;
	uint64_t	ps_lost;
	uint64_t	ps_expected;
	uint64_t	ps_decoded;	/* frames that came and were played */
	uint64_t	ps_concealed;	/* frames made up */
	unsigned int	ps_longest_ms;	/* longest run of such */
	unsigned int	ps_jitter_ms;	/* of the worst stream */
	unsigned int	ps_delay_ms;	/* of the worst stream */
	unsigned int	ps_streams;	/* heard now */
};

struct playout	*playout_new(void);
void		 playout_free(struct playout *);
/* One datagram. */
void		 playout_put(struct playout *, const uint8_t *, size_t,
		    uint64_t now);
/* One step; always fills. */
void		 playout_step(struct playout *, uint64_t now,
		    int16_t pcm[AUDIO_STEP]);
void		 playout_stats(const struct playout *, struct playout_stats *);

#endif /* WZP_CLIENT_AUDIO_PLAYOUT_H */
