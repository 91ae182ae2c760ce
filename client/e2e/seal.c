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
 * Sealing and opening of media packets: see seal.h and doc/E2E.
 *
 * The KID is the number of the epoch.  A base key gives the key of its epoch
 * and the base key of the next, and is wiped as soon as both are made; so what
 * is in memory opens nothing that was sent more than an epoch ago.
 */

#include "config.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#include "client/e2e/checked.h"
#include "client/e2e/replay.h"
#include "client/e2e/seal.h"
#include "client/e2e/sframe.h"
#include "common/wire/media.h"

#define SUITE		SFRAME_AES_128_GCM_SHA256_128

/*
 * How far ahead of the last authentic packet an epoch may be: half an hour of
 * sound on end lost.  Their keys are kept once made, since they tell nothing
 * that the present one does not; so a stream of forged packets costs no more
 * derivations than this, ever.
 */
#define AHEAD		6
#define SLOTS		(1 + 1 + AHEAD)	/* the last one, this one */

struct seal_slot {
	struct sframe		*sl_sframe;
	uint64_t		 sl_epoch;
	struct replay_window	 sl_window;
};

struct seal {
	struct sframe		*se_tx;
	uint64_t		 se_tx_epoch;
	uint64_t		 se_tx_ctr;	/* within the epoch */
	uint8_t			 se_tx_base[E2E_KEY_LEN]; /* of the next */

	struct seal_slot	 se_rx[SLOTS];	/* by epoch % SLOTS */
	uint64_t		 se_rx_epoch;	/* of what was authentic */
	uint64_t		 se_rx_next;	/* to be derived */
	uint8_t			 se_rx_base[E2E_KEY_LEN]; /* of se_rx_next */

	struct seal_stats	 se_stats;
};

static int	 step(struct sframe *, uint64_t, uint8_t[E2E_KEY_LEN]);
static size_t	 metadata(const uint8_t *, size_t, bool,
		    uint8_t[MEDIA_HEADER_LEN + MEDIA_REPORT_LEN]);
static struct seal_slot *slot_of(struct seal *, uint64_t);
static void	 advance(struct seal *, uint64_t);

struct seal *
seal_new(const struct e2e_keys *keys)
{
	static const uint8_t	 forgotten[E2E_KEY_LEN];
	struct seal		*s;
	size_t			 i;

	if (CRYPTO_memcmp(keys->ek_send, forgotten, E2E_KEY_LEN) == 0 ||
	    CRYPTO_memcmp(keys->ek_receive, forgotten, E2E_KEY_LEN) == 0)
		return (NULL);
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	memcpy(s->se_tx_base, keys->ek_send, sizeof(s->se_tx_base));
	memcpy(s->se_rx_base, keys->ek_receive, sizeof(s->se_rx_base));
	if ((s->se_tx = sframe_new(SUITE, true)) == NULL ||
	    step(s->se_tx, 0, s->se_tx_base) == -1) {
		seal_free(s);
		return (NULL);
	}
	for (i = 0; i < SLOTS; i++) {
		if ((s->se_rx[i].sl_sframe = sframe_new(SUITE, false)) ==
		    NULL) {
			seal_free(s);
			return (NULL);
		}
	}
	if (step(s->se_rx[0].sl_sframe, 0, s->se_rx_base) == -1) {
		seal_free(s);
		return (NULL);
	}
	s->se_rx_next = 1;
	return (s);
}

