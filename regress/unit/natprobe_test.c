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
 * NAT probes in virtual time, over links that the test answers itself.
 *
 * COVERS: protocol 7.2 - NAT probes: in parallel, 1.5 s, the very next message
 * COVERS: protocol 7.3 - the class, of those that answered
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/natprobe.h"
#include "common/base/clock.h"

struct quic_conn {
	struct link	*link;		/* NULL: closed */
	struct addr	 to;
	char		 sent[4][512];
	size_t		 nsent;
	uint64_t	 rtt_us;
};

static struct quic_conn		 conns[NATPROBE_MAX];
static size_t			 nconns;
static bool			 no_memory;
static struct link_shared	 shared;
static struct natprobe		*probe;

/* What came out. */
static unsigned int		 done;
static struct natprobe_result	 results[NATPROBE_MAX];
static size_t			 nresults;
static enum nat_class		 class;
static char			 consensus[ADDR_STRLEN];

int
link_dial(struct link *li, const struct addr *to, const char *sni)
{
	assert_string_equal(sni, "_signal");
	assert_ptr_equal(li->li_shared, &shared);
	if (no_memory)
		return (-1);
	assert_true(nconns < NATPROBE_MAX);
	li->li_conn = &conns[nconns++];
	memset(li->li_conn, 0, sizeof(*li->li_conn));
	li->li_conn->link = li;
	li->li_conn->to = *to;
	return (0);
}

int
link_send(struct link *li, const struct signal *s)
{
	struct quic_conn	*qc = li->li_conn;
	int			 n;

	assert_non_null(qc);
	assert_true(qc->nsent < 4);
	n = signal_print(s, qc->sent[qc->nsent], sizeof(qc->sent[0]) - 1);
	assert_true(n > 0);
	qc->sent[qc->nsent++][n] = '\0';
	return (0);
}

void
link_close(struct link *li, const char *reason)
{
	(void)reason;
	if (li->li_conn != NULL)
		li->li_conn->link = NULL;
	li->li_conn = NULL;
}

const char *
link_why(const struct quic_close *qc, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "kind %d", (int)qc->kind);
	return (buf);
}

void
quic_conn_stats(const struct quic_conn *qc, struct quic_stats *st)
{
	memset(st, 0, sizeof(*st));
	st->rtt_us = qc->rtt_us;
}

static void
probe_done(void *arg, const struct natprobe_result *nr, size_t n,
    enum nat_class nc, const char *text)
{
	assert_ptr_equal(arg, &done);
	done++;
	memcpy(results, nr, n * sizeof(*nr));
	nresults = n;
	class = nc;
	(void)strlcpy(consensus, text == NULL ? "" : text, sizeof(consensus));
	/* As a program does that needs no more. */
	natprobe_free(probe);
	probe = NULL;
}

static const struct natprobe_ops	ops = { .done = probe_done };

static void
begin(size_t n)
{
	struct addr	relays[NATPROBE_MAX];
	char		text[ADDR_STRLEN];
	size_t		i;

	done = 0;
	nconns = 0;
	no_memory = false;
	memset(results, 0, sizeof(results));
	shared.ls_now = 77 * NS_PER_S;
	for (i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "192.0.2.%zu:4433", i + 1);
		assert_int_equal(addr_parse(&relays[i], text), 0);
	}
	assert_non_null(probe = natprobe_new(&shared, relays, n, &ops, &done));
	assert_true(natprobe_expiry(probe) == UINT64_MAX);
}

static void
established(size_t i)
{
	assert_non_null(conns[i].link);
	conns[i].link->li_ops->established(conns[i].link->li_arg);
}

static void
answer(size_t i, const char *json)
{
	struct signal	*s;
	const char	*why;

	assert_non_null(conns[i].link);
	s = signal_parse((const uint8_t *)json, strlen(json), &why);
	assert_non_null(s);
	conns[i].link->li_ops->signal(conns[i].link->li_arg, s);
	signal_free(s);
}

static void
closed(size_t i, enum quic_close_kind kind)
{
	struct link		*li = conns[i].link;
	struct quic_close	 qc;

	assert_non_null(li);
	memset(&qc, 0, sizeof(qc));
	qc.kind = kind;
	li->li_conn = NULL;
	conns[i].link = NULL;
	li->li_ops->closed(li->li_arg, &qc);
}

/* Nothing is due before, and then it is. */
static void
time_is_over(void)
{
	assert_true(natprobe_expiry(probe) == 77 * NS_PER_S +
	    1500 * NS_PER_MS);
	shared.ls_now = natprobe_expiry(probe) - 1;
	natprobe_expire(probe);
	assert_int_equal(done, 0);
	shared.ls_now++;
	natprobe_expire(probe);
}

#define REGISTER							\
	"{\"RegisterPresence\":{\"identity_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0," \
	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"signature\":[],"	\
	"\"alias\":null}}"
#define ACK		"{\"RegisterPresenceAck\":{\"success\":true}}"
#define SEEN(addr)							\
	"{\"ReflectResponse\":{\"observed_addr\":\"" addr "\"}}"

static void
see(size_t i, const char *json)
{
	established(i);
	answer(i, ACK);
	answer(i, json);
}

