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
 * Who is let in as which peer (federd/trust.h), and what the log says of the
 * others.
 *
 * COVERS: gap 26 - whose link it is a certificate says, not an address or word
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "federd/trust.h"

static uint8_t	own[TLS_HASH_LEN], ours[TLS_HASH_LEN], legacy[TLS_HASH_LEN];
static uint8_t	stranger[TLS_HASH_LEN];

static int
no_resolve(void *arg, const struct msg_name_query *query)
{
	(void)arg;
	(void)query;
	return (-1);
}

static int
no_dial(void *arg, const struct msg_dial *dial)
{
	(void)arg;
	(void)dial;
	return (-1);
}

static void
no_drop(void *arg, struct peer *pe, const char *why)
{
	(void)arg;
	(void)pe;
	(void)why;
}

static uint32_t
no_random(void *arg)
{
	(void)arg;
	return (0);
}

static const struct peers_ops	ops = {
	no_resolve, no_dial, no_drop, no_random
};

/* One peer of ours at .1, an original at .2. */
static struct peers *
configured(void)
{
	struct peers	*ps;
	struct msg_peer	 msg;

	memset(own, 0x01, sizeof(own));
	memset(ours, 0x0c, sizeof(ours));
	memset(legacy, 0xab, sizeof(legacy));
	memset(stranger, 0xee, sizeof(stranger));
	ps = peers_new(&ops, NULL);
	assert_non_null(ps);
	peers_begin(ps);
	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.name, "ours", sizeof(msg.name));
	memcpy(msg.fingerprint, ours, sizeof(msg.fingerprint));
	assert_int_equal(addr_parse(&msg.address, "192.0.2.1:4433"), 0);
	peers_add(ps, &msg);
	msg.index = 1;
	strlcpy(msg.name, "original", sizeof(msg.name));
	memcpy(msg.fingerprint, legacy, sizeof(msg.fingerprint));
	assert_int_equal(addr_parse(&msg.address, "192.0.2.2:4433"), 0);
	msg.legacy = true;
	peers_add(ps, &msg);
	peers_end(ps);
	return (ps);
}

static struct trust_claim
claim(const uint8_t *cert, const char *from, const char *asserted)
{
	struct trust_claim	tc;

	memset(&tc, 0, sizeof(tc));
	if (cert != NULL) {
		tc.tc_certified = true;
		memcpy(tc.tc_cert, cert, sizeof(tc.tc_cert));
	}
	assert_int_equal(addr_parse(&tc.tc_source, from), 0);
	tc.tc_asserted = asserted;
	return (tc);
}

static enum trust_verdict
judge(struct peers *ps, const uint8_t *cert, const char *from,
    const uint8_t *says, const char *name)
{
	struct trust_claim	 tc;
	struct peer		*pe;
	enum trust_verdict	 verdict;
	char			 fp[TLS_FP_STRLEN];

	if (says != NULL)
		identity_tls_fp(says, fp);
	tc = claim(cert, from, says != NULL ? fp : NULL);
	verdict = trust_judge(ps, own, &tc, &pe);
	if (name == NULL)
		assert_null(pe);
	else {
		assert_non_null(pe);
		assert_string_equal(pe->pe_config.name, name);
	}
	return (verdict);
}

static void
test_certified(void **state)
{
	struct peers	*ps = configured();

	(void)state;
	/* From anywhere: the certificate is what counts. */
	assert_int_equal(judge(ps, ours, "203.0.113.9:1", NULL, "ours"),
	    TRUST_PEER);
	assert_int_equal(judge(ps, ours, "[2001:db8::9]:1", ours, "ours"),
	    TRUST_PEER);
	assert_int_equal(judge(ps, legacy, "203.0.113.9:1", legacy,
	    "original"), TRUST_PEER);
	/* Who says that he is somebody else. */
	assert_int_equal(judge(ps, stranger, "192.0.2.1:4433", ours, NULL),
	    TRUST_ANOTHER);
	assert_int_equal(judge(ps, ours, "192.0.2.2:4433", legacy, NULL),
	    TRUST_ANOTHER);
	/* The address of a peer is no proof (9.2 step 1 in the original). */
	assert_int_equal(judge(ps, stranger, "192.0.2.1:4433", NULL, NULL),
	    TRUST_STRANGER);
	assert_int_equal(judge(ps, own, "192.0.2.1:4433", NULL, NULL),
	    TRUST_OURSELVES);
	peers_order(ps, peers_name(ps, "ours"), false);
	assert_int_equal(judge(ps, ours, "203.0.113.9:1", NULL, "ours"),
	    TRUST_DOWN);
	peers_free(ps);
}

