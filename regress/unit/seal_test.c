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
 * Media from end to end over a bad network, in a model: two paths, loss,
 * reordering and repetition across changes of key; what an attacker in between
 * can send; what must not be in memory any more.
 *
 * COVERS: seal - each packet once whatever the network does, across rekeys
 * COVERS: seal - forged, cut, plain, reflected, replayed packets are refused
 * COVERS: seal - header and report are authenticated and stay readable
 * COVERS: seal - keys of the past do not open, epochs far ahead cost nothing
 * COVERS: replay across paths and rekeys
 * COVERS: gap 6 - loss, reordering: no nonce twice, none out of step
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <malloc.h>

#include <cmocka.h>

#include "client/e2e/seal.h"
#include "client/e2e/sframe.h"
#include "common/wire/media.h"

#define PACKET	256
#define PAYLOAD	60

struct pair {
	struct e2e_keys	 pr_keys_a;
	struct e2e_keys	 pr_keys_b;
	struct seal	*pr_a;
	struct seal	*pr_b;
};

/* One packet under way. */
struct flight {
	uint8_t		fl_data[PACKET];
	size_t		fl_len;
	unsigned int	fl_number;
	unsigned int	fl_due;
};

static void	 pair_up(struct pair *);
static void	 pair_down(struct pair *);
static size_t	 packet(uint8_t *, unsigned int, bool);
static size_t	 sealed(struct seal *, unsigned int, bool, uint8_t *);
static bool	 opens(struct seal *, const uint8_t *, size_t, unsigned int,
		    bool);
static void	 skip_to(struct seal *, uint64_t);
static bool	 in_memory(const void *, const uint8_t[E2E_KEY_LEN]);

static void
pair_up(struct pair *p)
{
	memset(&p->pr_keys_a, 0x11, sizeof(p->pr_keys_a));
	memset(p->pr_keys_a.ek_receive, 0x22, E2E_KEY_LEN);
	p->pr_keys_b = p->pr_keys_a;
	memcpy(p->pr_keys_b.ek_send, p->pr_keys_a.ek_receive, E2E_KEY_LEN);
	memcpy(p->pr_keys_b.ek_receive, p->pr_keys_a.ek_send, E2E_KEY_LEN);
	assert_non_null(p->pr_a = seal_new(&p->pr_keys_a));
	assert_non_null(p->pr_b = seal_new(&p->pr_keys_b));
}

static void
pair_down(struct pair *p)
{
	seal_free(p->pr_a);
	seal_free(p->pr_b);
}

static size_t
packet(uint8_t *out, unsigned int number, bool report)
{
	struct media_packet	 p;
	uint8_t			 payload[PAYLOAD];
	int			 len;

	memset(&p, 0, sizeof(p));
	memset(payload, (int)(number & 0xff), sizeof(payload));
	payload[1] = (uint8_t)(number >> 8);
	payload[2] = (uint8_t)(number >> 16);
	payload[3] = 0;
	p.header.codec = CODEC_OPUS24K;
	p.header.seq = (uint16_t)number;
	p.header.timestamp = number * 20;
	p.header.has_report = report;
	p.report.loss_pct = (uint8_t)number;
	p.report.bitrate_cap_kbps = 200;
	p.payload = payload;
	p.payload_len = sizeof(payload);
	assert_true((len = media_write(out, PACKET, &p)) > 0);
	return ((size_t)len);
}

static size_t
sealed(struct seal *s, unsigned int number, bool report, uint8_t *out)
{
	uint8_t	 in[PACKET];
	size_t	 len, n;

	len = packet(in, number, report);
	n = seal_protect(s, in, len, out, PACKET);
	assert_true(n > len && n <= len + SEAL_OVERHEAD);
	return (n);
}

/* It comes out as it went in. */
static bool
opens(struct seal *s, const uint8_t *in, size_t len, unsigned int number,
    bool report)
{
	uint8_t	 wanted[PACKET], got[PACKET];
	size_t	 wantedlen, n;

	wantedlen = packet(wanted, number, report);
	if ((n = seal_open(s, in, len, got, sizeof(got))) == 0)
		return (false);
	assert_int_equal(n, wantedlen);
	assert_memory_equal(got, wanted, n);
	return (true);
}

