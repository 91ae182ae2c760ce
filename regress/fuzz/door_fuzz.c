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
 * Fuzz target: the door.  First flights: as datagrams, as frames behind the
 * packet protection (anybody can make it, so it hides nothing), and as one
 * ClientHello cut up in two ways.
 *
 *	mode (1): 0 datagrams, 1 frames, 2 a ClientHello
 *	0: { how (1), datagram }   1: { how (1), pn (1), token, frames }
 *	2: cuts (4), order (1), ClientHello
 *
 * Every datagram is accounted for, a worker gets what came and nothing else,
 * and an answer is never longer than what asked for it; limits hold, and in
 * the end nothing is left.
 *
 * COVERS: fuzzing - first flights at the door: corpus of the target
 */

#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/params.h"
#include "common/quic/sni.h"
#include "doord/door.h"
#include "regress/fuzz/fuzz.h"
#include "regress/fuzz/protect.h"

#define SIGNALD		1
#define MEDIAD		2
#define MEDIAD1		3
#define FEDERD		4

#define DATAGRAMS	48		/* of an input */
#define START		(1000 * NS_PER_S)

const char *const	fuzz_faults[] = { "forward", "amplify", "account",
			    "split", "name", "rest", NULL };

static const uint8_t	dcids[4][20] = {
	"\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8",
	"\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f",
	"\x77\x66\x55\x44\x33\x22\x11\x00\x77\x66\x55\x44",
	"nineteen octets, NUL"
};
static const size_t	dcid_lens[4] = { 8, 8, 12, 20 };
static const char *const remotes[4] = {
	"198.51.100.7:5555",
	"198.51.100.8:5556",
	"203.0.113.9:5557",
	"[2001:db8::7]:5558"
};

static struct {
	uint8_t			*data[DATAGRAMS];
	size_t			 len[DATAGRAMS];
	size_t			 n;
	unsigned int		 forwards;
	unsigned int		 replies;
	bool			 away;		/* workers take nothing */
	/* The last Retry. */
	uint8_t			 scid[20];
	size_t			 scid_len;
	uint8_t			 token[512];
	size_t			 token_len;
} run;

static int		 to_worker(void *, unsigned int,
			    const struct door_datagram *,
			    const struct quic_first *);
static void		 to_client(void *, const struct door_datagram *,
			    const uint8_t *, size_t);
static bool		 is_present(void *, unsigned int);
static uint64_t		 outcomes(const struct door_counters *);
static void		 slot_set(struct slots *, unsigned int, enum proc,
			    unsigned int);
static void		 knock(struct door *, uint8_t, const uint8_t *,
			    size_t, uint64_t);
static void		 frames(struct door *, uint8_t, struct fuzz_input *,
			    uint64_t);
static void		 flights(struct fuzz_input *, bool);
static size_t		 crypto(uint8_t *, size_t, const uint8_t *, size_t);
static enum initial_verdict
			 hello(const uint8_t *, size_t, const size_t *,
			    unsigned int, char *, bool *);
static void		 hellos(struct fuzz_input *);

static const struct door_ops	ops = {
	.forward = to_worker,
	.reply = to_client,
	.present = is_present
};

static int
to_worker(void *arg, unsigned int slot, const struct door_datagram *dd,
    const struct quic_first *first)
{
	size_t	i;

	FUZZ_CHECK(arg == &run && slot >= SIGNALD && slot <= FEDERD);
	for (i = 0; i < run.n; i++)
		if (run.len[i] == dd->dd_len &&
		    memcmp(run.data[i], dd->dd_data, dd->dd_len) == 0)
			break;
	FUZZ_CHECK(fuzz_fault("forward") != (i < run.n));
	if (first != NULL) {
		FUZZ_CHECK(first->odcid_len >= 8 && first->odcid_len <= 20);
		FUZZ_CHECK(first->retry_scid_len == 0 ||
		    (first->validated && first->retry_scid_len <= 20));
	}
	run.forwards++;
	return (run.away ? -1 : 0);
}

static void
to_client(void *arg, const struct door_datagram *dd, const uint8_t *p,
    size_t len)
{
	FUZZ_CHECK(arg == &run && len > 0);
	FUZZ_CHECK(fuzz_fault("amplify") != (len <= dd->dd_len));
	run.replies++;
	/* A Retry: our ID is empty, then comes the door's, the token, a tag. */
	if (len < 7 + 16 || (p[0] & 0xf0) != 0xf0 || p[4] != 1 || p[5] != 0 ||
	    p[6] > sizeof(run.scid) || len < (size_t)7 + p[6] + 16)
		return;
	run.scid_len = p[6];
	memcpy(run.scid, p + 7, run.scid_len);
	run.token_len = len - 7 - run.scid_len - 16;
	FUZZ_CHECK(run.token_len <= sizeof(run.token));
	memcpy(run.token, p + 7 + run.scid_len, run.token_len);
}

