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
 * The client's sound, without network or sound card, in virtual time: files
 * of odd rates and channel counts, coding and decoding, concealment, mixing,
 * the 20 ms clock, recordings.
 *
 * COVERS: limit client sound - sources of any rate, all Opus codecs and the
 * COVERS: gap 38 - Codec2 is concealed, its repair packets are no sound
 *	change between them, loss, Codec2 and comfort noise, several speakers,
 *	QualityReport every 50 frames, recordings on the playout clock
 */

#include "config.h"

#include <sys/stat.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sndfile.h>

#include "client/audio/audio_in.h"
#include "client/audio/audio_out.h"
#include "client/audio/media.h"
#include "client/audio/opus_tx.h"
#include "client/audio/playout.h"
#include "common/base/clock.h"

#define START	(100 * NS_PER_S)
#define STEP	(20 * NS_PER_MS)

static char	directory[64];

static int
make_directory(void **state)
{
	(void)state;
	(void)strlcpy(directory, "/tmp/wzp-audio.XXXXXXXXXX",
	    sizeof(directory));
	return (mkdtemp(directory) == NULL ? -1 : 0);
}

static int
remove_directory(void **state)
{
	(void)state;
	return (rmdir(directory));
}

static const char *
path_in(const char *name)
{
	static char	path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return (path);
}

/* Amplitude of a frequency in samples (Goertzel), as of a sine. */
static double
amplitude(const int16_t *pcm, size_t n, double hz)
{
	double	w = 2.0 * M_PI * hz / AUDIO_RATE, c = 2.0 * cos(w);
	double	s0, s1 = 0.0, s2 = 0.0;
	size_t	i;

	for (i = 0; i < n; i++) {
		s0 = pcm[i] + c * s1 - s2;
		s2 = s1;
		s1 = s0;
	}
	return (2.0 * sqrt(s1 * s1 + s2 * s2 - c * s1 * s2) / (double)n);
}

static double
rms(const int16_t *pcm, size_t n)
{
	double	sum = 0.0;
	size_t	i;

	for (i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return (sqrt(sum / (double)n));
}

/* One second of 440 Hz at half scale, the same in all channels. */
static void
write_sine(const char *path, int rate, int channels, int format)
{
	SF_INFO	 info;
	SNDFILE	*f;
	float	*block;
	int	 i, c;

	memset(&info, 0, sizeof(info));
	info.samplerate = rate;
	info.channels = channels;
	info.format = format;
	f = sf_open(path, SFM_WRITE, &info);
	assert_non_null(f);
	block = calloc((size_t)(channels * rate), sizeof(*block));
	assert_non_null(block);
	for (i = 0; i < rate; i++)
		for (c = 0; c < channels; c++)
			block[i * channels + c] = 0.5f *
			    (float)sin(2.0 * M_PI * 440.0 * i / rate);
	assert_int_equal(sf_writef_float(f, block, rate), rate);
	free(block);
	assert_int_equal(sf_close(f), 0);
}

static void
test_rates(void **state)
{
	static const int rates[] = { 8000, 11025, 16000, 22050, 44100, 48000,
	    96000, 192000 };
	struct audio_in	*in;
	int16_t		 pcm[AUDIO_RATE * 2];
	char		 path[128], why[128];
	size_t		 i, n;
	int		 channels, pass;

	(void)state;
	(void)strlcpy(path, path_in("rate.wav"), sizeof(path));
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (channels = 1; channels <= 6; channels += 1 + (int)i % 3) {
			write_sine(path, rates[i], channels,
			    SF_FORMAT_WAV | SF_FORMAT_PCM_16);
			in = audio_in_file(path, why, sizeof(why));
			assert_non_null(in);
			/* A second time after a rewind: all is as before. */
			for (pass = 0; pass < 2; pass++) {
				n = 0;
				while (n + AUDIO_STEP <= AUDIO_RATE * 2 &&
				    !audio_in_ended(in))
					n += audio_in_read(in, pcm + n,
					    AUDIO_STEP);
				assert_in_range(n, AUDIO_RATE - 8,
				    AUDIO_RATE + 8);
				assert_in_range(amplitude(pcm + 4800, 38400,
				    440.0), 16100, 16600);
				assert_true(amplitude(pcm + 4800, 38400,
				    880.0) < 50.0);
				/* Behind the end is silence. */
				assert_int_equal(audio_in_read(in, pcm,
				    AUDIO_STEP), 0);
				assert_true(rms(pcm, AUDIO_STEP) < 0.5);
				audio_in_rewind(in);
				assert_false(audio_in_ended(in));
			}
			audio_in_free(in);
		}
	}
	write_sine(path, 44100, 2, SF_FORMAT_FLAC | SF_FORMAT_PCM_24);
	assert_non_null(in = audio_in_file(path, why, sizeof(why)));
	assert_int_equal(audio_in_read(in, pcm, AUDIO_RATE / 2),
	    AUDIO_RATE / 2);
	assert_in_range(amplitude(pcm + 4800, 19200, 440.0), 16100, 16600);
	audio_in_free(in);

	/* What is no sound file is refused by name. */
	assert_int_equal(truncate(path, 10), 0);
	assert_null(audio_in_file(path, why, sizeof(why)));
	assert_non_null(strstr(why, "rate.wav: "));
	assert_int_equal(unlink(path), 0);
	assert_null(audio_in_file(path, why, sizeof(why)));
	assert_non_null(strstr(why, "rate.wav: "));
}

