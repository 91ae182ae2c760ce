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
 * COVERS: federation: names of other relays: the hosts file, name servers,
 * COVERS: federation: four addresses of both families, bounded
 */
#include "config.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lookupd/names.h"

#define ANSWERS_MAX	(NAMES_MAX + NAMES_RATE)

static struct msg_name_answer	answers[ANSWERS_MAX];
static size_t			nanswers;
static unsigned int		heard, silent_ones;
static char			mark;		/* in place of a channel */
#define CHANNEL	((struct channel *)(void *)&mark)

int	__wrap_channel_send(struct channel *, enum msg_type, const void *);

int
__wrap_channel_send(struct channel *ch, enum msg_type type, const void *msg)
{
	assert_ptr_equal(ch, CHANNEL);
	assert_int_equal(type, MSG_NAME_ANSWER);
	assert_true(nanswers < ANSWERS_MAX);
	memcpy(&answers[nanswers++], msg, sizeof(answers[0]));
	return (0);
}

static void
note(void *arg, bool silent)
{
	(void)arg;
	heard++;
	silent_ones += silent ? 1 : 0;
}

/* A name server that nobody reads, and its port. */
static int
server(struct resolve_config *rc)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	int			 fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_not_equal(fd = socket(AF_INET, SOCK_DGRAM, 0), -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	memset(rc, 0, sizeof(*rc));
	memcpy(&rc->rc_servers[0], &sin, len);
	rc->rc_lens[0] = len;
	rc->rc_nservers = 1;
	rc->rc_ndots = 1;
	return (fd);
}

static void
ask(struct names *na, uint64_t seq, const char *host)
{
	struct msg_name_query	query;

	memset(&query, 0, sizeof(query));
	query.seq = seq;
	(void)strlcpy(query.host, host, sizeof(query.host));
	names_query(na, CHANNEL, &query);
}

static void
is(const struct addr *a, const char *text)
{
	char	buf[ADDR_STRLEN];

	if (text == NULL)
		assert_int_equal(a->addr_len, 0);
	else
		assert_string_equal(addr_print(a, buf, sizeof(buf)), text);
}

static void
families_in_turn(void **state)
{
	static const char *const	text[] = {
		"192.0.2.1:0", "192.0.2.2:0", "192.0.2.3:0",
		"[2001:db8::1]:0"
	};
	struct msg_name_answer		msg;
	struct addr			addrs[4];
	size_t				i;

	(void)state;
	/* addr_parse() takes a port only. */
	for (i = 0; i < 4; i++) {
		char	with[64];

		(void)strlcpy(with, text[i], sizeof(with));
		with[strlen(with) - 1] = '1';
		assert_int_equal(addr_parse(&addrs[i], with), 0);
		addr_set_port(&addrs[i], 0);
	}
	memset(&msg, 0, sizeof(msg));
	names_pick(&msg, addrs, 4);
	is(&msg.first, text[3]);
	is(&msg.second, text[0]);
	is(&msg.third, text[1]);
	is(&msg.fourth, text[2]);
	memset(&msg, 0, sizeof(msg));
	names_pick(&msg, addrs, 1);
	is(&msg.first, text[0]);
	is(&msg.second, NULL);
	memset(&msg, 0, sizeof(msg));
	names_pick(&msg, NULL, 0);
	is(&msg.first, NULL);
}

static void
hosts_file_first(void **state)
{
	struct resolve_config	 rc;
	struct names		*na;
	int			 fd;

	(void)state;
	fd = server(&rc);
	na = names_new(ev_default_loop(EVFLAG_NOENV), &rc,
	    "192.0.2.1 Relay.test\n2001:db8::1 relay.test\n", note, NULL);
	assert_non_null(na);
	nanswers = heard = 0;
	ask(na, 5, "relay.TEST");
	assert_int_equal(nanswers, 1);
	assert_true(answers[0].ok);
	assert_int_equal(answers[0].seq, 5);
	is(&answers[0].first, "[2001:db8::1]:0");
	is(&answers[0].second, "192.0.2.1:0");
	is(&answers[0].third, NULL);
	assert_int_equal(heard, 0);
	/* Not the text of a name: said at once. */
	ask(na, 6, "");
	assert_int_equal(nanswers, 2);
	assert_false(answers[1].ok);
	assert_int_not_equal(answers[1].error[0], 0);
	names_lost(na, CHANNEL);
	free(na);
	close(fd);
}

/* Nobody at that port: the loopback says so at once (ICMP). */
static void
no_name_server(void **state)
{
	struct ev_loop		*loop = ev_default_loop(EVFLAG_NOENV);
	struct resolve_config	 rc;
	struct names		*na;

	(void)state;
	close(server(&rc));
	assert_non_null(na = names_new(loop, &rc, "", note, NULL));
	nanswers = heard = silent_ones = 0;
	ask(na, 9, "relay.test");
	while (nanswers == 0 && ev_run(loop, EVRUN_ONCE))
		;
	assert_int_equal(nanswers, 1);
	assert_false(answers[0].ok);
	assert_int_equal(answers[0].seq, 9);
	assert_string_equal(answers[0].error, "no name server answers");
	assert_int_equal(heard, 1);
	assert_int_equal(silent_ones, 1);
	/* The place is free again: it is not answered twice. */
	names_lost(na, CHANNEL);
	assert_int_equal(nanswers, 1);
	free(na);
}

static void
bounded(void **state)
{
	struct resolve_config	 rc;
	struct names		*na;
	size_t			 i;
	int			 fd;

	(void)state;
	fd = server(&rc);
	na = names_new(ev_default_loop(EVFLAG_NOENV), &rc, "", note, NULL);
	assert_non_null(na);
	nanswers = 0;
	for (i = 0; i < NAMES_MAX; i++)
		ask(na, i, "relay.test");
	assert_int_equal(nanswers, 0);
	ask(na, i, "relay.test");
	assert_int_equal(nanswers, 1);
	assert_false(answers[0].ok);
	assert_int_equal(answers[0].seq, NAMES_MAX);
	/* Who asked is gone: nothing is left of it, and there is room. */
	names_lost(na, CHANNEL);
	nanswers = 0;
	ask(na, 1, "relay.test");
	assert_int_equal(nanswers, 0);
	names_lost(na, CHANNEL);
	free(na);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_in_turn),
		cmocka_unit_test(hosts_file_first),
		cmocka_unit_test(no_name_server),
		cmocka_unit_test(bounded),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