static bool
is_present(void *arg, unsigned int slot)
{
	(void)arg;
	(void)slot;
	return (true);
}

/* What can become of a datagram. */
static uint64_t
outcomes(const struct door_counters *c)
{
	return (c->dc_by_cid + c->dc_by_name + c->dc_repeated +
	    c->dc_waiting + c->dc_versions + c->dc_retries +
	    c->dc_dropped_unknown + c->dc_dropped_retried +
	    c->dc_dropped_token + c->dc_dropped_bad + c->dc_dropped_full +
	    c->dc_dropped_source + c->dc_dropped_worker +
	    c->dc_dropped_rate + c->dc_dropped_stray);
}

static void
slot_set(struct slots *slots, unsigned int slot, enum proc role,
    unsigned int instance)
{
	struct msg_slot	m;

	memset(&m, 0, sizeof(m));
	m.slot = slot;
	m.role = (uint64_t)role;
	m.instance = instance;
	m.generation = 1;
	slots_set(slots, &m);
}

/* how: 0x03 whose DCID (frames), 0x0c from where, 0x10 as a stray. */
static void
knock(struct door *d, uint8_t how, const uint8_t *p, size_t len, uint64_t now)
{
	const struct door_counters	*c = door_counters(d);
	struct door_datagram		 dd;
	uint64_t			 before = outcomes(c), received;

	if (run.n == DATAGRAMS)
		return;
	memset(&dd, 0, sizeof(dd));
	FUZZ_CHECK(addr_parse(&dd.dd_local, "192.0.2.1:4433") == 0);
	FUZZ_CHECK(addr_parse(&dd.dd_remote, remotes[how >> 2 & 3]) == 0);
	run.data[run.n] = fuzz_copy(p, len);
	run.len[run.n++] = len;
	dd.dd_data = run.data[run.n - 1];
	dd.dd_len = len;
	received = c->dc_received + c->dc_strays;
	if (how & 0x10)
		door_stray(d, MEDIAD, &dd, now);
	else
		door_packet(d, &dd, now);
	FUZZ_CHECK(c->dc_received + c->dc_strays == received + 1);
	FUZZ_CHECK(fuzz_fault("account") != (outcomes(c) > before));
	FUZZ_CHECK(len == 0 || memcmp(dd.dd_data, p, len) == 0);
	FUZZ_CHECK(door_waiting(d) <= REASSEMBLY_MAX &&
	    door_waiting(d) <= 7 * REASSEMBLY_PER_SOURCE);
}

/* 0x40: with the last Retry's token and ID, 0x20: that token altered. */
static void
frames(struct door *d, uint8_t how, struct fuzz_input *in, uint64_t now)
{
	const uint8_t	*token, *p, *dcid = dcids[how & 3];
	uint8_t		 out[REASSEMBLY_DATAGRAM_MAX + 100], altered[512];
	size_t		 dcid_len = dcid_lens[how & 3], token_len, len, n;
	uint8_t		 pn = fuzz_u8(in);

	token = fuzz_piece(in, &token_len);
	p = fuzz_piece(in, &len);
	if (token_len > 64)
		token_len = 64;
	if (len > PROTECT_PAYLOAD_MAX)
		len = PROTECT_PAYLOAD_MAX;
	if ((how & 0x40) != 0 && run.token_len > 0) {
		dcid = run.scid;
		dcid_len = run.scid_len;
		memcpy(altered, run.token, run.token_len);
		token = altered;
		token_len = run.token_len;
		if (how & 0x20)
			altered[pn % token_len] ^= 1;
	}
	n = protect_initial(out, sizeof(out), dcid, dcid_len, token,
	    token_len, pn, p, len);
	FUZZ_CHECK(n >= PROTECT_DATAGRAM);
	knock(d, how, out, n, now);
}

static void
flights(struct fuzz_input *in, bool plain)
{
	static const uint8_t		 key[16] = "placement of ro";
	struct placement		*placement;
	struct validate			*va;
	struct slots			 slots;
	struct door			*d;
	const struct door_counters	*c;
	const uint8_t			*p;
	uint64_t			 now = START;
	uint8_t				 how;
	size_t				 i, len;

	memset(&run, 0, sizeof(run));
	memset(&slots, 0, sizeof(slots));
	slot_set(&slots, SIGNALD, PROC_SIGNALD, 0);
	slot_set(&slots, MEDIAD, PROC_MEDIAD, 0);
	slot_set(&slots, MEDIAD1, PROC_MEDIAD, 1);
	slot_set(&slots, FEDERD, PROC_FEDERD, 0);
	placement = placement_new(key, 16);
	va = calloc(1, sizeof(*va));
	FUZZ_CHECK(placement != NULL && va != NULL);
	validate_start(va, now);
	how = fuzz_u8(in);
	validate_settings(va, how & 1, how >> 1 & 7);
	run.away = (how & 0x10) != 0;
	d = door_new(&ops, &run, &slots, placement, va);
	FUZZ_CHECK(d != NULL);
	c = door_counters(d);
	while (in->fi_len > 0) {
		how = fuzz_u8(in);
		if (how & 0x80)
			now += 500 * NS_PER_MS;
		if (plain)
			frames(d, how, in, now);
		else {
			p = fuzz_piece(in, &len);
			knock(d, how, p, len, now);
		}
	}
	FUZZ_CHECK(run.replies <= run.n);
	FUZZ_CHECK(c->dc_validated <= c->dc_by_name);
	/* Each datagram goes to a worker once, and the last of a flight. */
	FUZZ_CHECK(run.forwards <= 2 * run.n);
	door_slot_lost(d, MEDIAD);
	door_expire(d, now + 3600 * NS_PER_S);
	FUZZ_CHECK(fuzz_fault("rest") !=
	    (door_waiting(d) == 0 && door_known(d) == 0));
	door_free(d);
	placement_free(placement);
	free(va);
	for (i = 0; i < run.n; i++)
		free(run.data[i]);
}

