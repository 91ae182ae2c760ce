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
 * The rules of connectivity checks, one by one: who is answered, how often
 * something is sent, and what lists, rounds and generations do.
 *
 * COVERS: design 6 - few checks, paced, only to who is listed or proved it
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/direct/checks.h"
#include "common/base/clock.h"

#define T0		(9 * NS_PER_S)
#define MS(n)		(T0 + NS_PER_MS * (n))
#define OUT_MAX		4096
#define BOTH		3u	/* families */
#define PEER		"203.0.113.7:4000"
#define OTHER		"203.0.113.8:4000"

struct out {
	uint64_t	ou_at;
	unsigned int	ou_listener;
	struct addr	ou_to;
	struct check	ou_check;
};

/* One side is real, the other is the test. */
struct bench {
	struct checks	*be_checks;
	uint64_t	 be_now;
	struct out	 be_out[OUT_MAX];
	unsigned int	 be_nout;
	unsigned int	 be_valid;
	struct addr	 be_valid_local;
	struct addr	 be_valid_remote;
	unsigned int	 be_valid_listener;
	uint64_t	 be_rtt;
};

static const uint8_t	key[CHECK_KEY_LEN] = { 1, 2, 3 };
static const uint8_t	wrong_key[CHECK_KEY_LEN] = { 1, 2, 4 };

static struct addr
parse(const char *text)
{
	struct addr	a;

	assert_int_equal(addr_parse(&a, text), 0);
	return (a);
}

static void
on_send(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *data, size_t len)
{
	struct bench	*be = arg;
	struct out	*ou = &be->be_out[be->be_nout++];

	assert_true(be->be_nout < OUT_MAX);
	ou->ou_at = be->be_now;
	ou->ou_listener = listener;
	ou->ou_to = *remote;
	/* The real side is the caller. */
	assert_true(check_read(&ou->ou_check, data, len, key, true));
}

static void
on_valid(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote, uint64_t rtt)
{
	struct bench	*be = arg;

	be->be_valid++;
	be->be_valid_listener = listener;
	be->be_valid_local = *local;
	be->be_valid_remote = *remote;
	be->be_rtt = rtt;
}

static const struct checks_ops	ops = { on_send, on_valid };

static struct bench *
bench_new(unsigned int families)
{
	struct bench	*be;

	be = calloc(1, sizeof(*be));
	assert_non_null(be);
	be->be_now = T0;
	be->be_checks = checks_new(key, true, families, &ops, be);
	assert_non_null(be->be_checks);
	return (be);
}

static void
bench_free(struct bench *be)
{
	checks_free(be->be_checks);
	free(be);
}

static void
list(struct bench *be, uint32_t generation, const char *text)
{
	struct addr	 a[40];
	char		 buf[2048], *p, *next;
	size_t		 n = 0;

	snprintf(buf, sizeof(buf), "%s", text);
	for (p = strtok_r(buf, " ", &next); p != NULL;
	    p = strtok_r(NULL, " ", &next))
		a[n++] = parse(p);
	checks_remote(be->be_checks, generation, a, n);
}

static void
run(struct bench *be, uint64_t until)
{
	uint64_t	at;

	while ((at = checks_expiry(be->be_checks)) <= until) {
		if (at > be->be_now)
			be->be_now = at;
		checks_expire(be->be_checks, be->be_now);
		assert_true(checks_expiry(be->be_checks) > be->be_now);
	}
	be->be_now = until;
}

static void
feed(struct bench *be, const char *from, enum check_type type,
    const uint8_t *id, uint32_t generation, const uint8_t *k, bool caller)
{
	struct check	ck;
	struct addr	remote = parse(from), local;
	uint8_t		p[CHECK_LEN];

	memset(&ck, 0, sizeof(ck));
	ck.ck_type = type;
	memcpy(ck.ck_id, id, CHECK_ID_LEN);
	ck.ck_generation = generation;
	if (type == CHECK_RESPONSE)
		ck.ck_mapped = parse("198.51.100.1:1");
	check_write(p, &ck, k, caller);
	local = parse(addr_family(&remote) == AF_INET ? "10.0.0.1:7" :
	    "[fd00::1]:7");
	checks_receive(be->be_checks, addr_family(&remote) == AF_INET6,
	    &local, &remote, p, sizeof(p), be->be_now);
}

