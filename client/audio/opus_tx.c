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
 * The sending side of one media session.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>

#include "client/audio/opus_tx.h"

#define RATE		48000
#define FRAME_MAX	(2 * OPUS_TX_STEP)	/* 40 ms */

struct opus_tx {
	OpusEncoder		*ot_encoder;
	enum media_codec	 ot_codec;
	enum media_codec	 ot_wanted;
	size_t			 ot_frame;	/* samples of one frame */
	size_t			 ot_have;
	int16_t			 ot_pcm[FRAME_MAX];
	uint16_t		 ot_seq;
	uint32_t		 ot_timestamp;	/* ms */
	uint64_t		 ot_frames;
};

static int	 opus_tx_apply(struct opus_tx *, enum media_codec);

struct opus_tx *
opus_tx_new(const struct media_profile *profile, uint16_t first_seq)
{
	struct opus_tx	*tx;
	int		 error;

	if ((tx = calloc(1, sizeof(*tx))) == NULL)
		return (NULL);
	tx->ot_encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP,
	    &error);
	if (error != OPUS_OK) {
		free(tx);
		return (NULL);
	}
	/* 8.7: DTX on, in-band FEC off. */
	if (opus_encoder_ctl(tx->ot_encoder, OPUS_SET_DTX(1)) != OPUS_OK ||
	    opus_encoder_ctl(tx->ot_encoder, OPUS_SET_INBAND_FEC(0)) !=
	    OPUS_OK || opus_tx_apply(tx, profile->codec) == -1) {
		opus_tx_free(tx);
		return (NULL);
	}
	tx->ot_wanted = profile->codec;
	tx->ot_seq = first_seq;
	return (tx);
}

void
opus_tx_free(struct opus_tx *tx)
{
	if (tx == NULL)
		return;
	opus_encoder_destroy(tx->ot_encoder);
	explicit_bzero(tx, sizeof(*tx));
	free(tx);
}

int
opus_tx_constant(struct opus_tx *tx)
{
	if (opus_encoder_ctl(tx->ot_encoder, OPUS_SET_VBR(0)) != OPUS_OK ||
	    opus_encoder_ctl(tx->ot_encoder, OPUS_SET_DTX(0)) != OPUS_OK)
		return (-1);
	return (0);
}

int
opus_tx_set_codec(struct opus_tx *tx, enum media_codec codec)
{
	const struct media_codec_info	*info;

	if ((info = media_codec_info(codec)) == NULL || !info->is_opus)
		return (-1);
	tx->ot_wanted = codec;
	return (0);
}

enum media_codec
opus_tx_codec(const struct opus_tx *tx)
{
	return (tx->ot_wanted);
}

size_t
opus_tx_step(struct opus_tx *tx, const int16_t pcm[OPUS_TX_STEP],
    const struct media_report *report, uint8_t out[OPUS_TX_PACKET])
{
	struct media_header	h;
	struct media_packet	p;
	uint8_t			payload[OPUS_TX_PACKET - MEDIA_HEADER_LEN -
				    MEDIA_REPORT_LEN];
	opus_int32		n;
	int			len;

	if (tx->ot_have == 0 && tx->ot_wanted != tx->ot_codec &&
	    opus_tx_apply(tx, tx->ot_wanted) == -1)
		tx->ot_wanted = tx->ot_codec;
	memcpy(tx->ot_pcm + tx->ot_have, pcm, OPUS_TX_STEP * sizeof(*pcm));
	tx->ot_have += OPUS_TX_STEP;
	if (tx->ot_have < tx->ot_frame)
		return (0);
	tx->ot_have = 0;

	n = opus_encode(tx->ot_encoder, tx->ot_pcm, (int)tx->ot_frame, payload,
	    (opus_int32)sizeof(payload));
	memset(&h, 0, sizeof(h));
	h.codec = tx->ot_codec;
	h.has_report = report != NULL;
	h.seq = tx->ot_seq++;
	h.timestamp = tx->ot_timestamp;
	tx->ot_timestamp += (uint32_t)(tx->ot_frame * 1000 / RATE);
	tx->ot_frames++;
	/* An encoder failure is a frame lost, as the number skipped shows. */
	if (n <= 0)
		return (0);

	memset(&p, 0, sizeof(p));
	p.header = h;
	p.payload = payload;
	p.payload_len = (size_t)n;
	if (report != NULL)
		p.report = *report;
	if ((len = media_write(out, OPUS_TX_PACKET, &p)) == -1)
		return (0);
	return ((size_t)len);
}

bool
opus_tx_due(const struct opus_tx *tx)
{
	if (tx->ot_have > 0)
		return (tx->ot_have + OPUS_TX_STEP >= tx->ot_frame);
	return (media_codec_info(tx->ot_wanted)->frame_ms <= 20);
}

uint64_t
opus_tx_frames(const struct opus_tx *tx)
{
	return (tx->ot_frames);
}

static int
opus_tx_apply(struct opus_tx *tx, enum media_codec codec)
{
	const struct media_codec_info	*info;

	if ((info = media_codec_info(codec)) == NULL || !info->is_opus ||
	    (info->frame_ms != 20 && info->frame_ms != 40))
		return (-1);
	if (opus_encoder_ctl(tx->ot_encoder,
	    OPUS_SET_BITRATE((opus_int32)info->bitrate)) != OPUS_OK)
		return (-1);
	tx->ot_codec = codec;
	tx->ot_frame = (size_t)info->frame_ms * RATE / 1000;
	return (0);
}
