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
 * Streams, decoding, mixing.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/audio/jitter.h"
#include "client/audio/opus_rx.h"
#include "client/audio/playout.h"
#include "common/base/clock.h"

/*
 * A packet belongs to a stream when its number is at most this far from the
 * stream's newest: 10 s of loss in one piece.
 */
#define CONTINUITY	500
#define STREAM_SILENT	(2 * NS_PER_S)	/* its place may be given away */
#define FRAMES_MAX	(2 * OPUS_RX_MAX)
#define QUIET_RMS	100		/* -50 dBFS: a pause in the speech */
#define STEP_MS		20

struct stream {
	struct jitter	*st_jitter;
	struct opus_rx	*st_rx;
	int16_t		 st_pcm[FRAMES_MAX];	/* decoded, not yet played */
	size_t		 st_len;
	bool		 st_noise;		/* comfort noise while idle */
	bool		 st_quiet;		/* the last frame was a pause */
	bool		 st_active;
	/* Frames made up: for something, if more packets come. */
	unsigned int	 st_held;
	unsigned int	 st_run_ms;		/* ... in a row */
	uint64_t	 st_heard;		/* last packet */
};

struct playout {
	struct stream		*po_streams[PLAYOUT_STREAMS];
	size_t			 po_n;
	struct playout_stats	 po_stats;	/* and of streams gone */
};

static struct stream
		*stream_new(void);
static void	 stream_free(struct stream *);
static void	 stream_count(const struct stream *, struct playout_stats *);
static void	 stream_fill(struct playout *, struct stream *, uint64_t);
static size_t	 stream_decode(struct playout *, struct stream *,
		    const struct jitter_packet *, int16_t *);
static void	 stream_conceal(struct stream *);
static void	 stream_made_up(struct playout *, struct stream *);
static void	 stream_shorten(struct playout *, struct stream *, size_t,
		    uint64_t);
static struct stream
		*playout_stream(struct playout *, uint16_t, uint64_t);
static bool	 is_quiet(const int16_t *, size_t);

struct playout *
playout_new(void)
{
	return (calloc(1, sizeof(struct playout)));
}

void
playout_free(struct playout *po)
{
	size_t	i;

	if (po == NULL)
		return;
	for (i = 0; i < po->po_n; i++)
		stream_free(po->po_streams[i]);
	free(po);
}

void
playout_put(struct playout *po, const uint8_t *data, size_t len, uint64_t now)
{
	struct media_packet	 p;
	struct stream		*st;

	if (!media_parse(data, len, &p)) {
		po->po_stats.ps_invalid++;
		return;
	}
	po->po_stats.ps_packets++;
	/* 8.7: repair packets never produce audio. */
	if (p.header.is_repair) {
		po->po_stats.ps_repair++;
		return;
	}
	if ((st = playout_stream(po, p.header.seq, now)) == NULL)
		return;
	(void)jitter_put(st->st_jitter, &p, now);
	st->st_heard = now;
}

void
playout_step(struct playout *po, uint64_t now, int16_t pcm[AUDIO_STEP])
{
	struct stream	*st;
	size_t		 i, k;
	int		 sum[AUDIO_STEP];

	memset(sum, 0, sizeof(sum));
	for (i = 0; i < po->po_n; i++) {
		st = po->po_streams[i];
		while (st->st_len < AUDIO_STEP)
			stream_fill(po, st, now);
		for (k = 0; k < AUDIO_STEP; k++)
			sum[k] += st->st_pcm[k];
		st->st_len -= AUDIO_STEP;
		memmove(st->st_pcm, st->st_pcm + AUDIO_STEP,
		    st->st_len * sizeof(st->st_pcm[0]));
	}
	for (k = 0; k < AUDIO_STEP; k++) {
		if (sum[k] > INT16_MAX)
			sum[k] = INT16_MAX;
		else if (sum[k] < INT16_MIN)
			sum[k] = INT16_MIN;
		pcm[k] = (int16_t)sum[k];
	}
}

void
playout_stats(const struct playout *po, struct playout_stats *s)
{
	size_t	i;

	*s = po->po_stats;
	for (i = 0; i < po->po_n; i++) {
		stream_count(po->po_streams[i], s);
		if (po->po_streams[i]->st_active)
			s->ps_streams++;
	}
}

static struct stream *
stream_new(void)
{
	struct stream	*st;

	if ((st = calloc(1, sizeof(*st))) == NULL)
		return (NULL);
	if ((st->st_jitter = jitter_new()) == NULL ||
	    (st->st_rx = opus_rx_new()) == NULL) {
		stream_free(st);
		return (NULL);
	}
	return (st);
}

static void
stream_free(struct stream *st)
{
	if (st == NULL)
		return;
	jitter_free(st->st_jitter);
	opus_rx_free(st->st_rx);
	free(st);
}

static void
stream_count(const struct stream *st, struct playout_stats *s)
{
	struct jitter_stats	js;

	jitter_stats(st->st_jitter, &js);
	s->ps_duplicate += js.js_duplicate;
	s->ps_late += js.js_late;
	s->ps_lost += js.js_lost;
	s->ps_expected += js.js_expected;
	if (js.js_jitter_ms > s->ps_jitter_ms)
		s->ps_jitter_ms = js.js_jitter_ms;
	if (js.js_delay_ms > s->ps_delay_ms)
		s->ps_delay_ms = js.js_delay_ms;
}