static void
ask(struct bench *be, const char *from, uint32_t generation)
{
	static uint8_t	id[CHECK_ID_LEN] = { 9 };

	id[1]++;
	if (id[1] == 0)
		id[2]++;
	feed(be, from, CHECK_REQUEST, id, generation, key, false);
}

static void
answer(struct bench *be, const char *from, const uint8_t *id)
{
	feed(be, from, CHECK_RESPONSE, id, 0, key, false);
}

/* How many of this kind went to this address; NULL: to any. */
static unsigned int
count(const struct bench *be, enum check_type type, const char *to)
{
	struct addr	 a;
	unsigned int	 i, n = 0;

	if (to != NULL)
		a = parse(to);
	for (i = 0; i < be->be_nout; i++)
		n += be->be_out[i].ou_check.ck_type == type &&
		    (to == NULL || addr_equal(&be->be_out[i].ou_to, &a));
	return (n);
}

static const struct out *
last(const struct bench *be, enum check_type type)
{
	unsigned int	i;

	for (i = be->be_nout; i > 0; i--)
		if (be->be_out[i - 1].ou_check.ck_type == type)
			return (&be->be_out[i - 1]);
	fail();
	return (NULL);
}

static struct checks_stats
stats(const struct bench *be)
{
	struct checks_stats	cs;

	checks_stats(be->be_checks, &cs);
	return (cs);
}

static void
test_schedule(void **state)
{
	static const unsigned int	 at[CHECKS_PER_PAIR] = { 0, 100, 200,
		400, 700, 1100, 1600, 2300, 3200 };
	struct bench			*be = bench_new(BOTH);
	unsigned int			 i, k;

	(void)state;
	list(be, 0, PEER);
	assert_true(checks_expiry(be->be_checks) == UINT64_MAX);
	run(be, MS(1000));
	assert_int_equal(be->be_nout, 0);
	checks_local(be->be_checks, 3);
	checks_round(be->be_checks, 17, MS(1200));
	assert_true(checks_expiry(be->be_checks) == MS(1200));
	checks_expire(be->be_checks, MS(1199));
	assert_int_equal(be->be_nout, 0);
	run(be, MS(60000));
	assert_int_equal(be->be_nout, CHECKS_PER_PAIR);
	for (i = 0; i < CHECKS_PER_PAIR; i++) {
		assert_true(be->be_out[i].ou_at == MS(1200 + at[i]));
		assert_int_equal(be->be_out[i].ou_check.ck_type,
		    CHECK_REQUEST);
		assert_int_equal(be->be_out[i].ou_check.ck_generation, 3);
		assert_int_equal(be->be_out[i].ou_check.ck_round, 17);
		/* Never the same id. */
		for (k = 0; k < i; k++)
			assert_memory_not_equal(be->be_out[i].ou_check.ck_id,
			    be->be_out[k].ou_check.ck_id, CHECK_ID_LEN);
	}
	assert_int_equal(stats(be).cs_sent, CHECKS_PER_PAIR);
	/* The next one has as many. */
	checks_round(be->be_checks, 18, be->be_now);
	run(be, be->be_now + 60 * NS_PER_S);
	assert_int_equal(be->be_nout, 2 * CHECKS_PER_PAIR);
	bench_free(be);
}

/* Sixteen addresses of one family: one each 50 ms, fairly, for 4 s. */
static void
test_pace(void **state)
{
	struct bench	*be = bench_new(BOTH);
	char		 text[1024], one[64];
	unsigned int	 i, k, n, fewest = 99, most = 0;

	(void)state;
	text[0] = '\0';
	for (i = 0; i < 20; i++) {
		snprintf(one, sizeof(one), "203.0.113.%u:4000 ", 20 + i);
		strlcat(text, one, sizeof(text));
	}
	list(be, 0, text);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(10000));
	for (i = 0; i < 20; i++) {
		snprintf(one, sizeof(one), "203.0.113.%u:4000", 20 + i);
		n = count(be, CHECK_REQUEST, one);
		if (i >= CHECKS_REMOTE_MAX) {
			assert_int_equal(n, 0);
			continue;
		}
		fewest = n < fewest ? n : fewest;
		most = n > most ? n : most;
	}
	/* Two at once, then one each 50 ms. */
	assert_int_equal(be->be_nout, 81);
	assert_true(most - fewest <= 1);
	for (i = 1; i < be->be_nout; i++) {
		assert_true(be->be_out[i].ou_at < MS(4000));
		assert_true(be->be_out[i].ou_at == MS(50 * (i - 1)));
	}
	/* The first sixteen are sixteen addresses, in the order of the list. */
	for (i = 0; i < CHECKS_REMOTE_MAX; i++)
		for (k = 0; k < i; k++)
			assert_false(addr_equal(&be->be_out[i].ou_to,
			    &be->be_out[k].ou_to));
	snprintf(one, sizeof(one), "203.0.113.20:4000");
	assert_true(addr_equal(&be->be_out[0].ou_to, &(struct addr[]){
	    parse(one) }[0]));
	bench_free(be);

	/* Each family has its own. */
	be = bench_new(BOTH);
	list(be, 0, "203.0.113.1:1 [2001:db8::1]:1 203.0.113.2:1 "
	    "[2001:db8::2]:1");
	checks_round(be->be_checks, 1, T0);
	run(be, T0);
	assert_int_equal(be->be_nout, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(be->be_out[i].ou_listener,
		    addr_family(&be->be_out[i].ou_to) == AF_INET6);
	bench_free(be);
}

