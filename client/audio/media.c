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
 * The 20 ms clock and what hangs on it.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/audio/media.h"
#include "client/audio/opus_tx.h"
#include "common/base/clock.h"

#define STEP_NS		(20 * NS_PER_MS)
#define REPORT_EVERY	50	/* frames (wzp-protocol 8.4) */
/*
 * Behind by more than this (the process was stopped), no more is sent than
 * this: the rest of the time never was.  Playing is not shortened, so that a
 * recording keeps its clock, up to half a minute.
 */
#define BEHIND_SEND	25
#define BEHIND_PLAY	1500

struct media {
	struct media_config	 md_config;
	struct opus_tx		*md_tx;
	struct playout		*md_playout;
	uint64_t		 md_start;
	uint64_t		 md_step;	/* next one */
	uint64_t		 md_ended;	/* when the source did */
	bool			 md_has_ended;
	bool			 md_hushed;
	uint64_t		 md_sent;
	uint64_t		 md_dropped;
	uint64_t		 md_reported;	/* frames at the last report */
	uint64_t		 md_last_lost;
	uint64_t		 md_last_expected;
};

static void	 media_step(struct media *, uint64_t, bool);
static bool	 media_report(struct media *, struct media_report *);

struct media *
media_new(const struct media_config *config, uint64_t now)
{
	struct media	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (NULL);
	m->md_config = *config;
	m->md_start = now;
	m->md_tx = opus_tx_new(&config->mc_profile, config->mc_first_seq);
	m->md_playout = playout_new();
	if (m->md_tx == NULL || m->md_playout == NULL ||
	    (config->mc_constant && opus_tx_constant(m->md_tx) == -1)) {
		media_free(m);
		return (NULL);
	}
	return (m);
}

void
media_free(struct media *m)
{
	if (m == NULL)
		return;
	opus_tx_free(m->md_tx);
	playout_free(m->md_playout);
	free(m);
}

void
media_receive(struct media *m, const uint8_t *data, size_t len, uint64_t now)
{
	playout_put(m->md_playout, data, len, now);
}

void
media_expire(struct media *m, uint64_t now)
{
	uint64_t	due;

	while (media_expiry(m) <= now) {
		due = (now - media_expiry(m)) / STEP_NS;
		if (due > BEHIND_PLAY) {
			m->md_start += (due - BEHIND_PLAY) * STEP_NS;
			due = BEHIND_PLAY;
		}
		media_step(m, now, due < BEHIND_SEND);
	}
}

uint64_t
media_expiry(const struct media *m)
{
	return (m->md_start + m->md_step * STEP_NS);
}

void
media_hush(struct media *m)
{
	m->md_hushed = true;
}

void
media_directive(struct media *m, const struct media_profile *profile)
{
	const struct media_codec_info	*info;

	if (!m->md_config.mc_auto ||
	    (info = media_codec_info(profile->codec)) == NULL)
		return;
	/* Codec2 is not built in: the smallest Opus stands for it. */
	(void)opus_tx_set_codec(m->md_tx,
	    info->is_opus ? profile->codec : CODEC_OPUS6K);
}

void
media_stats(const struct media *m, struct media_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->ms_sent = m->md_sent;
	s->ms_dropped = m->md_dropped;
	s->ms_steps = m->md_step;
	s->ms_codec = opus_tx_codec(m->md_tx);
	playout_stats(m->md_playout, &s->ms_rx);
}

int64_t
media_source_done_ms(const struct media *m)
{
	if (!m->md_has_ended)
		return (-1);
	return ((int64_t)(m->md_step - m->md_ended) * 20);
}

static void
media_step(struct media *m, uint64_t now, bool send)
{
	struct media_report	 report, *reportp = NULL;
	uint8_t			 packet[OPUS_TX_PACKET];
	int16_t			 pcm[AUDIO_STEP];
	size_t			 len;

	/*
	 * The schedule's time, not the clock's: steps made up for late must
	 * look at the jitter buffer as if they had been in time.
	 */
	playout_step(m->md_playout,
	    send ? media_expiry(m) : now, pcm);
	(void)audio_out_write(m->md_config.mc_out, pcm, AUDIO_STEP);
	m->md_step++;
	if (!send || m->md_hushed)
		return;

	(void)audio_in_read(m->md_config.mc_in, pcm, AUDIO_STEP);
	if (!m->md_has_ended && audio_in_ended(m->md_config.mc_in)) {
		m->md_has_ended = true;
		m->md_ended = m->md_step;
	}
	if (opus_tx_due(m->md_tx) && media_report(m, &report))
		reportp = &report;
	len = opus_tx_step(m->md_tx, pcm, reportp, packet);
	if (len == 0)
		return;
	if (m->md_config.mc_send(m->md_config.mc_arg, packet, len, now) == 0)
		m->md_sent++;
	else
		m->md_dropped++;
}

/* true: a report is due with the next packet. */
static bool
media_report(struct media *m, struct media_report *report)
{
	struct playout_stats	s;
	uint64_t		lost, expected;
	uint32_t		rtt_ms = 0;
	float			loss = 0.0f, received = 0.0f;

	if (!m->md_config.mc_reports ||
	    opus_tx_frames(m->md_tx) < m->md_reported + REPORT_EVERY)
		return (false);
	m->md_reported = opus_tx_frames(m->md_tx);
	m->md_config.mc_path(m->md_config.mc_arg, &loss, &rtt_ms);

	playout_stats(m->md_playout, &s);
	/* Smaller than it was when some came late after all. */
	lost = s.ps_lost > m->md_last_lost ? s.ps_lost - m->md_last_lost : 0;
	expected = s.ps_expected > m->md_last_expected ?
	    s.ps_expected - m->md_last_expected : 0;
	m->md_last_lost = s.ps_lost;
	m->md_last_expected = s.ps_expected;
	if (expected > 0)
		received = (float)lost * 100.0f / (float)expected;
	media_report_make(report, received > loss ? received : loss, rtt_ms,
	    s.ps_jitter_ms);
	return (true);
}