/* Sends steps of a tone through an encoder into a playout. */
struct chain {
	struct audio_in	*c_in;
	struct opus_tx	*c_tx;
	struct playout	*c_playout;
	uint64_t	 c_now;
	int16_t		 c_heard[AUDIO_RATE * 12];
	size_t		 c_n;
};

static void
chain_init(struct chain *c, double hz, enum media_codec codec)
{
	struct media_profile	profile = { codec, 0.0f, 20, 5 };

	memset(c, 0, sizeof(*c));
	c->c_in = audio_in_tone(hz);
	c->c_tx = opus_tx_new(&profile, 0);
	c->c_playout = playout_new();
	assert_non_null(c->c_in);
	assert_non_null(c->c_tx);
	assert_non_null(c->c_playout);
	c->c_now = START;
}

static void
chain_free(struct chain *c)
{
	audio_in_free(c->c_in);
	opus_tx_free(c->c_tx);
	playout_free(c->c_playout);
}

/* Every lose-th packet is lost (0: none), beginning with the lose-th. */
static void
chain_run(struct chain *c, unsigned int steps, unsigned int lose)
{
	uint8_t		packet[OPUS_TX_PACKET];
	int16_t		pcm[AUDIO_STEP];
	size_t		len;
	unsigned int	i, sent = 0;

	for (i = 0; i < steps; i++) {
		(void)audio_in_read(c->c_in, pcm, AUDIO_STEP);
		len = opus_tx_step(c->c_tx, pcm, NULL, packet);
		if (len > 0 && (lose == 0 || ++sent % lose != 0))
			playout_put(c->c_playout, packet, len, c->c_now);
		assert_true(c->c_n + AUDIO_STEP <=
		    sizeof(c->c_heard) / sizeof(c->c_heard[0]));
		playout_step(c->c_playout, c->c_now, c->c_heard + c->c_n);
		c->c_n += AUDIO_STEP;
		c->c_now += STEP;
	}
}

static void
test_codecs(void **state)
{
	static const enum media_codec codecs[] = { CODEC_OPUS24K,
	    CODEC_OPUS16K, CODEC_OPUS6K, CODEC_OPUS32K, CODEC_OPUS48K,
	    CODEC_OPUS64K };
	static struct chain	 c;
	struct playout_stats	 ps;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		chain_init(&c, 440.0, codecs[i]);
		chain_run(&c, 100, 0);
		playout_stats(c.c_playout, &ps);
		assert_int_equal(ps.ps_packets,
		    codecs[i] == CODEC_OPUS6K ? 50 : 100);
		assert_int_equal(ps.ps_lost, 0);
		assert_int_equal(ps.ps_concealed, 0);
		assert_int_equal(ps.ps_longest_ms, 0);
		/* The loudness of the tone, and nothing much besides. */
		assert_in_range(amplitude(c.c_heard + 24000, 48000, 440.0),
		    6500, 9000);
		assert_in_range(rms(c.c_heard + 24000, 48000), 4600, 6400);
		/* Before the first packet's turn: silence. */
		assert_true(rms(c.c_heard, 2 * AUDIO_STEP) < 0.5);
		chain_free(&c);
	}
}