static void
test_uncertified(void **state)
{
	struct trust_claim	 tc;
	struct peers		*ps = configured();
	struct peer		*pe;
	char			 odd[2 * TLS_FP_STRLEN];
	size_t			 i;

	(void)state;
	assert_int_equal(judge(ps, NULL, "192.0.2.2:4433", NULL, NULL),
	    TRUST_WAIT);
	/* An original: its address, and the fingerprint that it asserts. */
	assert_int_equal(judge(ps, NULL, "192.0.2.2:61000", legacy,
	    "original"), TRUST_PEER);
	assert_int_equal(judge(ps, NULL, "192.0.2.1:4433", legacy,
	    "original"), TRUST_ELSEWHERE);
	assert_int_equal(judge(ps, NULL, "192.0.2.2:4433", stranger, NULL),
	    TRUST_STRANGER);
	assert_int_equal(judge(ps, NULL, "192.0.2.2:4433", own, NULL),
	    TRUST_OURSELVES);
	/* A relay of ours has to show its certificate, at its address too. */
	assert_int_equal(judge(ps, NULL, "192.0.2.1:4433", ours, "ours"),
	    TRUST_NO_PROOF);
	/* Colons and case do not count (1.5). */
	for (i = 0; i < 64; i++)
		odd[i] = "aBABabAB"[i % 8];
	odd[64] = '\0';
	tc = claim(NULL, "192.0.2.2:4433", odd);
	assert_int_equal(trust_judge(ps, own, &tc, &pe), TRUST_PEER);
	odd[63] = '\0';
	assert_int_equal(trust_judge(ps, own, &tc, &pe), TRUST_MALFORMED);
	tc = claim(NULL, "192.0.2.2:4433", "");
	assert_int_equal(trust_judge(ps, own, &tc, &pe), TRUST_MALFORMED);
	tc = claim(NULL, "192.0.2.2:4433", "the relay next door");
	assert_int_equal(trust_judge(ps, own, &tc, &pe), TRUST_MALFORMED);
	memset(odd, 'a', sizeof(odd));
	odd[sizeof(odd) - 1] = '\0';
	tc = claim(NULL, "192.0.2.2:4433", odd);
	assert_int_equal(trust_judge(ps, own, &tc, &pe), TRUST_MALFORMED);
	peers_free(ps);
}

/* What the line offers can be put into relayd.conf, and says who it is. */
static void
test_line(void **state)
{
	struct trust_log	 tl;
	struct trust_claim	 tc;
	struct peers		*ps = configured();
	char			 line[TRUST_LINE_MAX], fp[TLS_FP_STRLEN];
	char			 expect[TRUST_LINE_MAX];

	(void)state;
	memset(&tl, 0, sizeof(tl));
	identity_tls_fp(stranger, fp);
	tc = claim(stranger, "203.0.113.9:1234", NULL);
	assert_true(trust_line(&tl, TRUST_STRANGER, &tc, NULL, NS_PER_S,
	    line));
	snprintf(expect, sizeof(expect),
	    "peer \"relay-eeeeeeee\" { fingerprint \"%s\" }", fp);
	assert_non_null(strstr(line, expect));
	assert_non_null(strstr(line, "203.0.113.9:1234"));
	/* The same one again is not news. */
	assert_false(trust_line(&tl, TRUST_STRANGER, &tc, NULL, NS_PER_S,
	    line));
	memset(stranger, 0xed, sizeof(stranger));
	identity_tls_fp(stranger, fp);
	tc = claim(NULL, "[2001:db8::5]:4433", fp);
	assert_true(trust_line(&tl, TRUST_STRANGER, &tc, NULL, NS_PER_S,
	    line));
	snprintf(expect, sizeof(expect), "peer \"relay-edededed\" { address "
	    "\"2001:db8::5\" port 4433; fingerprint \"%s\"; legacy }", fp);
	assert_non_null(strstr(line, expect));
	/* Other refusals: no stanza, but the name. */
	tc = claim(NULL, "192.0.2.1:4433", fp);
	assert_true(trust_line(&tl, TRUST_NO_PROOF, &tc,
	    peers_name(ps, "ours"), NS_PER_S, line));
	assert_null(strstr(line, "peer \""));
	assert_non_null(strstr(line, " as ours: "));
	/* Words of strangers do not get there. */
	tc = claim(NULL, "192.0.2.1:4433", "\033[2J\" }\nlisten");
	assert_true(trust_line(&tl, TRUST_MALFORMED, &tc, NULL, NS_PER_S,
	    line));
	assert_null(strchr(line, '\033'));
	assert_null(strchr(line, '\n'));
	assert_null(strstr(line, "listen"));
	peers_free(ps);
}

/* Many strangers get a few lines, and later ones again. */
static void
test_flood(void **state)
{
	struct trust_log	tl;
	struct trust_claim	tc;
	char			line[TRUST_LINE_MAX];
	unsigned int		i, said = 0;

	(void)state;
	memset(&tl, 0, sizeof(tl));
	for (i = 0; i < 1000; i++) {
		tc = claim(stranger, "203.0.113.9:1234", NULL);
		memcpy(tc.tc_cert, &i, sizeof(i));
		said += trust_line(&tl, TRUST_STRANGER, &tc, NULL,
		    NS_PER_S + i * NS_PER_MS, line);
	}
	assert_in_range(said, TRUST_LOG_BURST, TRUST_LOG_BURST + 1);
	assert_int_equal(tl.tl_suppressed, 1000 - said);
	tc = claim(stranger, "203.0.113.9:1234", NULL);
	assert_true(trust_line(&tl, TRUST_STRANGER, &tc, NULL,
	    60 * NS_PER_S, line));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_certified),
		cmocka_unit_test(test_uncertified),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_flood)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