static void
test_families(void **state)
{
	static const char	*text = "203.0.113.1:1 [2001:db8::1]:1";
	struct bench		*be;

	(void)state;
	be = bench_new(1);
	list(be, 0, text);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(5000));
	assert_int_equal(count(be, CHECK_REQUEST, "203.0.113.1:1"), 9);
	assert_int_equal(be->be_nout, 9);
	ask(be, "[2001:db8::1]:1", 0);
	assert_int_equal(be->be_nout, 9);
	assert_int_equal(stats(be).cs_refused, 1);
	bench_free(be);
	be = bench_new(2);
	list(be, 0, text);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(5000));
	assert_int_equal(count(be, CHECK_REQUEST, "[2001:db8::1]:1"), 9);
	assert_int_equal(be->be_nout, 9);
	bench_free(be);
}

/* What no relay may make us send to. */
static void
test_unusable(void **state)
{
	struct bench	*be = bench_new(BOTH);

	(void)state;
	list(be, 0, "203.0.113.1:0 0.0.0.0:5 0.1.2.3:5 224.0.0.1:5 "
	    "239.255.255.250:1900 255.255.255.255:5 [::]:5 [ff02::1]:5 "
	    "203.0.113.1:7 203.0.113.1:7");
	checks_round(be->be_checks, 1, T0);
	run(be, MS(5000));
	assert_int_equal(count(be, CHECK_REQUEST, "203.0.113.1:7"), 9);
	assert_int_equal(be->be_nout, 9);
	assert_false(checks_known(be->be_checks, &(struct addr[]){
	    parse("224.0.0.1:5") }[0]));
	/* Nor is it answered there. */
	ask(be, "239.1.1.1:5", 0);
	ask(be, "203.0.113.1:0", 0);
	assert_int_equal(be->be_nout, 9);
	bench_free(be);
}