/* The codec changes in mid-stream, with frames of 20 and 40 ms. */
static void
test_switch(void **state)
{
	static struct chain	c;
	struct playout_stats	ps;
	size_t			i;

	(void)state;
	chain_init(&c, 440.0, CODEC_OPUS24K);
	chain_run(&c, 75, 0);
	assert_int_equal(opus_tx_set_codec(c.c_tx, CODEC_OPUS6K), 0);
	chain_run(&c, 75, 0);
	assert_int_equal(opus_tx_set_codec(c.c_tx, CODEC_OPUS64K), 0);
	chain_run(&c, 75, 0);
	assert_int_equal(opus_tx_set_codec(c.c_tx, CODEC_CODEC2_1200), -1);
	playout_stats(c.c_playout, &ps);
	assert_int_equal(ps.ps_lost, 0);
	assert_int_equal(ps.ps_unknown, 0);
	assert_true(ps.ps_concealed <= 3);
	for (i = 20; i < 220; i++)
		assert_true(rms(c.c_heard + i * AUDIO_STEP, AUDIO_STEP) >
		    1000.0);
	chain_free(&c);
}

static void
test_loss(void **state)
{
	static struct chain	 c;
	struct playout_stats	 ps;
	size_t			 i;

	(void)state;
	chain_init(&c, 440.0, CODEC_OPUS24K);
	chain_run(&c, 500, 10);
	playout_stats(c.c_playout, &ps);
	assert_int_equal(ps.ps_packets, 450);
	assert_in_range(ps.ps_lost, 49, 50);
	assert_in_range(ps.ps_concealed, 48, 50);
	assert_int_equal(ps.ps_longest_ms, 20);
	/* Concealed is not silent. */
	for (i = 20; i < 500; i++)
		assert_true(rms(c.c_heard + i * AUDIO_STEP, AUDIO_STEP) >
		    1000.0);
	chain_free(&c);
}

/* 15 packets in a row: heard as a gap, and counted as one. */
static void
test_gap(void **state)
{
	static struct chain	c;
	struct playout_stats	ps;

	(void)state;
	chain_init(&c, 440.0, CODEC_OPUS24K);
	chain_run(&c, 100, 0);
	chain_run(&c, 15, 1);
	chain_run(&c, 100, 0);
	playout_stats(c.c_playout, &ps);
	assert_int_equal(ps.ps_lost, 15);
	assert_int_equal(ps.ps_concealed, 15);
	assert_int_equal(ps.ps_longest_ms, 300);
	/* The end is not a gap: what never came was never sent. */
	chain_run(&c, 50, 1);
	playout_stats(c.c_playout, &ps);
	assert_int_equal(ps.ps_concealed, 15);
	chain_free(&c);
}

static size_t
make_packet(uint8_t *out, enum media_codec codec, uint16_t seq,
    const uint8_t *payload, size_t len)
{
	struct media_packet	p;
	int			n;

	memset(&p, 0, sizeof(p));
	p.header.codec = codec;
	p.header.seq = seq;
	p.payload = payload;
	p.payload_len = len;
	n = media_write(out, OPUS_TX_PACKET, &p);
	assert_true(n > 0);
	return ((size_t)n);
}