/* A CRYPTO frame of up to 16383 bytes at an offset of as many. */
static size_t
crypto(uint8_t *out, size_t off, const uint8_t *p, size_t len)
{
	out[0] = 0x06;
	out[1] = (uint8_t)(0x40 | off >> 8);
	out[2] = (uint8_t)off;
	out[3] = (uint8_t)(0x40 | len >> 8);
	out[4] = (uint8_t)len;
	if (len > 0)
		memcpy(out + 5, p, len);
	return (5 + len);
}

/*
 * The verdict on a ClientHello in four datagrams, cut at these places, and
 * in this order.
 */
static enum initial_verdict
hello(const uint8_t *p, size_t len, const size_t *cuts, unsigned int order,
    char *name, bool *alpn_ok)
{
	enum initial_verdict	 verdict = INITIAL_MORE;
	struct initial		*in;
	uint8_t			 frame[PROTECT_PAYLOAD_MAX + 8];
	uint8_t			 out[REASSEMBLY_DATAGRAM_MAX + 100], *copy;
	size_t			 from, to, n;
	unsigned int		 i, k;

	in = initial_new(dcids[0], dcid_lens[0]);
	FUZZ_CHECK(in != NULL);
	for (i = 0; i < 4 && verdict == INITIAL_MORE; i++) {
		k = (i * (order & 1 ? 3 : 1) + order / 2) % 4;
		from = k == 0 ? 0 : cuts[k - 1];
		to = k == 3 ? len : cuts[k];
		n = crypto(frame, from, p + from, to - from);
		n = protect_initial(out, sizeof(out), dcids[0], dcid_lens[0],
		    NULL, 0, i, frame, n);
		FUZZ_CHECK(n > 0);
		copy = fuzz_copy(out, n);
		verdict = initial_feed(in, copy, n, name, alpn_ok);
		free(copy);
		FUZZ_CHECK(verdict != INITIAL_MORE || !(from == 0 && to > 0) ||
		    initial_has_start(in));
	}
	initial_free(in);
	return (verdict);
}

static void
hellos(struct fuzz_input *in)
{
	size_t			 even[3], cuts[3], i;
	enum initial_verdict	 a, b;
	char			 x[QUIC_SNI_MAX], y[QUIC_SNI_MAX];
	uint8_t			 order, c[3];
	bool			 s = false, t = false;

	for (i = 0; i < 3; i++)
		c[i] = fuzz_u8(in);
	order = fuzz_u8(in) & 7;
	if (in->fi_len > INITIAL_HELLO_MAX)
		return;
	for (i = 0; i < 3; i++) {
		even[i] = in->fi_len * (i + 1) / 4;
		/* Near an even cut: each has to fit its datagram. */
		cuts[i] = even[i] + c[i] * (in->fi_len / 8) / 255;
	}
	memset(x, 0, sizeof(x));
	memset(y, 0, sizeof(y));
	a = hello(in->fi_p, in->fi_len, even, 0, x, &s);
	b = hello(in->fi_p, in->fi_len, cuts, order, y, &t);
	if (fuzz_fault("split"))
		t = !t;
	FUZZ_CHECK(a == b);
	if (a != INITIAL_NAME)
		return;
	FUZZ_CHECK(strcmp(x, y) == 0 && s == t);
	FUZZ_CHECK(in->fi_len >= 4 + 2 + 32 + 1 + 2 + 1 + 2);
	FUZZ_CHECK(fuzz_fault("name") != (x[0] == '\0' ||
	    strcmp(x, QUIC_SNI_DEFAULT) == 0 || sni_valid(x, strlen(x))));
	for (i = 0; x[i] != '\0'; i++)
		FUZZ_CHECK(x[i] == tolower((unsigned char)x[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	in = { data, len };

	switch (fuzz_u8(&in) % 3) {
	case 0:
		flights(&in, false);
		break;
	case 1:
		flights(&in, true);
		break;
	case 2:
		hellos(&in);
		break;
	}
	return (0);
}