/* The stream that a sequence number continues, or a new one. */
static struct stream *
playout_stream(struct playout *po, uint16_t seq, uint64_t now)
{
	struct stream	*st, *best = NULL, *oldest = NULL;
	unsigned int	 d, nearest = CONTINUITY + 1;
	size_t		 i, at = 0;

	for (i = 0; i < po->po_n; i++) {
		st = po->po_streams[i];
		d = jitter_distance(st->st_jitter, seq);
		if (d < nearest) {
			nearest = d;
			best = st;
		}
		if (oldest == NULL || st->st_heard < oldest->st_heard) {
			oldest = st;
			at = i;
		}
	}
	if (best != NULL)
		return (best);
	/*
	 * Somebody new, or somebody who began to count anew: the place of one
	 * long silent is taken first.
	 */
	if (oldest != NULL && (now - oldest->st_heard >= STREAM_SILENT ||
	    po->po_n == PLAYOUT_STREAMS)) {
		if (now - oldest->st_heard < STREAM_SILENT)
			return (NULL);
		if ((st = stream_new()) == NULL)
			return (NULL);
		stream_count(oldest, &po->po_stats);
		/* Those are of the present only. */
		po->po_stats.ps_jitter_ms = po->po_stats.ps_delay_ms = 0;
		stream_free(oldest);
		po->po_streams[at] = st;
		return (st);
	}
	if ((st = stream_new()) == NULL)
		return (NULL);
	po->po_streams[po->po_n++] = st;
	return (st);
}

/* Adds at least one sample to what a stream has decoded. */
static void
stream_fill(struct playout *po, struct stream *st, uint64_t now)
{
	const struct jitter_packet	*p;
	int16_t				*end = st->st_pcm + st->st_len;
	size_t				 n;

	/* A pause in the speech may be made longer unheard. */
	if (st->st_quiet && jitter_deficit(st->st_jitter, now)) {
		st->st_quiet = false;
		opus_rx_conceal(st->st_rx, end, AUDIO_STEP);
		st->st_len += AUDIO_STEP;
		return;
	}
	switch (jitter_get(st->st_jitter, now, &p)) {
	case JITTER_FRAME:
		st->st_active = true;
		n = stream_decode(po, st, p, end);
		if (n == 0) {
			stream_conceal(st);
			stream_made_up(po, st);
			return;
		}
		st->st_len += n;
		if (jitter_surplus(st->st_jitter, now))
			stream_shorten(po, st, n, now);
		return;
	case JITTER_LOST:
		stream_conceal(st);
		stream_made_up(po, st);
		return;
	case JITTER_HOLD:
		stream_conceal(st);
		return;
	case JITTER_IDLE:
		break;
	}
	/* The stream had ended, nothing was missing. */
	st->st_active = false;
	st->st_held = 0;
	st->st_run_ms = 0;
	if (st->st_noise)
		opus_rx_noise(st->st_rx, end, AUDIO_STEP);
	else
		memset(end, 0, AUDIO_STEP * sizeof(*end));
	st->st_len += AUDIO_STEP;
}

static size_t
stream_decode(struct playout *po, struct stream *st,
    const struct jitter_packet *p, int16_t *out)
{
	size_t	n;

	n = opus_rx_decode(st->st_rx, p->jp_codec, p->jp_payload, p->jp_len,
	    out);
	if (n == 0) {
		po->po_stats.ps_unknown++;
		return (0);
	}
	po->po_stats.ps_decoded++;
	stream_made_up(po, st);
	st->st_run_ms = 0;
	st->st_noise = p->jp_codec == CODEC_COMFORT_NOISE;
	st->st_quiet = is_quiet(out, n);
	return (n);
}

static void
stream_conceal(struct stream *st)
{
	size_t	n;

	n = (size_t)jitter_frame_ms(st->st_jitter) * AUDIO_RATE / 1000;
	if (n < AUDIO_STEP || n > OPUS_RX_MAX)
		n = AUDIO_STEP;
	opus_rx_conceal(st->st_rx, st->st_pcm + st->st_len, n);
	st->st_len += n;
	st->st_quiet = false;
	st->st_held++;
	st->st_run_ms += (unsigned int)(n * 1000 / AUDIO_RATE);
}

/* What was made up since the last packet stood for something. */
static void
stream_made_up(struct playout *po, struct stream *st)
{
	po->po_stats.ps_concealed += st->st_held;
	st->st_held = 0;
	if (st->st_run_ms > po->po_stats.ps_longest_ms)
		po->po_stats.ps_longest_ms = st->st_run_ms;
}

/*
 * Leaves one frame out: the frame at the end of st_pcm, n samples, is faded
 * into the one that follows it.
 */
static void
stream_shorten(struct playout *po, struct stream *st, size_t n, uint64_t now)
{
	const struct jitter_packet	*p;
	int16_t				 next[OPUS_RX_MAX], *tail;
	size_t				 m, i;

	jitter_dropped(st->st_jitter, now);
	switch (jitter_get(st->st_jitter, now, &p)) {
	case JITTER_FRAME:
		m = stream_decode(po, st, p, next);
		break;
	case JITTER_LOST:
		/* One that is missing is the best to leave out. */
		return;
	default:
		return;
	}
	if (m == 0)
		return;
	if (m != n) {
		/* The codec changes here: another time. */
		if (st->st_len + m <= FRAMES_MAX) {
			memcpy(st->st_pcm + st->st_len, next,
			    m * sizeof(next[0]));
			st->st_len += m;
		}
		return;
	}
	tail = st->st_pcm + st->st_len - n;
	for (i = 0; i < n; i++)
		tail[i] = (int16_t)(((int64_t)tail[i] * (int64_t)(n - i) +
		    (int64_t)next[i] * (int64_t)i) / (int64_t)n);
}

static bool
is_quiet(const int16_t *pcm, size_t n)
{
	uint64_t	sum = 0;
	size_t		i;

	for (i = 0; i < n; i++)
		sum += (uint64_t)((int64_t)pcm[i] * pcm[i]);
	return (sum < (uint64_t)n * QUIET_RMS * QUIET_RMS);
}