/* What we cannot decode is concealed, whatever it holds. */
static void
test_foreign(void **state)
{
	static const uint8_t	 codec2[] = { 1, 2, 3, 4, 5, 6 };
	struct media_packet	 p;
	struct playout_stats	 ps;
	struct playout		*po;
	uint8_t			 packet[OPUS_TX_PACKET], payload[600], level;
	int16_t			 pcm[AUDIO_STEP];
	uint64_t		 now = START;
	uint32_t		 r = 99;
	uint16_t		 seq;
	size_t			 i;
	int			 n;

	(void)state;
	assert_non_null(po = playout_new());
	for (seq = 0; seq < 50; seq++) {
		playout_put(po, packet, make_packet(packet,
		    CODEC_CODEC2_1200, seq, codec2, sizeof(codec2)), now);
		for (i = 0; i < 2; i++, now += STEP)
			playout_step(po, now, pcm);
	}
	playout_stats(po, &ps);
	assert_int_equal(ps.ps_packets, 50);
	assert_in_range(ps.ps_unknown, 45, 50);
	assert_int_equal(ps.ps_lost, 0);
	assert_true(rms(pcm, AUDIO_STEP) < 0.5);

	/* Repair packets (8.7): counted, never a sound, never in the way. */
	memset(&p, 0, sizeof(p));
	p.header.is_repair = true;
	p.header.codec = CODEC_CODEC2_1200;
	p.payload = codec2;
	p.payload_len = sizeof(codec2);
	for (i = 0; i < 20; i++) {
		p.header.seq = (uint16_t)(1000 * i);
		n = media_write(packet, sizeof(packet), &p);
		assert_true(n > 0);
		playout_put(po, packet, (size_t)n, now);
	}
	playout_stats(po, &ps);
	assert_int_equal(ps.ps_repair, 20);
	assert_int_equal(ps.ps_packets, 70);
	assert_int_equal(ps.ps_lost, 0);

	/* Comfort noise: as loud as said, not louder than is comfortable. */
	level = 50;
	for (; seq < 60; seq++) {
		playout_put(po, packet, make_packet(packet,
		    CODEC_COMFORT_NOISE, seq, &level, 1), now);
		for (i = 0; i < 10; i++, now += STEP)
			playout_step(po, now, pcm);
	}
	assert_in_range(rms(pcm, AUDIO_STEP), 80, 125);
	level = 0;
	for (; seq < 70; seq++) {
		playout_put(po, packet, make_packet(packet,
		    CODEC_COMFORT_NOISE, seq, &level, 1), now);
		for (i = 0; i < 10; i++, now += STEP)
			playout_step(po, now, pcm);
	}
	assert_in_range(rms(pcm, AUDIO_STEP), 250, 400);

	/* Garbage in the name of Opus. */
	for (; seq < 1000; seq++) {
		for (i = 0; i < sizeof(payload); i++) {
			r = r * 1664525U + 1013904223U;
			payload[i] = (uint8_t)(r >> 24);
		}
		playout_put(po, packet, make_packet(packet,
		    (enum media_codec)(r % CODEC_MAX), seq, payload,
		    (r >> 8) % sizeof(payload)), now);
		playout_put(po, payload, r % sizeof(payload), now);
		playout_step(po, now, pcm);
		now += STEP;
	}
	playout_stats(po, &ps);
	assert_true(ps.ps_streams <= PLAYOUT_STREAMS);
	playout_free(po);
}

/* Two speakers at once, told apart by their numbers, are both heard. */
static void
test_mix(void **state)
{
	struct media_profile	 profile = media_profile_good;
	struct audio_in		*in[2];
	struct opus_tx		*tx[2];
	struct playout_stats	 ps;
	struct playout		*po;
	uint8_t			 packet[OPUS_TX_PACKET];
	int16_t			 pcm[AUDIO_STEP];
	static int16_t		 heard[AUDIO_RATE * 2];
	uint64_t		 now = START;
	size_t			 i, k, n = 0, len;

	(void)state;
	assert_non_null(po = playout_new());
	for (k = 0; k < 2; k++) {
		in[k] = audio_in_tone(k == 0 ? 440.0 : 1000.0);
		tx[k] = opus_tx_new(&profile, k == 0 ? 100 : 30000);
		assert_non_null(in[k]);
		assert_non_null(tx[k]);
	}
	for (i = 0; i < 100; i++, now += STEP) {
		for (k = 0; k < 2; k++) {
			(void)audio_in_read(in[k], pcm, AUDIO_STEP);
			len = opus_tx_step(tx[k], pcm, NULL, packet);
			playout_put(po, packet, len, now);
		}
		playout_step(po, now, heard + n);
		n += AUDIO_STEP;
	}
	playout_stats(po, &ps);
	assert_int_equal(ps.ps_streams, 2);
	assert_int_equal(ps.ps_lost, 0);
	assert_int_equal(ps.ps_concealed, 0);
	assert_in_range(amplitude(heard + 24000, 48000, 440.0), 6000, 9500);
	assert_in_range(amplitude(heard + 24000, 48000, 1000.0), 6000, 9500);
	for (k = 0; k < 2; k++) {
		audio_in_free(in[k]);
		opus_tx_free(tx[k]);
	}
	playout_free(po);
}

