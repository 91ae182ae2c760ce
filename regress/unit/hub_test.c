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
 * The hub of registrations.
 *
 * COVERS: row 1.34 - register replaces, unregister returns the entry,
 *	is_online, send to an absent fp is an error, count/list, alias lookup
 * COVERS: gap 12 - clean-up by connection, the replaced one is closed
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "signald/hub.h"
#include "signald/proven.h"

#define FP_A	"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"
#define FP_B	"66d1:c03b:f3bc:01bd:4cf8:23d7:df4e:19f2"

/* What the hub's owner was asked to do. */
static struct reg	*last_replaced;
static unsigned int	 replaced;
static char		 sent[256];
static bool		 refuse;

static int
test_send(void *arg, struct reg *reg, const char *json, size_t len)
{
	assert_ptr_equal(arg, &replaced);
	if (refuse)
		return (-1);
	(void)snprintf(sent + strlen(sent), sizeof(sent) - strlen(sent),
	    "%s:%.*s;", (const char *)reg->reg_owner, (int)len, json);
	return (0);
}

static void
test_replaced(void *arg, struct reg *reg)
{
	assert_ptr_equal(arg, &replaced);
	assert_null(reg->reg_person);
	last_replaced = reg;
	replaced++;
}

static void
test_refresh(void *arg, struct reg *reg)
{
	assert_ptr_equal(arg, &replaced);
	reg->reg_rtt_us++;
}

static const struct hub_ops	test_ops = {
	test_send, test_replaced, test_refresh
};

static struct hub *
new_hub(size_t max_people)
{
	struct hub	*hub;

	last_replaced = NULL;
	replaced = 0;
	sent[0] = '\0';
	refuse = false;
	hub = hub_new(max_people, 2, &test_ops, &replaced);
	assert_non_null(hub);
	return (hub);
}

static struct reg *
fill(struct reg *reg, const char *fp, const char *alias, char *owner)
{
	memset(reg, 0, sizeof(*reg));
	strlcpy(reg->reg_fp, fp, sizeof(reg->reg_fp));
	strlcpy(reg->reg_alias, alias, sizeof(reg->reg_alias));
	reg->reg_owner = owner;
	return (reg);
}

static void
register_and_unregister(void **state)
{
	struct hub	*hub = new_hub(8);
	struct reg	 a, b, *reg = NULL;
	char		 one[] = "one", two[] = "two";
	size_t		 iter = 0, n = 0;

	(void)state;
	assert_int_equal(hub_count(hub), 0);
	assert_false(hub_is_online(hub, FP_A));
	assert_null(hub_alias(hub, FP_A));
	assert_int_equal(hub_register(hub, fill(&a, FP_A, "Ada", one)), 0);
	assert_int_equal(hub_register(hub, fill(&b, FP_B, "", two)), 0);
	assert_int_equal(hub_count(hub), 2);
	assert_true(hub_is_online(hub, FP_A));
	assert_ptr_equal(hub_find(hub, FP_A), &a);
	hub_refresh(hub, &a);
	assert_int_equal(a.reg_rtt_us, 1);
	assert_string_equal(hub_alias(hub, FP_A), "Ada");
	assert_string_equal(hub_alias(hub, FP_B), "");
	while ((reg = hub_next(hub, &iter, reg)) != NULL) {
		assert_true(reg == &a || reg == &b);
		n++;
	}
	assert_int_equal(n, 2);
	assert_ptr_equal(hub_unregister(hub, &a), &a);
	assert_false(hub_is_online(hub, FP_A));
	assert_int_equal(hub_count(hub), 1);
	/* Not a second time. */
	assert_null(hub_unregister(hub, &a));
	assert_ptr_equal(hub_unregister(hub, &b), &b);
	assert_int_equal(hub_count(hub), 0);
	assert_int_equal(replaced, 0);
	hub_free(hub);
}