/* Sends packets that get lost until this many were sent. */
static void
skip_to(struct seal *s, uint64_t n)
{
	static struct seal	*last;
	static uint64_t		 sent;
	uint8_t			 out[PACKET];

	if (last != s || n == 0) {
		last = s;
		sent = 0;
	}
	for (; sent < n; sent++)
		(void)sealed(s, 0, false, out);
}

static void
test_readable(void **state)
{
	struct pair		 p;
	struct media_packet	 m;
	uint8_t			 plain[PACKET], out[PACKET], other[PACKET];
	size_t			 len, n, i, same = 0;

	(void)state;
	pair_up(&p);
	len = packet(plain, 5, true);
	/* What a relay clears is cleared before, and set again does no harm. */
	plain[1] |= 3;
	n = seal_protect(p.pr_a, plain, len, out, sizeof(out));
	assert_int_equal(n, len + 1 + SFRAME_TAG_LEN);
	assert_int_equal(out[1] & 3, 0);
	out[1] |= 2;
	assert_true(opens(p.pr_b, out, n, 5, true));
	assert_true(media_parse(out, n, &m));
	assert_int_equal(m.header.seq, 5);
	assert_int_equal(m.report.loss_pct, 5);
	/* Between them nothing is as it was, nor twice the same. */
	assert_int_equal(sealed(p.pr_a, 5, true, other), n);
	for (i = MEDIA_HEADER_LEN; i < n - MEDIA_REPORT_LEN; i++)
		same += out[i] == other[i];
	assert_true(same < 8);
	same = 0;
	for (i = 0; i < PAYLOAD; i++)
		same += out[MEDIA_HEADER_LEN + 1 + i] ==
		    plain[MEDIA_HEADER_LEN + i];
	assert_true(same < 8);
	/* No room, no media packet. */
	assert_int_equal(seal_protect(p.pr_a, plain, len, out, len), 0);
	assert_int_equal(seal_protect(p.pr_a, plain, len, out, 3), 0);
	assert_int_equal(seal_protect(p.pr_a, plain, 11, out, PACKET), 0);
	n = sealed(p.pr_a, 6, true, out);
	assert_int_equal(seal_open(p.pr_b, out, n, other, 3), 0);
	assert_int_equal(seal_open(p.pr_b, out, n, other, len - 1), 0);
	assert_int_equal(seal_open(p.pr_b, out, n, other, len), len);
	pair_down(&p);
}

static void
test_refused(void **state)
{
	struct pair		 p;
	struct seal_stats	 st;
	uint8_t			 out[PACKET], plain[PACKET], got[PACKET];
	size_t			 n, len, i;
	uint64_t		 refused = 0;

	(void)state;
	pair_up(&p);
	n = sealed(p.pr_a, 1, true, out);
	for (i = 0; i < n; i++) {
		out[i] ^= 0x04;
		assert_int_equal(seal_open(p.pr_b, out, n, got,
		    sizeof(got)), 0);
		out[i] ^= 0x04;
		assert_int_equal(seal_open(p.pr_b, out, i, got,
		    sizeof(got)), 0);
		refused += 2;
	}
	/* Reflected to who sent it; in the clear; of another call. */
	assert_int_equal(seal_open(p.pr_a, out, n, got, sizeof(got)), 0);
	for (i = 0; i < 256; i++) {
		len = packet(plain, (unsigned int)i, i % 2 == 0);
		assert_int_equal(seal_open(p.pr_b, plain, len, got,
		    sizeof(got)), 0);
		refused++;
	}
	seal_stats(p.pr_b, &st);
	assert_int_equal(st.ss_opened, 0);
	assert_int_equal(st.ss_refused + st.ss_repeated, refused);
	assert_int_equal(st.ss_repeated, 0);
	/* It was not the packet's fault. */
	assert_true(opens(p.pr_b, out, n, 1, true));
	assert_false(opens(p.pr_b, out, n, 1, true));
	seal_stats(p.pr_b, &st);
	assert_int_equal(st.ss_opened, 1);
	assert_int_equal(st.ss_repeated, 1);
	pair_down(&p);
}

