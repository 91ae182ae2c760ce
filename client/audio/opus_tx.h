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
 * From sound to packets (wzp-protocol 8.3, 8.7): encodes at the profile's
 * codec and numbers the packets.
 */
#ifndef WZP_CLIENT_AUDIO_OPUS_TX_H
#define WZP_CLIENT_AUDIO_OPUS_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/media.h"

#define OPUS_TX_STEP	960		/* samples of one step, 20 ms */
#define OPUS_TX_PACKET	1200		/* fits the smallest path (1.2) */

struct opus_tx;

/* NULL: no memory, or the profile's codec is not Opus. */
struct opus_tx	*opus_tx_new(const struct media_profile *,
		    uint16_t first_seq);
void		 opus_tx_free(struct opus_tx *);
/*
 * From now on every packet of a codec is as long as the others (constant bit
 * rate, no DTX): lengths tell what is said.  -1: the encoder cannot.
 */
int		 opus_tx_constant(struct opus_tx *);
/* Takes effect at the next whole frame.  -1: a codec we cannot encode. */
int		 opus_tx_set_codec(struct opus_tx *, enum media_codec);
enum media_codec opus_tx_codec(const struct opus_tx *);
/*
 * Takes 20 ms.  Bytes of a whole packet in out, or 0 when the frame (40 ms)
 * is not full yet.  report NULL: none.
 */
size_t		 opus_tx_step(struct opus_tx *,
		    const int16_t pcm[OPUS_TX_STEP],
		    const struct media_report *, uint8_t out[OPUS_TX_PACKET]);
/* The next opus_tx_step() returns a packet. */
bool		 opus_tx_due(const struct opus_tx *);
uint64_t	 opus_tx_frames(const struct opus_tx *);

#endif /* WZP_CLIENT_AUDIO_OPUS_TX_H */