static void
test_valid(void **state)
{
	struct bench	*be = bench_new(BOTH);
	const struct out *ou;
	uint8_t		 id[CHECK_ID_LEN];

	(void)state;
	list(be, 0, PEER " " OTHER " [2001:db8::1]:5");
	checks_round(be->be_checks, 1, T0);
	run(be, MS(90));
	ou = &be->be_out[0];
	memcpy(id, ou->ou_check.ck_id, sizeof(id));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 1);
	/* From elsewhere, with another id, by nobody, by ourselves. */
	answer(be, OTHER, id);
	answer(be, "203.0.113.7:4001", id);
	answer(be, "203.0.113.99:4000", id);
	id[11] ^= 1;
	answer(be, PEER, id);
	id[11] ^= 1;
	feed(be, PEER, CHECK_RESPONSE, id, 0, wrong_key, false);
	feed(be, PEER, CHECK_RESPONSE, id, 0, key, true);
	assert_int_equal(be->be_valid, 0);
	assert_int_equal(stats(be).cs_refused, 6);
	assert_int_equal(stats(be).cs_received, 0);
	assert_false(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.99:4000") }[0]));
	answer(be, PEER, id);
	assert_int_equal(be->be_valid, 1);
	assert_int_equal(be->be_valid_listener, 0);
	assert_true(be->be_rtt == 90 * NS_PER_MS);
	assert_true(addr_equal(&be->be_valid_remote, &ou->ou_to));
	assert_true(addr_equal(&be->be_valid_local, &(struct addr[]){
	    parse("10.0.0.1:7") }[0]));
	assert_int_equal(stats(be).cs_received, 1);
	/* Once, and no more requests there; the others go on. */
	answer(be, PEER, id);
	assert_int_equal(be->be_valid, 1);
	assert_int_equal(stats(be).cs_refused, 7);
	run(be, MS(5000));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 1);
	assert_int_equal(count(be, CHECK_REQUEST, OTHER), 9);
	assert_int_equal(count(be, CHECK_REQUEST, "[2001:db8::1]:5"), 9);
	/* Another round asks it no more either. */
	checks_round(be->be_checks, 2, be->be_now);
	run(be, MS(10000));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 1);
	assert_int_equal(count(be, CHECK_REQUEST, OTHER), 18);
	bench_free(be);

	/* An id of zeros, to requests that were never sent. */
	be = bench_new(BOTH);
	be->be_now = NS_PER_S;
	memset(id, 0, sizeof(id));
	list(be, 0, PEER);
	answer(be, PEER, id);
	assert_int_equal(be->be_valid, 0);
	bench_free(be);

	/* Two requests, two answers: one path. */
	be = bench_new(BOTH);
	list(be, 0, PEER);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(150));
	assert_int_equal(be->be_nout, 2);
	answer(be, PEER, be->be_out[1].ou_check.ck_id);
	answer(be, PEER, be->be_out[0].ou_check.ck_id);
	assert_int_equal(be->be_valid, 1);
	assert_int_equal(stats(be).cs_received, 2);
	assert_true(be->be_rtt == 50 * NS_PER_MS);
	bench_free(be);
}

static void
test_late_answers(void **state)
{
	struct bench	*be = bench_new(BOTH);

	(void)state;
	list(be, 0, PEER);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(8199));
	/* The last one left at 3200: it counts until 8200. */
	answer(be, PEER, be->be_out[7].ou_check.ck_id);
	assert_int_equal(be->be_valid, 0);
	be->be_now = MS(8200);
	answer(be, PEER, be->be_out[8].ou_check.ck_id);
	assert_int_equal(be->be_valid, 1);
	bench_free(be);
	be = bench_new(BOTH);
	list(be, 0, PEER);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(8200) + 1);
	answer(be, PEER, be->be_out[8].ou_check.ck_id);
	assert_int_equal(be->be_valid, 0);
	bench_free(be);
	/* One of the round before is an answer, too. */
	be = bench_new(BOTH);
	list(be, 0, PEER);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(350));
	checks_round(be->be_checks, 2, MS(360));
	run(be, MS(370));
	assert_int_equal(be->be_nout, 4);
	answer(be, PEER, be->be_out[2].ou_check.ck_id);
	assert_int_equal(be->be_valid, 1);
	bench_free(be);
}