/*
 * 60000 packets, three rekeys, on two paths of their own delay, loss and
 * disorder: each that comes at all is opened once, the second one is dropped.
 */
static void
test_network(void **state)
{
	enum {
		TOTAL = 60000,
		RING = 512
	};
	static struct flight	 ring[RING];
	static uint8_t		 heard[TOTAL], arrived[TOTAL];
	struct pair		 p;
	struct flight		*f;
	struct seal_stats	 st;
	uint8_t			 out[PACKET], got[PACKET];
	unsigned int		 i, j, path, lost = 0, copies = 0, forged = 0;
	unsigned int		 late = 0, number, top = 0;
	size_t			 n, len;

	(void)state;
	srandom(41);
	memset(ring, 0, sizeof(ring));
	pair_up(&p);
	for (i = 0; i < TOTAL + 400; i++) {
		n = i < TOTAL ? sealed(p.pr_a, i, i % 50 == 0, out) : 0;
		for (path = 0; n > 0 && path < 2; path++) {
			/* The second path lives for every other stretch. */
			if (path == 1 && i / 3000 % 2 == 0)
				continue;
			if (random() % 100 < 15) {
				lost++;
				continue;
			}
			/* Now and then the network repeats one by itself. */
			for (j = 0; j < (random() % 50 == 0 ? 2U : 1U); j++) {
				f = &ring[random() % RING];
				if (f->fl_len != 0) {
					lost++;
					continue;
				}
				memcpy(f->fl_data, out, n);
				f->fl_len = n;
				f->fl_number = i;
				f->fl_due = i + 1 + (unsigned int)random() %
				    (path == 0 ? 4 : 60);
				if (random() % 500 == 0)
					f->fl_due += 300;
			}
		}
		for (j = 0; j < RING; j++) {
			f = &ring[j];
			if (f->fl_len == 0 || f->fl_due > i)
				continue;
			number = f->fl_number;
			if (random() % 20 == 0) {
				/* Altered by who passes it on, before. */
				memcpy(got, f->fl_data, f->fl_len);
				got[random() % (long)f->fl_len] ^=
				    (uint8_t)(4 << random() % 6);
				forged++;
				assert_int_equal(seal_open(p.pr_b, got,
				    f->fl_len, out, sizeof(out)), 0);
			}
			len = seal_open(p.pr_b, f->fl_data, f->fl_len, got,
			    sizeof(got));
			if (len != 0) {
				uint8_t	 wanted[PACKET];

				assert_int_equal(heard[number], 0);
				heard[number] = 1;
				assert_int_equal(len, packet(wanted, number,
				    number % 50 == 0));
				assert_memory_equal(got, wanted, len);
			} else
				copies++;
			arrived[number] = 1;
			if (number > top)
				top = number;
			else
				late++;
			f->fl_len = 0;
		}
	}
	for (i = 0, n = 0; i < TOTAL; i++) {
		/* Not one that came was lost to a key or the window. */
		assert_int_equal(heard[i], arrived[i]);
		n += heard[i];
	}
	seal_stats(p.pr_b, &st);
	print_message("%zu of %d heard, %u lost, %u late, %u copies, "
	    "%u forged\n", n, TOTAL, lost, late, copies, forged);
	assert_int_equal(st.ss_opened, n);
	assert_int_equal(st.ss_repeated + st.ss_refused, copies + forged);
	assert_true(n > TOTAL * 8 / 10 && late > 1000 && copies > 1000 &&
	    forged > 1000);
	pair_down(&p);
}