static void
cone(void **state)
{
	size_t	i;

	(void)state;
	begin(3);
	natprobe_start(probe);
	/* All at once. */
	assert_int_equal(nconns, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(conns[i].nsent, 0);
		established(i);
		assert_int_equal(conns[i].nsent, 1);
		assert_string_equal(conns[i].sent[0], REGISTER);
	}
	shared.ls_now += 20 * NS_PER_MS;
	for (i = 0; i < 3; i++) {
		answer(i, ACK);
		assert_int_equal(conns[i].nsent, 2);
		assert_string_equal(conns[i].sent[1], "\"Reflect\"");
	}
	shared.ls_now += 30 * NS_PER_MS;
	conns[1].rtt_us = 12500;
	answer(2, SEEN("203.0.113.7:5"));
	/* Over: closed at once, not heard any more. */
	assert_null(conns[2].link);
	answer(0, SEEN("203.0.113.7:5"));
	assert_int_equal(done, 0);
	answer(1, SEEN("203.0.113.7:5"));
	assert_int_equal(done, 1);
	assert_int_equal(nresults, 3);
	assert_int_equal(class, NAT_CONE);
	assert_string_equal(consensus, "203.0.113.7:5");
	for (i = 0; i < 3; i++) {
		assert_true(results[i].nr_ok);
		assert_string_equal(results[i].nr_observed, "203.0.113.7:5");
		assert_int_equal(results[i].nr_relay.addr_u.in.sin_addr.s_addr,
		    htonl(0xc0000201 + (uint32_t)i));
	}
	assert_true(results[0].nr_rtt_ms > 29 && results[0].nr_rtt_ms < 31);
	assert_true(results[1].nr_rtt_ms > 12 && results[1].nr_rtt_ms < 13);
}

static void
symmetric(void **state)
{
	(void)state;
	begin(3);
	natprobe_start(probe);
	see(0, SEEN("203.0.113.7:5"));
	see(1, SEEN("203.0.113.7:6"));
	/* One that answers nothing does not hold the others up for ever. */
	assert_int_equal(done, 0);
	time_is_over();
	assert_int_equal(done, 1);
	assert_int_equal(class, NAT_SYMMETRIC_PORT);
	assert_string_equal(consensus, "");
	assert_true(results[0].nr_ok && results[1].nr_ok);
	assert_false(results[2].nr_ok);
	assert_string_equal(results[2].nr_error, "the relay does not answer");
	assert_string_equal(results[2].nr_observed, "");
}

static void
several(void **state)
{
	(void)state;
	begin(2);
	natprobe_start(probe);
	see(0, SEEN("203.0.113.7:5"));
	see(1, SEEN("203.0.113.8:5"));
	assert_int_equal(class, NAT_MULTIPLE);
	/* One alone says nothing, nor do private addresses. */
	begin(1);
	natprobe_start(probe);
	see(0, SEEN("203.0.113.7:5"));
	assert_int_equal(class, NAT_UNKNOWN);
	assert_true(results[0].nr_ok);
	begin(3);
	natprobe_start(probe);
	see(0, SEEN("203.0.113.7:5"));
	see(1, SEEN("192.168.1.1:5"));
	see(2, SEEN("[::1]:5"));
	assert_int_equal(class, NAT_UNKNOWN);
	assert_true(results[1].nr_ok && results[2].nr_ok);
}

/* Each of these is an error of that relay alone. */
static void
errors(void **state)
{
	size_t	i;

	(void)state;
	begin(NATPROBE_MAX);
	natprobe_start(probe);
	see(0, SEEN("203.0.113.7:5"));
	see(1, SEEN("203.0.113.7:5"));
	closed(2, QUIC_CLOSED_HANDSHAKE);
	established(3);
	closed(3, QUIC_CLOSED_BY_PEER_APP);
	established(4);
	answer(4, "{\"RegisterPresenceAck\":{\"success\":false}}");
	established(5);
	answer(5, SEEN("203.0.113.7:6"));	/* before the ack */
	/* Not the very next one. */
	see(6, "{\"Pong\":{\"timestamp_ms\":1}}");
	see(7, ACK);
	see(8, SEEN(""));
	see(9, SEEN("203.0.113.7"));
	see(10, SEEN("relay.example:5"));
	see(11, SEEN("\\u001b[31m203.0.113.7:5"));
	see(12, SEEN("203.0.113.7:00000000000000000000000000000000000000000"
	    "00000000000000005"));
	established(13);
	answer(13, ACK);
	closed(13, QUIC_CLOSED_IDLE);
	established(14);
	/* 14 waits for the ack, 15 for the handshake. */
	time_is_over();
	assert_int_equal(done, 1);
	assert_int_equal(class, NAT_CONE);
	for (i = 0; i < NATPROBE_MAX; i++) {
		assert_int_equal(results[i].nr_ok, i < 2);
		assert_int_equal(results[i].nr_error[0] == '\0', i < 2);
		assert_null(conns[i].link);
		if (i >= 2)
			assert_string_equal(results[i].nr_observed, "");
	}
	assert_string_equal(results[14].nr_error,
	    "the relay did not say what it sees in time");
}

static void
limits(void **state)
{
	struct addr	 relays[NATPROBE_MAX + 1];

	(void)state;
	memset(relays, 0, sizeof(relays));
	assert_null(natprobe_new(&shared, relays, 0, &ops, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(natprobe_new(&shared, relays, NATPROBE_MAX + 1, &ops,
	    NULL));
	natprobe_free(NULL);
	/* Freed in the middle: closed, and nothing is called back. */
	begin(2);
	natprobe_start(probe);
	see(0, SEEN("203.0.113.7:5"));
	established(1);
	natprobe_free(probe);
	assert_null(conns[1].link);
	assert_int_equal(done, 0);
	/* None can be dialled. */
	begin(2);
	no_memory = true;
	natprobe_start(probe);
	assert_int_equal(done, 1);
	assert_int_equal(class, NAT_UNKNOWN);
	assert_true(results[0].nr_error[0] != '\0');
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(cone),
		cmocka_unit_test(symmetric),
		cmocka_unit_test(several),
		cmocka_unit_test(errors),
		cmocka_unit_test(limits)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