/* Two media objects joined by a wire. */
struct end {
	struct media	*e_media;
	struct end	*e_peer;
	unsigned int	 e_reports;
	unsigned int	 e_sent;
	float		 e_loss;
	struct media_report e_report;
};

static int
end_send(void *arg, const uint8_t *data, size_t len, uint64_t now)
{
	struct end		*e = arg;
	struct media_packet	 p;

	assert_true(media_parse(data, len, &p));
	assert_int_equal(p.header.fec_ratio, 0);
	assert_int_equal(p.header.fec_block, 0);
	assert_int_equal(p.header.seq, (uint16_t)e->e_sent);
	assert_int_equal(p.header.timestamp, e->e_sent * 20);
	if (p.header.has_report) {
		e->e_reports++;
		e->e_report = p.report;
		assert_int_equal(e->e_sent % 50, 0);
	}
	e->e_sent++;
	if (e->e_peer != NULL)
		media_receive(e->e_peer->e_media, data, len, now);
	return (0);
}

static void
end_path(void *arg, float *loss, uint32_t *rtt)
{
	struct end	*e = arg;

	*loss = e->e_loss;
	*rtt = 48;
}

static void
end_init(struct end *e, struct audio_in *in, struct audio_out *out,
    struct end *peer, bool reports)
{
	struct media_config	config;

	memset(e, 0, sizeof(*e));
	memset(&config, 0, sizeof(config));
	config.mc_in = in;
	config.mc_out = out;
	config.mc_profile = media_profile_good;
	config.mc_auto = true;
	config.mc_reports = reports;
	config.mc_send = end_send;
	config.mc_path = end_path;
	config.mc_arg = e;
	e->e_peer = peer;
	e->e_media = media_new(&config, START);
	assert_non_null(e->e_media);
}

/*
 * A minute with wake-ups at odd times: the schedule is absolute, no step is
 * lost or added; the recording has exactly the length of the time.
 */