/* Packets of the last epoch come late, those of the one before do not open. */
static void
test_epochs(void **state)
{
	struct pair		 p;
	struct seal_stats	 st;
	uint8_t			 early[PACKET], late[PACKET], out[PACKET];
	uint8_t			 spare[PACKET];
	size_t			 nearly, nlate, n, nspare;
	unsigned int		 i;

	(void)state;
	pair_up(&p);
	skip_to(p.pr_a, 0);
	nearly = sealed(p.pr_a, 1, false, early);
	skip_to(p.pr_a, SEAL_EPOCH - 3);
	nspare = sealed(p.pr_a, 2, false, spare);
	nlate = sealed(p.pr_a, 3, false, late);
	/* The first of the second epoch. */
	n = sealed(p.pr_a, 4, false, out);
	assert_int_equal(out[MEDIA_HEADER_LEN], 1 << 4);
	assert_true(opens(p.pr_b, out, n, 4, false));
	assert_true(opens(p.pr_b, late, nlate, 3, false));
	assert_false(opens(p.pr_b, late, nlate, 3, false));
	/* 1023 behind the newest counter of its epoch: too late. */
	assert_false(opens(p.pr_b, early, nearly, 1, false));
	/* Once the new epoch is a window long, nothing of the old opens. */
	for (i = 0; i < 1024; i++) {
		n = sealed(p.pr_a, i, false, out);
		assert_true(opens(p.pr_b, out, n, i, false));
	}
	assert_false(opens(p.pr_b, spare, nspare, 2, false));
	seal_stats(p.pr_b, &st);
	assert_int_equal(st.ss_refused, 0);
	assert_int_equal(st.ss_repeated, 3);
	pair_down(&p);
}

/* Six epochs on end lost are caught up, seven are not. */
static void
test_ahead(void **state)
{
	struct pair	 p;
	uint8_t		 out[PACKET], forged[PACKET], got[PACKET];
	unsigned int	 epochs, i;
	size_t		 n;

	(void)state;
	for (epochs = 6; epochs <= 7; epochs++) {
		pair_up(&p);
		skip_to(p.pr_a, 0);
		skip_to(p.pr_a, epochs * SEAL_EPOCH);
		n = sealed(p.pr_a, 9, false, out);
		/* Forged ones of all epochs do not move anything. */
		for (i = 0; i < 16; i++) {
			memcpy(forged, out, n);
			forged[MEDIA_HEADER_LEN] = (uint8_t)(i << 4 & 0x70);
			forged[n - 1] ^= 1;
			assert_int_equal(seal_open(p.pr_b, forged, n, got,
			    sizeof(got)), 0);
		}
		assert_int_equal(opens(p.pr_b, out, n, 9, false),
		    epochs == 6);
		pair_down(&p);
	}
}

/* Anywhere in the block that p is? */
static bool
in_memory(const void *p, const uint8_t secret[E2E_KEY_LEN])
{
	size_t	 len = malloc_usable_size((void *)(uintptr_t)p);

	return (memmem(p, len, secret, E2E_KEY_LEN) != NULL);
}

/* Of base keys only those of epochs to come are there. */
static void
test_wiped(void **state)
{
	enum {
		EPOCHS = 10	/* each place for a key is used again */
	};
	struct pair	 p;
	struct e2e_keys	 keys;
	uint8_t		 base[EPOCHS + 1][E2E_KEY_LEN];
	uint8_t		 out[PACKET];
	unsigned int	 epoch, i;
	size_t		 n;

	(void)state;
	pair_up(&p);
	memcpy(base[0], p.pr_keys_a.ek_send, E2E_KEY_LEN);
	for (i = 0; i < EPOCHS; i++)
		assert_int_equal(sframe_ratchet(SFRAME_AES_128_GCM_SHA256_128,
		    base[i], E2E_KEY_LEN, base[i + 1]), 0);
	skip_to(p.pr_a, 0);
	for (epoch = 0; epoch < EPOCHS; epoch++) {
		/* One packet of each epoch arrives: its first. */
		n = sealed(p.pr_a, epoch, false, out);
		assert_true(opens(p.pr_b, out, n, epoch, false));
		for (i = 0; i <= EPOCHS; i++) {
			assert_int_equal(in_memory(p.pr_a, base[i]),
			    i == epoch + 1);
			assert_int_equal(in_memory(p.pr_b, base[i]),
			    i == epoch + 1);
		}
		skip_to(p.pr_a, (epoch + 1) * (SEAL_EPOCH - 1));
	}
	/* Keys that were forgotten are none. */
	keys = p.pr_keys_a;
	memset(keys.ek_send, 0, E2E_KEY_LEN);
	assert_null(seal_new(&keys));
	keys = p.pr_keys_a;
	memset(keys.ek_receive, 0, E2E_KEY_LEN);
	assert_null(seal_new(&keys));
	pair_down(&p);
}