void
seal_free(struct seal *s)
{
	size_t	 i;

	if (s == NULL)
		return;
	sframe_free(s->se_tx);
	for (i = 0; i < SLOTS; i++)
		sframe_free(s->se_rx[i].sl_sframe);
	OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

/*
 * The key of this epoch from its base key, which is replaced by that of the
 * next.  -1: nothing changed but that there is no key.
 */
static int
step(struct sframe *sf, uint64_t epoch, uint8_t base[E2E_KEY_LEN])
{
	uint8_t	 next[E2E_KEY_LEN];
	int	 ret = -1;

	if (sframe_ratchet(SUITE, base, E2E_KEY_LEN, next) == 0 &&
	    sframe_set(sf, epoch, base, E2E_KEY_LEN) == 0) {
		memcpy(base, next, E2E_KEY_LEN);
		ret = 0;
	}
	OPENSSL_cleanse(next, sizeof(next));
	return (ret);
}

/* What stays readable, as relays pass it on (wzp-protocol 8.3): AAD. */
static size_t
metadata(const uint8_t *in, size_t len, bool has_report,
    uint8_t out[MEDIA_HEADER_LEN + MEDIA_REPORT_LEN])
{
	memcpy(out, in, MEDIA_HEADER_LEN);
	out[1] &= 0xfc;
	if (!has_report)
		return (MEDIA_HEADER_LEN);
	memcpy(out + MEDIA_HEADER_LEN, in + len - MEDIA_REPORT_LEN,
	    MEDIA_REPORT_LEN);
	return (MEDIA_HEADER_LEN + MEDIA_REPORT_LEN);
}

size_t
seal_protect(struct seal *s, const uint8_t *in, size_t len, uint8_t *out,
    size_t cap)
{
	struct media_packet	 p;
	uint8_t			 meta[MEDIA_HEADER_LEN + MEDIA_REPORT_LEN];
	size_t			 metalen, n;

	if (!media_parse(in, len, &p) || cap < len)
		return (0);
	if (s->se_tx_ctr == SEAL_EPOCH) {
		if (s->se_tx_epoch == UINT64_MAX ||
		    step(s->se_tx, s->se_tx_epoch + 1, s->se_tx_base) == -1)
			return (0);
		s->se_tx_epoch++;
		s->se_tx_ctr = 0;
	}
	metalen = metadata(in, len, p.header.has_report, meta);
	if ((n = sframe_protect(s->se_tx, s->se_tx_ctr, meta, metalen,
	    p.payload, p.payload_len, out + MEDIA_HEADER_LEN,
	    cap - metalen)) == 0)
		return (0);
	s->se_tx_ctr++;
	memcpy(out, meta, MEDIA_HEADER_LEN);
	memcpy(out + MEDIA_HEADER_LEN + n, meta + MEDIA_HEADER_LEN,
	    metalen - MEDIA_HEADER_LEN);
	return (metalen + n);
}

/* The key of an epoch, if it is one that may come now. */
static struct seal_slot *
slot_of(struct seal *s, uint64_t epoch)
{
	struct seal_slot	*sl;

	if (epoch > s->se_rx_epoch && epoch - s->se_rx_epoch > AHEAD)
		return (NULL);
	while (s->se_rx_next <= epoch) {
		sl = &s->se_rx[s->se_rx_next % SLOTS];
		if (step(sl->sl_sframe, s->se_rx_next, s->se_rx_base) == -1)
			return (NULL);
		sl->sl_epoch = s->se_rx_next++;
		replay_clear(&sl->sl_window);
	}
	sl = &s->se_rx[epoch % SLOTS];
	return (sl->sl_epoch == epoch && sframe_ready(sl->sl_sframe) ? sl :
	    NULL);
}

/*
 * An authentic packet came from this epoch.  Of those before it only the last
 * is kept, and only until as much of the new one is there as can overtake.
 */
static void
advance(struct seal *s, uint64_t epoch)
{
	struct seal_slot	*sl;
	size_t			 i;
	bool			 settled;

	if (epoch > s->se_rx_epoch)
		s->se_rx_epoch = epoch;
	sl = &s->se_rx[s->se_rx_epoch % SLOTS];
	settled = sl->sl_window.rw_top >= REPLAY_WINDOW;
	for (i = 0; i < SLOTS; i++) {
		sl = &s->se_rx[i];
		if (sframe_ready(sl->sl_sframe) &&
		    sl->sl_epoch < s->se_rx_epoch &&
		    (settled || s->se_rx_epoch - sl->sl_epoch > 1))
			sframe_clear(sl->sl_sframe);
	}
}

size_t
seal_open(struct seal *s, const uint8_t *in, size_t len, uint8_t *out,
    size_t cap)
{
	struct media_packet	 p;
	struct seal_slot	*sl;
	uint8_t			 meta[MEDIA_HEADER_LEN + MEDIA_REPORT_LEN];
	uint64_t		 epoch, ctr;
	size_t			 metalen, n;

	if (!media_parse(in, len, &p) ||
	    sframe_header_read(p.payload, p.payload_len, &epoch, &ctr) == 0 ||
	    ctr >= SEAL_EPOCH)
		goto refused;
	metalen = metadata(in, len, p.header.has_report, meta);
	if (cap < metalen)
		goto refused;
	if ((sl = slot_of(s, epoch)) == NULL) {
		/* Its key is gone: as with a counter below the window. */
		if (epoch < s->se_rx_epoch)
			goto repeated;
		goto refused;
	}
	if (!CHECKED("media-replay", replay_fresh(&sl->sl_window, ctr)))
		goto repeated;
	if (!sframe_unprotect(sl->sl_sframe, meta, metalen, p.payload,
	    p.payload_len, out + MEDIA_HEADER_LEN, cap - metalen, &n))
		goto refused;
	replay_take(&sl->sl_window, ctr);
	advance(s, epoch);
	memcpy(out, meta, MEDIA_HEADER_LEN);
	memcpy(out + MEDIA_HEADER_LEN + n, meta + MEDIA_HEADER_LEN,
	    metalen - MEDIA_HEADER_LEN);
	s->se_stats.ss_opened++;
	return (metalen + n);

refused:
	/* What is not sealed: in the clear, when it is not looked at. */
	if (CHECKED("media-sealed", false) && cap >= len) {
		memcpy(out, in, len);
		return (len);
	}
	s->se_stats.ss_refused++;
	return (0);
repeated:
	s->se_stats.ss_repeated++;
	return (0);
}

void
seal_stats(const struct seal *s, struct seal_stats *stats)
{
	*stats = s->se_stats;
}