static void
sending(void **state)
{
	struct hub	*hub = new_hub(8);
	struct reg	 a;
	char		 one[] = "one";

	(void)state;
	errno = 0;
	assert_int_equal(hub_send(hub, FP_A, "\"Hold\"", 6), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(hub_register(hub, fill(&a, FP_A, "", one)), 0);
	assert_int_equal(hub_send(hub, FP_A, "\"Hold\"", 6), 0);
	assert_string_equal(sent, "one:\"Hold\";");
	refuse = true;
	assert_int_equal(hub_send(hub, FP_A, "\"Hold\"", 6), -1);
	assert_int_equal(errno, ENOBUFS);
	/* It did not lose its place by that. */
	assert_true(hub_is_online(hub, FP_A));
	(void)hub_unregister(hub, &a);
	hub_free(hub);
}

static void
newest_replaces(void **state)
{
	struct hub	*hub = new_hub(8);
	struct reg	 old, new;
	char		 one[] = "one", two[] = "two";

	(void)state;
	assert_int_equal(hub_register(hub, fill(&old, FP_A, "", one)), 0);
	assert_int_equal(hub_register(hub, fill(&new, FP_A, "", two)), 0);
	assert_int_equal(replaced, 1);
	assert_ptr_equal(last_replaced, &old);
	assert_int_equal(hub_count(hub), 1);
	/* The end of the old connection takes nothing from the new one. */
	assert_null(hub_unregister(hub, &old));
	assert_int_equal(hub_send(hub, FP_A, "1", 1), 0);
	assert_string_equal(sent, "two:1;");
	(void)hub_unregister(hub, &new);
	hub_free(hub);
}

static void
unproven_never_replaces_proven(void **state)
{
	struct hub	*hub = new_hub(8);
	struct reg	 proven, other, again;
	char		 one[] = "one", two[] = "two", three[] = "three";

	(void)state;
	fill(&proven, FP_A, "", one)->reg_proven = true;
	assert_int_equal(hub_register(hub, &proven), 0);
	assert_int_equal(hub_register(hub, fill(&other, FP_A, "", two)), -1);
	assert_int_equal(errno, EACCES);
	assert_ptr_equal(hub_find(hub, FP_A), &proven);
	assert_null(hub_unregister(hub, &other));
	fill(&again, FP_A, "", three)->reg_proven = true;
	assert_int_equal(hub_register(hub, &again), 0);
	assert_ptr_equal(last_replaced, &proven);
	(void)hub_unregister(hub, &again);
	hub_free(hub);
}

static void
devices_share(void **state)
{
	struct hub	*hub = new_hub(8);
	struct reg	 reg[4];
	char		 name[4][2] = { "0", "1", "2", "3" };
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fill(&reg[i], FP_A, "", name[i])->reg_devices = true;
		assert_int_equal(hub_register(hub, &reg[i]), 0);
	}
	assert_int_equal(replaced, 0);
	assert_int_equal(hub_count(hub), 1);
	assert_int_equal(hub_send(hub, FP_A, "x", 1), 0);
	assert_string_equal(sent, "1:x;0:x;");
	/* The list is bounded: the oldest goes. */
	fill(&reg[2], FP_A, "", name[2])->reg_devices = true;
	assert_int_equal(hub_register(hub, &reg[2]), 0);
	assert_int_equal(replaced, 1);
	assert_ptr_equal(last_replaced, &reg[0]);
	/* One that cannot share takes it all. */
	assert_int_equal(hub_register(hub, fill(&reg[3], FP_A, "", name[3])),
	    0);
	assert_int_equal(replaced, 3);
	assert_ptr_equal(hub_find(hub, FP_A), &reg[3]);
	(void)hub_unregister(hub, &reg[3]);
	assert_int_equal(hub_count(hub), 0);
	hub_free(hub);
}

static void
bounded(void **state)
{
	struct hub	*hub = new_hub(1);
	struct reg	 a, b;
	char		 one[] = "one";

	(void)state;
	assert_int_equal(hub_register(hub, fill(&a, FP_A, "", one)), 0);
	assert_int_equal(hub_register(hub, fill(&b, FP_B, "", one)), -1);
	assert_int_equal(errno, ENOSPC);
	assert_null(hub_unregister(hub, &b));
	(void)hub_unregister(hub, &a);
	assert_int_equal(hub_register(hub, &b), 0);
	(void)hub_unregister(hub, &b);
	hub_free(hub);
}

static bool	away;
static char	put[64];

static int
test_put(void *arg, const struct msg_proven_put *msg)
{
	(void)arg;
	if (away)
		return (-1);
	strlcat(put, msg->fingerprint, sizeof(put));
	return (0);
}

/* Proofs that registryd has not heard of are kept, others are a cache. */
static void
proofs_wait(void **state)
{
	struct proven	*pv = proven_new(2, test_put, NULL);

	(void)state;
	assert_non_null(pv);
	put[0] = '\0';
	away = false;
	assert_int_equal(proven_get(pv, "a"), PROVEN_UNKNOWN);
	proven_learn(pv, "a", false);
	assert_int_equal(proven_get(pv, "a"), PROVEN_NO);
	/* Once proven it stays so, whatever is said later. */
	proven_record(pv, "a");
	proven_learn(pv, "a", false);
	assert_int_equal(proven_get(pv, "a"), PROVEN_YES);
	assert_string_equal(put, "a");
	/* The oldest makes room. */
	proven_learn(pv, "b", false);
	proven_learn(pv, "c", false);
	assert_int_equal(proven_count(pv), 2);
	assert_int_equal(proven_get(pv, "a"), PROVEN_UNKNOWN);
	/* Not those that wait to be sent. */
	away = true;
	proven_record(pv, "d");
	proven_record(pv, "e");
	proven_learn(pv, "f", false);
	assert_int_equal(proven_count(pv), 2);
	assert_int_equal(proven_get(pv, "d"), PROVEN_YES);
	assert_int_equal(proven_get(pv, "e"), PROVEN_YES);
	assert_int_equal(proven_get(pv, "f"), PROVEN_UNKNOWN);
	/* No room to remember one more: said all the same. */
	away = false;
	put[0] = '\0';
	proven_record(pv, "g");
	assert_string_equal(put, "g");
	put[0] = '\0';
	proven_up(pv);
	assert_string_equal(put, "de");
	/* Again each time: a crash may have swallowed them. */
	put[0] = '\0';
	proven_up(pv);
	assert_string_equal(put, "ed");
	/* What registryd told us it need not hear. */
	proven_learn(pv, "h", true);
	put[0] = '\0';
	proven_up(pv);
	assert_string_equal(put, "e");
	proven_free(pv);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(register_and_unregister),
		cmocka_unit_test(sending),
		cmocka_unit_test(newest_replaces),
		cmocka_unit_test(unproven_never_replaces_proven),
		cmocka_unit_test(devices_share),
		cmocka_unit_test(bounded),
		cmocka_unit_test(proofs_wait),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