/* A counter that no honest sender reaches within an epoch. */
static void
test_counter_range(void **state)
{
	struct pair	 p;
	struct sframe	*sf;
	uint8_t		 plain[PACKET], out[PACKET], got[PACKET];
	uint64_t	 ctr;
	size_t		 len, n;

	(void)state;
	pair_up(&p);
	assert_non_null(sf = sframe_new(SFRAME_AES_128_GCM_SHA256_128, true));
	assert_int_equal(sframe_set(sf, 0, p.pr_keys_a.ek_send, E2E_KEY_LEN),
	    0);
	len = packet(plain, 1, false);
	for (ctr = SEAL_EPOCH; ctr + 1 >= SEAL_EPOCH; ctr--) {
		memcpy(out, plain, MEDIA_HEADER_LEN);
		n = sframe_protect(sf, ctr, plain, MEDIA_HEADER_LEN,
		    plain + MEDIA_HEADER_LEN, len - MEDIA_HEADER_LEN,
		    out + MEDIA_HEADER_LEN, sizeof(out) - MEDIA_HEADER_LEN);
		assert_int_equal(seal_open(p.pr_b, out, MEDIA_HEADER_LEN + n,
		    got, sizeof(got)), ctr == SEAL_EPOCH ? 0 : len);
	}
	sframe_free(sf);
	pair_down(&p);
}

/*
 * The last packet of epoch 1, as computed apart from this code (python's
 * hmac and cryptography): the key schedule of an epoch and what is covered.
 */
static void
test_golden(void **state)
{
	static const uint8_t	 wanted[] = {
		0x02, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x8c, 0x00, 0x00,
		0x00, 0x00, 0x19, 0x3f, 0xff, 0x75, 0x6d, 0x6e, 0x99, 0xb1,
		0xad, 0x90, 0xe8, 0x22, 0x24, 0x36, 0x4a, 0x60, 0x7b, 0xe5,
		0x10, 0x73, 0xca, 0xb6, 0x86, 0x06, 0x60, 0xb0, 0xeb, 0x54,
		0x3b, 0x9c, 0x10, 0x60, 0xce, 0xad, 0x52, 0xec, 0x00, 0x50,
		0x46, 0xa6, 0x68, 0xc1, 0x88, 0xcc, 0xfe, 0x4f, 0xda, 0xf0,
		0x7a, 0x15, 0xd8, 0x14, 0xc3, 0xd4, 0x51, 0xaf, 0x24, 0xe3,
		0x3d, 0xa8, 0x29, 0x34, 0x2e, 0x42, 0xcd, 0xd5, 0xac, 0x62,
		0xbe, 0xe9, 0x55, 0x0e, 0x83, 0x82, 0x39, 0x6d, 0xde, 0x9f,
		0x55, 0x07, 0x00, 0x00, 0xc8
	};
	struct pair	 p;
	uint8_t		 plain[PACKET], out[PACKET];
	size_t		 len, n;

	(void)state;
	pair_up(&p);
	skip_to(p.pr_a, 0);
	skip_to(p.pr_a, 2 * SEAL_EPOCH - 1);
	len = packet(plain, 7, true);
	n = seal_protect(p.pr_a, plain, len, out, sizeof(out));
	assert_int_equal(n, sizeof(wanted));
	assert_memory_equal(out, wanted, n);
	pair_down(&p);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_counter_range),
		cmocka_unit_test(test_golden),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
