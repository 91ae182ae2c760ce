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
 * The jitter buffer of one stream: puts packets (wzp-protocol 8.3) back in
 * order, decides at each playout step whether the next one is played, given
 * up or waited for, and keeps the delay as small as the network's jitter
 * allows.  No clock and no decoder in here.
 */
#ifndef WZP_CLIENT_AUDIO_JITTER_H
#define WZP_CLIENT_AUDIO_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/media.h"

#define JITTER_SLOTS		128	/* 2.5 s of 20 ms frames */
#define JITTER_PAYLOAD_MAX	1500

#define JITTER_TARGET_MIN_MS	60	/* playout delay over the fastest */
#define JITTER_TARGET_MAX_MS	400	/* packet of the last seconds */
#define JITTER_IDLE_MS		500	/* nothing for so long: start anew */

struct jitter;

struct jitter_packet {
	enum media_codec	 jp_codec;
	uint16_t		 jp_seq;
	size_t			 jp_len;
	uint8_t			 jp_payload[JITTER_PAYLOAD_MAX];
};

enum jitter_verdict {
	JITTER_FRAME,	/* *packet is the next one, valid until the next call */
	JITTER_LOST,	/* the next packet is missing: conceal, go on */
	JITTER_HOLD,	/* conceal, but the packet may still come */
	JITTER_IDLE	/* not playing */
};

struct jitter_stats {
	uint64_t	js_received;	/* without duplicates, late ones too */
	uint64_t	js_duplicate;
	uint64_t	js_late;	/* came after their turn */
	uint64_t	js_lost;	/* never came */
	uint64_t	js_expected;
	unsigned int	js_jitter_ms;	/* mean deviation of arrivals */
	unsigned int	js_target_ms;
	unsigned int	js_delay_ms;	/* as measured, 0: not yet known */
};

struct jitter	*jitter_new(void);
void		 jitter_free(struct jitter *);
/*
 * How far a sequence number is from what this stream expects, 0 to 32768;
 * a room's streams are told apart by it (8.6).
 */
unsigned int	 jitter_distance(const struct jitter *, uint16_t seq);
/* false: not stored (late, duplicate, too long). */
bool		 jitter_put(struct jitter *, const struct media_packet *,
		    uint64_t now);
/* One step of playout: the caller wants the next frame. */
enum jitter_verdict
		 jitter_get(struct jitter *, uint64_t now,
		    const struct jitter_packet **);
/* Length of the stream's frames as of the packet played last. */
unsigned int	 jitter_frame_ms(const struct jitter *);
/* The delay is larger than needed: one frame may be left out now. */
bool		 jitter_surplus(const struct jitter *, uint64_t now);
/* ... and was. */
void		 jitter_dropped(struct jitter *, uint64_t now);
/* The delay is too small: a pause in the speech may be made longer now. */
bool		 jitter_deficit(const struct jitter *, uint64_t now);
void		 jitter_stats(const struct jitter *, struct jitter_stats *);

#endif /* WZP_CLIENT_AUDIO_JITTER_H */