static void
test_triggered(void **state)
{
	struct bench	*be = bench_new(BOTH);
	const struct out *ou;
	unsigned int	 i;

	(void)state;
	/* Before any list or round: answered, and asked in turn. */
	checks_local(be->be_checks, 5);
	ask(be, PEER, 0);
	assert_int_equal(be->be_nout, 2);
	ou = &be->be_out[0];
	assert_int_equal(ou->ou_check.ck_type, CHECK_RESPONSE);
	assert_int_equal(ou->ou_check.ck_id[0], 9);
	assert_int_equal(ou->ou_check.ck_generation, 5);
	assert_true(addr_equal(&ou->ou_check.ck_mapped, &ou->ou_to));
	assert_int_equal(be->be_out[1].ou_check.ck_type, CHECK_REQUEST);
	assert_true(checks_known(be->be_checks, &ou->ou_to));
	/* At most one in 50 ms, however many come. */
	be->be_now = MS(49);
	ask(be, PEER, 0);
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 1);
	be->be_now = MS(50);
	ask(be, PEER, 0);
	ask(be, PEER, 0);
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 2);
	assert_int_equal(count(be, CHECK_RESPONSE, PEER), 4);
	/* And at most nine until there is another round. */
	for (i = 2; i < 40; i++) {
		be->be_now = MS(100 * i);
		ask(be, PEER, 0);
	}
	assert_int_equal(count(be, CHECK_REQUEST, PEER), CHECKS_PER_PAIR);
	assert_int_equal(count(be, CHECK_RESPONSE, PEER), 42);
	list(be, 0, OTHER);
	checks_round(be->be_checks, 1, be->be_now);
	run(be, be->be_now + 5 * NS_PER_S);
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 2 * CHECKS_PER_PAIR);
	assert_int_equal(count(be, CHECK_REQUEST, OTHER), CHECKS_PER_PAIR);
	/* Those of a round count together with it. */
	checks_round(be->be_checks, 2, be->be_now);
	for (i = 0; i < 60; i++) {
		ask(be, OTHER, 0);
		run(be, be->be_now + 70 * NS_PER_MS);
	}
	assert_int_equal(count(be, CHECK_REQUEST, OTHER),
	    2 * CHECKS_PER_PAIR);
	bench_free(be);

	/* Over the socket of its family. */
	be = bench_new(BOTH);
	ask(be, "[2001:db8::77]:5", 0);
	assert_int_equal(be->be_nout, 2);
	assert_int_equal(be->be_out[0].ou_listener, 1);
	assert_int_equal(be->be_out[1].ou_listener, 1);
	bench_free(be);

	/* A path that is known to work is not asked again. */
	be = bench_new(BOTH);
	ask(be, PEER, 0);
	answer(be, PEER, last(be, CHECK_REQUEST)->ou_check.ck_id);
	assert_int_equal(be->be_valid, 1);
	be->be_now = MS(300);
	ask(be, PEER, 0);
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 1);
	assert_int_equal(count(be, CHECK_RESPONSE, PEER), 2);
	bench_free(be);
}

/* Only who has the key, and is the other one. */
static void
test_strangers(void **state)
{
	static const uint8_t	 id[CHECK_ID_LEN] = { 7 };
	struct bench		*be = bench_new(BOTH);
	struct addr		 from = parse(PEER);
	uint8_t			 p[CHECK_LEN] = { 1, 'W', 'Z', 'P' };

	(void)state;
	feed(be, PEER, CHECK_REQUEST, id, 0, wrong_key, false);
	feed(be, PEER, CHECK_REQUEST, id, 0, key, true);
	checks_receive(be->be_checks, 0, &from, &from, p, sizeof(p), T0);
	checks_receive(be->be_checks, 0, &from, &from, p, 0, T0);
	assert_int_equal(be->be_nout, 0);
	assert_false(checks_known(be->be_checks, &from));
	assert_int_equal(stats(be).cs_refused, 4);
	/* On the wrong socket. */
	ask(be, PEER, 0);
	assert_int_equal(be->be_nout, 2);
	assert_int_equal(stats(be).cs_received, 1);
	bench_free(be);
}