static void
test_clock(void **state)
{
	struct audio_in		*tone, *silence;
	struct audio_out	*record, *null;
	struct media_stats	 ms;
	struct end		 a, b;
	SF_INFO			 info;
	SNDFILE			*f;
	char			 path[128], why[128];
	uint64_t		 now;
	uint32_t		 r = 5;
	static int16_t		 pcm[AUDIO_RATE * 60];

	(void)state;
	(void)strlcpy(path, path_in("record.wav"), sizeof(path));
	assert_non_null(tone = audio_in_tone(440.0));
	assert_non_null(silence = audio_in_silence());
	assert_non_null(record = audio_out_file(path, why, sizeof(why)));
	assert_non_null(null = audio_out_null());
	end_init(&a, tone, null, &b, true);
	end_init(&b, silence, record, &a, false);
	for (now = START; now < START + 60 * NS_PER_S;) {
		media_expire(a.e_media, now);
		media_expire(b.e_media, now);
		r = r * 1664525U + 1013904223U;
		now += (1 + (r >> 16) % 33) * NS_PER_MS;
	}
	now = START + 60 * NS_PER_S - 1;
	media_expire(a.e_media, now);
	media_expire(b.e_media, now);
	assert_int_equal(a.e_sent, 3000);
	assert_int_equal(b.e_sent, 3000);
	media_stats(b.e_media, &ms);
	assert_int_equal(ms.ms_steps, 3000);
	assert_int_equal(ms.ms_sent, 3000);
	assert_int_equal(ms.ms_rx.ps_packets, 3000);
	assert_int_equal(ms.ms_rx.ps_lost, 0);
	assert_int_equal(ms.ms_rx.ps_concealed, 0);
	/* 8.4: after every 50 frames, but not before the first. */
	assert_int_equal(a.e_reports, 59);
	assert_int_equal(b.e_reports, 0);
	assert_int_equal(a.e_report.rtt_4ms, 12);

	/* As after a crash: the file was not closed yet. */
	memset(&info, 0, sizeof(info));
	assert_non_null(f = sf_open(path, SFM_READ, &info));
	assert_int_equal(info.samplerate, 48000);
	assert_int_equal(info.channels, 1);
	assert_int_equal(info.frames, 3000 * AUDIO_STEP);
	assert_int_equal(sf_read_short(f, pcm, 3000 * AUDIO_STEP),
	    3000 * AUDIO_STEP);
	assert_int_equal(sf_close(f), 0);
	assert_in_range(amplitude(pcm + AUDIO_RATE * 50, AUDIO_RATE, 440.0),
	    6500, 9000);

	media_free(a.e_media);
	media_free(b.e_media);
	audio_in_free(tone);
	audio_in_free(silence);
	audio_out_free(record);
	audio_out_free(null);
	assert_int_equal(unlink(path), 0);
}

/* Loss seen by the receiver or by QUIC, whichever is worse, is reported. */
static void
test_reports(void **state)
{
	struct audio_in		*silence;
	struct audio_out	*null;
	struct media_stats	 ms;
	struct end		 a;
	uint8_t			 packet[OPUS_TX_PACKET], payload = 8;
	uint64_t		 now = START;
	unsigned int		 i;

	(void)state;
	assert_non_null(silence = audio_in_silence());
	assert_non_null(null = audio_out_null());
	end_init(&a, silence, null, NULL, true);
	for (i = 0; i < 400; i++, now += STEP) {
		/* One of four never comes. */
		if (i % 4 != 3)
			media_receive(a.e_media, packet, make_packet(packet,
			    CODEC_OPUS24K, (uint16_t)i, &payload, 1), now);
		media_expire(a.e_media, now);
	}
	assert_int_equal(a.e_reports, 7);
	assert_in_range(a.e_report.loss_pct, 58, 68);	/* of 255 */
	a.e_loss = 50.0f;
	for (i = 0; i < 60; i++, now += STEP)
		media_expire(a.e_media, now);
	assert_int_equal(a.e_report.loss_pct, 127);

	/* Obeying the relay's recommendation, with what codecs there are. */
	media_directive(a.e_media, &media_profile_studio_48k);
	media_stats(a.e_media, &ms);
	assert_int_equal(ms.ms_codec, CODEC_OPUS48K);
	media_directive(a.e_media, &media_profile_catastrophic);
	media_stats(a.e_media, &ms);
	assert_int_equal(ms.ms_codec, CODEC_OPUS6K);
	media_free(a.e_media);
	audio_in_free(silence);
	audio_out_free(null);
}

/* The process was stopped for 5 s: no flood, but the recording has them. */
static void
test_stopped(void **state)
{
	struct audio_in		*silence;
	struct audio_out	*null;
	struct media_stats	 ms;
	struct end		 a;

	(void)state;
	assert_non_null(silence = audio_in_silence());
	assert_non_null(null = audio_out_null());
	end_init(&a, silence, null, NULL, false);
	media_expire(a.e_media, START);
	assert_int_equal(a.e_sent, 1);
	media_expire(a.e_media, START + 5 * NS_PER_S);
	media_stats(a.e_media, &ms);
	assert_int_equal(ms.ms_steps, 251);
	assert_in_range(a.e_sent, 20, 30);
	media_free(a.e_media);
	audio_in_free(silence);
	audio_out_free(null);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_stopped),
	};

	return (cmocka_run_group_tests(tests, make_directory,
	    remove_directory));
}
