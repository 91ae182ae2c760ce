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
 * The sound of one call or room: every 20 ms of an absolute schedule one step
 * is taken from the source, encoded and sent, and one step of what was
 * received is played to the sink.  It lives through a change of connection.
 */
#ifndef WZP_CLIENT_AUDIO_MEDIA_H
#define WZP_CLIENT_AUDIO_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/audio/audio_in.h"
#include "client/audio/audio_out.h"
#include "client/audio/playout.h"
#include "common/wire/media.h"

struct media;

struct media_config {
	struct audio_in		*mc_in;		/* not owned */
	struct audio_out	*mc_out;	/* not owned */
	struct media_profile	 mc_profile;
	bool			 mc_auto;	/* obeys QualityDirective */
	bool			 mc_reports;	/* sends QualityReports */
	bool			 mc_constant;	/* frames of one length */
	uint16_t		 mc_first_seq;
	/* 0: sent; -1: dropped. */
	int			 (*mc_send)(void *, const uint8_t *, size_t,
				    uint64_t now);
	/* Loss in percent and RTT of the path since the last call. */
	void			 (*mc_path)(void *, float *loss_pct,
				    uint32_t *rtt_ms);
	void			*mc_arg;
};

struct media_stats {
	uint64_t		ms_sent;
	uint64_t		ms_dropped;	/* not accepted by QUIC */
	struct playout_stats	ms_rx;
	uint64_t		ms_steps;	/* 20 ms each */
	enum media_codec	ms_codec;	/* sent now */
};

struct media	*media_new(const struct media_config *, uint64_t now);
void		 media_free(struct media *);
void		 media_receive(struct media *, const uint8_t *, size_t,
		    uint64_t now);
/* Takes the steps that are due. */
void		 media_expire(struct media *, uint64_t now);
uint64_t	 media_expiry(const struct media *);
/* From now on nothing is sent; what still comes is played. */
void		 media_hush(struct media *);
/* What the relay recommends (wzp-protocol 8.6). */
void		 media_directive(struct media *,
		    const struct media_profile *);
void		 media_stats(const struct media *, struct media_stats *);
/* The source has been sent to its end this long ago, in ms; -1: not yet. */
int64_t		 media_source_done_ms(const struct media *);

#endif /* WZP_CLIENT_AUDIO_MEDIA_H */