static void
test_peer_table(void **state)
{
	struct bench	*be = bench_new(BOTH);
	char		 text[64];
	unsigned int	 i;

	(void)state;
	list(be, 1, OTHER);
	for (i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "203.0.113.%u:99", 50 + i);
		ask(be, text, 1);
		assert_int_equal(checks_known(be->be_checks,
		    &(struct addr[]){ parse(text) }[0]), i < CHECKS_PEER_MAX);
		/* Who has no place gets nothing. */
		assert_int_equal(count(be, CHECK_RESPONSE, text),
		    i < CHECKS_PEER_MAX);
		assert_int_equal(count(be, CHECK_REQUEST, text),
		    i < CHECKS_PEER_MAX);
	}
	/* Listed ones have theirs. */
	ask(be, OTHER, 1);
	assert_int_equal(count(be, CHECK_RESPONSE, OTHER), 1);
	/* One that works keeps it, one that was quiet for long gives way. */
	for (i = 0; i < be->be_nout; i++)
		if (addr_equal(&be->be_out[i].ou_to, &(struct addr[]){
		    parse("203.0.113.50:99") }[0]) &&
		    be->be_out[i].ou_check.ck_type == CHECK_REQUEST)
			answer(be, "203.0.113.50:99",
			    be->be_out[i].ou_check.ck_id);
	assert_int_equal(be->be_valid, 1);
	be->be_now = MS(4999);
	ask(be, "203.0.113.51:99", 1);
	ask(be, "203.0.113.80:99", 1);
	assert_int_equal(count(be, CHECK_RESPONSE, "203.0.113.80:99"), 0);
	be->be_now = MS(5000);
	ask(be, "203.0.113.81:99", 1);
	ask(be, "203.0.113.82:99", 1);
	ask(be, "203.0.113.83:99", 1);
	assert_int_equal(count(be, CHECK_RESPONSE, "203.0.113.81:99"), 1);
	assert_int_equal(count(be, CHECK_RESPONSE, "203.0.113.82:99"), 1);
	assert_int_equal(count(be, CHECK_RESPONSE, "203.0.113.83:99"), 0);
	/* With its place nothing else is inherited. */
	for (i = 0; i < be->be_nout; i++)
		if (addr_equal(&be->be_out[i].ou_to, &(struct addr[]){
		    parse("203.0.113.52:99") }[0]))
			answer(be, "203.0.113.81:99",
			    be->be_out[i].ou_check.ck_id);
	assert_int_equal(be->be_valid, 1);
	assert_false(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.52:99") }[0]));
	assert_true(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.50:99") }[0]));
	assert_true(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.51:99") }[0]));
	bench_free(be);
}

/* A flood of good requests: not more than 50 answers a second. */
static void
test_reply_limit(void **state)
{
	struct bench	*be = bench_new(BOTH);
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		be->be_now = T0 + i * NS_PER_MS;
		ask(be, PEER, 0);
	}
	assert_in_range(count(be, CHECK_RESPONSE, PEER), 150, 150 + 33);
	bench_free(be);
	be = bench_new(BOTH);
	for (i = 0; i < 100; i++)
		ask(be, PEER, 0);
	assert_int_equal(count(be, CHECK_RESPONSE, PEER), 32);
	bench_free(be);
}

static void
test_generations(void **state)
{
	struct bench	*be = bench_new(BOTH);
	const uint8_t	*id;

	(void)state;
	list(be, 4, PEER " " OTHER);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(20));
	id = be->be_out[0].ou_check.ck_id;
	answer(be, PEER, id);
	assert_int_equal(be->be_valid, 1);
	/* An older list is none. */
	list(be, 3, "203.0.113.55:5");
	assert_true(checks_known(be->be_checks, &be->be_out[0].ou_to));
	assert_false(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.55:5") }[0]));
	/* The same again, and longer: what is known stays known. */
	list(be, 4, PEER " " OTHER " 203.0.113.56:5");
	run(be, MS(350));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 1);
	assert_int_equal(count(be, CHECK_REQUEST, OTHER), 3);
	assert_true(count(be, CHECK_REQUEST, "203.0.113.56:5") >= 2);
	assert_int_equal(be->be_valid, 1);
	/* A newer one: proved anew, in a round of its own. */
	list(be, 5, PEER);
	assert_false(checks_known(be->be_checks, &(struct addr[]){
	    parse(OTHER) }[0]));
	checks_round(be->be_checks, 2, MS(400));
	run(be, MS(420));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 2);
	answer(be, PEER, last(be, CHECK_REQUEST)->ou_check.ck_id);
	assert_int_equal(be->be_valid, 2);
	/* One of ours: the same. */
	checks_local(be->be_checks, 0);
	checks_round(be->be_checks, 3, MS(800));
	run(be, MS(820));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 2);
	checks_local(be->be_checks, 1);
	run(be, MS(840));
	assert_int_equal(count(be, CHECK_REQUEST, PEER), 3);
	assert_int_equal(last(be, CHECK_REQUEST)->ou_check.ck_generation, 1);
	answer(be, PEER, last(be, CHECK_REQUEST)->ou_check.ck_id);
	assert_int_equal(be->be_valid, 3);
	bench_free(be);

	/* Heard before its list came; strangers of the list before go. */
	be = bench_new(BOTH);
	list(be, 4, OTHER);
	ask(be, "203.0.113.60:6", 4);
	ask(be, "203.0.113.61:6", 5);
	ask(be, "203.0.113.62:6", 3);
	assert_int_equal(count(be, CHECK_RESPONSE, "203.0.113.62:6"), 0);
	list(be, 5, PEER);
	assert_false(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.60:6") }[0]));
	assert_true(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.61:6") }[0]));
	/* One that is heard again under the new one stays. */
	be->be_now = MS(100);
	ask(be, "203.0.113.61:6", 6);
	list(be, 6, PEER);
	assert_true(checks_known(be->be_checks, &(struct addr[]){
	    parse("203.0.113.61:6") }[0]));
	/* It turns up in a list: still one, with what it has had. */
	list(be, 6, "203.0.113.61:6");
	checks_round(be->be_checks, 1, MS(200));
	run(be, MS(9000));
	assert_int_equal(count(be, CHECK_REQUEST, "203.0.113.61:6"),
	    2 + CHECKS_PER_PAIR);
	bench_free(be);
}

/* A relay that has the same address listed over and over. */
static void
test_list_flood(void **state)
{
	struct bench	*be = bench_new(BOTH);
	unsigned int	 i;

	(void)state;
	checks_round(be->be_checks, 1, T0);
	for (i = 0; i < 70; i++) {
		list(be, i, PEER);
		run(be, MS(50 * (i + 1)));
	}
	assert_int_equal(be->be_nout, CHECKS_PER_PAIR);
	bench_free(be);
}

/* And one that has round after round begin. */
static void
test_round_flood(void **state)
{
	struct bench	*be = bench_new(BOTH);
	unsigned int	 i;

	(void)state;
	list(be, 0, PEER);
	for (i = 0; i < 100; i++) {
		checks_round(be->be_checks, i, be->be_now);
		run(be, be->be_now + 10 * NS_PER_MS);
	}
	/* Each has begun 250 ms after the one before, at the earliest. */
	assert_true(be->be_nout <= 5 * 3);
	for (i = 1; i < be->be_nout; i++)
		assert_true(be->be_out[i].ou_at >= be->be_out[i - 1].ou_at +
		    50 * NS_PER_MS);
	bench_free(be);
	be = bench_new(BOTH);
	list(be, 0, PEER);
	for (i = 0; i < 100; i++) {
		checks_round(be->be_checks, i, be->be_now);
		run(be, be->be_now + 5 * NS_PER_S);
	}
	assert_int_equal(be->be_nout, 64 * CHECKS_PER_PAIR);
	/* A generation of ours has others. */
	checks_local(be->be_checks, 1);
	checks_round(be->be_checks, 1, be->be_now);
	run(be, be->be_now + 5 * NS_PER_S);
	assert_int_equal(be->be_nout, 65 * CHECKS_PER_PAIR);
	bench_free(be);
}

static void
test_rounds(void **state)
{
	struct bench	*be = bench_new(BOTH);

	(void)state;
	/* One that is put off, and one that comes before it. */
	list(be, 0, PEER);
	checks_round(be->be_checks, 1, MS(500));
	checks_round(be->be_checks, 2, MS(100));
	run(be, MS(110));
	assert_int_equal(be->be_nout, 1);
	assert_int_equal(be->be_out[0].ou_check.ck_round, 2);
	assert_true(be->be_out[0].ou_at == MS(100));
	/* The next ends it, and begins anew. */
	checks_round(be->be_checks, 3, MS(400));
	run(be, MS(390));
	assert_int_equal(be->be_nout, 1);
	run(be, MS(20000));
	assert_int_equal(be->be_nout, 1 + CHECKS_PER_PAIR);
	/* Listed before it begins: it waits for that. */
	checks_round(be->be_checks, 4, MS(20500));
	list(be, 0, PEER " 203.0.113.71:7");
	run(be, MS(20499));
	assert_int_equal(be->be_nout, 1 + CHECKS_PER_PAIR);
	run(be, MS(30000));
	be->be_now = MS(20000) + 10 * NS_PER_S;
	assert_int_equal(be->be_nout, 1 + 3 * CHECKS_PER_PAIR);
	bench_free(be);

	be = bench_new(BOTH);
	list(be, 0, PEER);
	checks_round(be->be_checks, 1, T0);
	run(be, MS(20000));
	/* Over: what is listed afterwards waits for another. */
	list(be, 0, PEER " " OTHER);
	run(be, MS(21000));
	assert_int_equal(count(be, CHECK_REQUEST, OTHER), 0);
	/* Listed while one runs: at once. */
	checks_round(be->be_checks, 4, MS(21000));
	run(be, MS(21990));
	list(be, 0, PEER " " OTHER " 203.0.113.70:7");
	run(be, MS(22000));
	assert_int_equal(count(be, CHECK_REQUEST, "203.0.113.70:7"), 1);
	bench_free(be);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_schedule),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_late_answers),
		cmocka_unit_test(test_triggered),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_peer_table),
		cmocka_unit_test(test_reply_limit),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_list_flood),
		cmocka_unit_test(test_round_flood),
		cmocka_unit_test(test_rounds),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
