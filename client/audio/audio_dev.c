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
 * Sound card.
 */

#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sndio.h>

#include "client/audio/audio_dev.h"

#define RATE		48000
/*
 * Recording: more than 100 ms in store means that the card's clock is ahead,
 * the oldest go.  Playing: as much may wait for the card.
 */
#define STORE_MAX	4800
#define STORE_KEEP	1920
#define DEVICE_BUFFER	1920	/* samples, 40 ms, asked of the card */

struct audio_dev {
	struct sio_hdl	*ad_hdl;
	int16_t		 ad_store[STORE_MAX + 1];	/* + half a sample */
	size_t		 ad_len;
	size_t		 ad_odd;	/* bytes of a sample cut in two */
};

static struct sio_hdl
		*audio_dev_quietly(unsigned int);
static short	 audio_dev_poll(struct audio_dev *, short);
static void	 audio_dev_drop(struct audio_dev *, size_t);

struct audio_dev *
audio_dev_open(enum audio_dev_mode mode)
{
	struct audio_dev	*d;
	struct sio_par		 par;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return (NULL);
	d->ad_hdl = audio_dev_quietly(mode == AUDIO_DEV_PLAY ? SIO_PLAY :
	    SIO_REC);
	if (d->ad_hdl == NULL) {
		free(d);
		return (NULL);
	}
	sio_initpar(&par);
	par.bits = 16;
	par.bps = 2;
	par.sig = 1;
	par.le = SIO_LE_NATIVE;
	par.rate = RATE;
	par.pchan = par.rchan = 1;
	par.appbufsz = DEVICE_BUFFER;
	/* When we are late, silence, and catch up: our clock is the law. */
	par.xrun = SIO_SYNC;
	if (!sio_setpar(d->ad_hdl, &par) || !sio_getpar(d->ad_hdl, &par) ||
	    par.bits != 16 || par.bps != 2 || par.sig != 1 ||
	    par.le != SIO_LE_NATIVE || par.rate != RATE ||
	    (mode == AUDIO_DEV_PLAY ? par.pchan : par.rchan) != 1 ||
	    !sio_start(d->ad_hdl)) {
		audio_dev_close(d);
		return (NULL);
	}
	return (d);
}

void
audio_dev_close(struct audio_dev *d)
{
	if (d == NULL)
		return;
	sio_close(d->ad_hdl);
	free(d);
}

size_t
audio_dev_read(struct audio_dev *d, int16_t *pcm, size_t n)
{
	size_t	room, got;

	while ((audio_dev_poll(d, POLLIN) & POLLIN) != 0) {
		if (STORE_MAX - d->ad_len < STORE_KEEP)
			audio_dev_drop(d, d->ad_len - STORE_KEEP);
		room = (STORE_MAX - d->ad_len) * sizeof(int16_t) - d->ad_odd;
		got = sio_read(d->ad_hdl,
		    (uint8_t *)(d->ad_store + d->ad_len) + d->ad_odd, room);
		if (got == 0)
			break;
		got += d->ad_odd;
		d->ad_len += got / sizeof(int16_t);
		d->ad_odd = got % sizeof(int16_t);
	}
	if (n > d->ad_len)
		return (0);
	memcpy(pcm, d->ad_store, n * sizeof(*pcm));
	audio_dev_drop(d, n);
	return (n);
}

void
audio_dev_write(struct audio_dev *d, const int16_t *pcm, size_t n)
{
	size_t	put;

	if (n > STORE_MAX)
		n = STORE_MAX;
	if (d->ad_len + n > STORE_MAX)
		return;		/* the card does not take it: leave it out */
	memcpy(d->ad_store + d->ad_len, pcm, n * sizeof(*pcm));
	d->ad_len += n;
	while (d->ad_len > 0 &&
	    (audio_dev_poll(d, POLLOUT) & POLLOUT) != 0) {
		put = sio_write(d->ad_hdl, (uint8_t *)d->ad_store + d->ad_odd,
		    d->ad_len * sizeof(int16_t) - d->ad_odd);
		if (put == 0)
			break;
		put += d->ad_odd;
		audio_dev_drop(d, put / sizeof(int16_t));
		d->ad_odd = put % sizeof(int16_t);
	}
}

/*
 * sndio's back end for Linux has its say on standard error about every card
 * that is not there; the caller says it in one sentence.
 */
static struct sio_hdl *
audio_dev_quietly(unsigned int mode)
{
	struct sio_hdl	*hdl;
	int		 null, saved;

	saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if ((null = open("/dev/null", O_WRONLY | O_CLOEXEC)) != -1) {
		if (saved != -1)
			(void)dup2(null, STDERR_FILENO);
		(void)close(null);
	}
	hdl = sio_open(SIO_DEVANY, mode, 1);
	if (saved != -1) {
		(void)dup2(saved, STDERR_FILENO);
		(void)close(saved);
	}
	return (hdl);
}

static short
audio_dev_poll(struct audio_dev *d, short events)
{
	struct pollfd	pfd[16];
	int		n;

	if ((n = sio_nfds(d->ad_hdl)) < 1 ||
	    (size_t)n > sizeof(pfd) / sizeof(pfd[0]))
		return (0);
	n = sio_pollfd(d->ad_hdl, pfd, events);
	if (poll(pfd, (nfds_t)n, 0) == -1)
		return (0);
	return ((short)sio_revents(d->ad_hdl, pfd));
}

/* Drops the first n samples; a half sample behind them moves along. */
static void
audio_dev_drop(struct audio_dev *d, size_t n)
{
	if (n > d->ad_len)
		n = d->ad_len;
	memmove(d->ad_store, d->ad_store + n,
	    (d->ad_len - n) * sizeof(int16_t) + d->ad_odd);
	d->ad_len -= n;
}
