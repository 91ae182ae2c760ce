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
 * COVERS: federation: peers, global rooms and probes of the configuration;
 * COVERS: federation: an index stays with its name from reload to reload
 * COVERS: federation: relayd dials what is configured and nothing else
 */
#include "config.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "relayd/peers.h"
#include "relayd/stanza.h"

#define GOOD	"listen on 127.0.0.1 port 4433\nlegacy clients allow\n"
#define TAIL								\
	":62:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:"	\
	"cc:dd:ee:ff:00:11:22:33:44:55:66:77"
#define SENT_MAX	1024

static struct sent {
	enum msg_type		 type;
	uint64_t		 id;
	char			 text[128];
	struct msg_dial_socket	 socket;
	int			 fd;		/* ours; -1: none */
} sent[SENT_MAX];
static size_t	nsent;
static char	logged[8192];
static char	mark;		/* in the place of a channel */
static size_t	queued;		/* bytes that wait in it */

int	__wrap_channel_send(struct channel *, enum msg_type, const void *);
int	__wrap_channel_send_fd(struct channel *, enum msg_type, const void *,
	    int);

size_t	__wrap_channel_queued(const struct channel *);

size_t
__wrap_channel_queued(const struct channel *ch)
{
	assert_ptr_equal(ch, &mark);
	return (queued);
}

int
__wrap_channel_send(struct channel *ch, enum msg_type type, const void *msg)
{
	const struct msg_dial_failed	*failed = msg;
	const struct msg_global_room	*room = msg;
	const struct msg_peer		*peer = msg;
	const struct msg_probe_target	*probe = msg;
	struct sent			*s = &sent[nsent++];

	assert_ptr_equal(ch, &mark);
	assert_true(nsent <= SENT_MAX);
	memset(s, 0, sizeof(*s));
	s->type = type;
	s->fd = -1;
	switch (type) {
	case MSG_PEER:
		s->id = peer->index;
		(void)strlcpy(s->text, peer->name, sizeof(s->text));
		break;
	case MSG_GLOBAL_ROOM:
		(void)strlcpy(s->text, room->room, sizeof(s->text));
		break;
	case MSG_PROBE_TARGET:
		s->id = probe->index;
		(void)strlcpy(s->text, probe->host, sizeof(s->text));
		break;
	case MSG_DIAL_FAILED:
		s->id = failed->id;
		(void)strlcpy(s->text, failed->error, sizeof(s->text));
		break;
	default:
		break;
	}
	return (0);
}

int
__wrap_channel_send_fd(struct channel *ch, enum msg_type type,
    const void *msg, int fd)
{
	struct sent	*s = &sent[nsent++];

	assert_ptr_equal(ch, &mark);
	assert_true(nsent <= SENT_MAX);
	assert_int_equal(type, MSG_DIAL_SOCKET);
	memset(s, 0, sizeof(*s));
	s->type = type;
	memcpy(&s->socket, msg, sizeof(s->socket));
	s->id = s->socket.id;
	assert_int_not_equal(s->fd = dup(fd), -1);
	return (0);
}

static void
forget(void)
{
	while (nsent > 0)
		if (sent[--nsent].fd != -1)
			close(sent[nsent].fd);
}

static void
sink(enum log_level level, const char *text)
{
	(void)level;
	(void)strlcat(logged, text, sizeof(logged));
}

static struct config *
load(const char *text)
{
	char		 path[] = "/tmp/wzp-peers.XXXXXX";
	struct config	*cf;
	int		 fd;

	logged[0] = '\0';
	assert_int_not_equal(fd = mkstemp(path), -1);
	assert_int_equal(write(fd, text, strlen(text)),
	    (ssize_t)strlen(text));
	close(fd);
	cf = config_load(path);
	unlink(path);
	return (cf);
}

static struct config *
good(const char *text)
{
	struct config	*cf;

	if ((cf = load(text)) == NULL)
		fail_msg("%s", logged);
	return (cf);
}

static const struct msg_peer *
peer_of(const struct config *cf, const char *name)
{
	const struct conf_peer	*cp;

	TAILQ_FOREACH(cp, &cf->cf_peers, cp_entry)
		if (strcmp(cp->cp_peer.name, name) == 0)
			return (&cp->cp_peer);
	fail_msg("no peer %s", name);
	return (NULL);
}

static void
stanzas(void **state)
{
	const struct msg_peer	*pe;
	struct config		*cf, *again;
	char			 text[ADDR_STRLEN], *one = NULL, *two = NULL;
	size_t			 len;
	FILE			*out;

	(void)state;
	cf = good(GOOD
	    "place = \"Relay.Example.org\"\n"
	    "peer north {\n"
	    "	address $place port 5000\n"
	    "\n"
	    "	fingerprint \"0C" TAIL "\"	# theirs\n"
	    "	transit\n"
	    "}\n"
	    "peer \"old-1\" { address 2001:db8::5; legacy; fingerprint 0d"
	    TAIL " }\n"
	    "peer roaming { fingerprint "
	    "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789 "
	    "; }\n"
	    "global room \"General\"\n"
	    "probe 10.0.0.1\n"
	    "probe \"other.example\" port 9");
	assert_int_equal(cf->cf_npeers, 3);
	pe = peer_of(cf, "north");
	assert_string_equal(pe->host, "relay.example.org");
	assert_int_equal(pe->port, 5000);
	assert_int_equal(pe->address.addr_len, 0);
	assert_int_equal(pe->fingerprint[0], 0x0c);
	assert_int_equal(pe->fingerprint[31], 0x77);
	assert_true(pe->transit);
	assert_false(pe->legacy);
	pe = peer_of(cf, "old-1");
	assert_int_equal(pe->index, 1);
	assert_int_equal(pe->port, 4433);
	assert_string_equal(addr_print(&pe->address, text, sizeof(text)),
	    "[2001:db8::5]:4433");
	assert_true(pe->legacy);
	assert_false(pe->transit);
	pe = peer_of(cf, "roaming");
	assert_string_equal(pe->host, "");
	assert_int_equal(pe->fingerprint[0], 0xab);
	assert_string_equal(TAILQ_FIRST(&cf->cf_rooms)->cr_room.room,
	    "general");
	/* All of it without a word of federation itself. */
	assert_int_equal(config_wants(cf, PROC_FEDERD), 1);
	assert_int_equal(config_wants(cf, PROC_LOOKUPD), 1);

	assert_non_null(out = open_memstream(&one, &len));
	config_print(cf, out);
	fclose(out);
	again = good(one);
	assert_non_null(out = open_memstream(&two, &len));
	config_print(again, out);
	fclose(out);
	assert_string_equal(one, two);
	assert_memory_equal(peer_of(again, "north"), peer_of(cf, "north"),
	    sizeof(*pe));
	free(one);
	free(two);
	config_free(cf);
	config_free(again);

	/* Literals alone need no lookupd. */
	cf = good(GOOD "peer a { address 10.0.0.9; fingerprint 0c" TAIL
	    " }\n");
	assert_int_equal(config_wants(cf, PROC_FEDERD), 1);
	assert_int_equal(config_wants(cf, PROC_LOOKUPD), 0);
	config_free(cf);
	cf = good(GOOD "global room a\n");
	assert_int_equal(config_wants(cf, PROC_FEDERD), 1);
	config_free(cf);
	cf = good(GOOD "federation no\n");
	assert_int_equal(config_wants(cf, PROC_FEDERD), 0);
	config_free(cf);
}

/* A bad stanza costs itself, and what stands behind it is read. */
static void
errors_end_with_the_stanza(void **state)
{
	struct config	*cf;
	char		*text;
	size_t		 i;

	(void)state;
	assert_null(load(GOOD
	    "peer a {\n	nonsense\n	fingerprint 0c" TAIL "\n}\n"
	    "peer b { fingerprint; legacy }\n"
	    "global room _probe\n"
	    "peer c {\n"));
	assert_non_null(strstr(logged, ":4: unknown option of a peer near "
	    "'nonsense'"));
	assert_non_null(strstr(logged, ":7: "));
	assert_non_null(strstr(logged, ":8: that is no room"));
	assert_non_null(strstr(logged, "without its closing brace near 'c'"));
	assert_null(strstr(logged, ":5:"));
	assert_null(strstr(logged, ":6:"));

	/* As many as there may be, and one more. */
	assert_non_null(text = calloc(1, 65536));
	(void)strlcpy(text, GOOD, 65536);
	for (i = 0; i <= PEERS_MAX; i++) {
		char	line[256];

		if (i == PEERS_MAX) {
			cf = good(text);
			assert_int_equal(cf->cf_npeers, PEERS_MAX);
			config_free(cf);
		}
		(void)snprintf(line, sizeof(line), "peer p%zu { fingerprint "
		    "%02zx" TAIL " }\n", i, i);
		(void)strlcat(text, line, 65536);
	}
	assert_null(load(text));
	assert_non_null(strstr(logged, "too many peers"));
	free(text);
}

/* Whatever is spoiled: reading ends, with a configuration or an error. */
static void
any_byte_may_be_wrong(void **state)
{
	static const char	 text[] = GOOD
	    "peer a {\n	address h.example port 5000; legacy\n"
	    "	fingerprint \"0c" TAIL "\"\n}\n"
	    "peer b { transit; fingerprint 0d" TAIL " }\n"
	    "global room \"g\"\nprobe 10.0.0.1 port 7\n";
	static const char	 other[] = "{};\"\n#$ x9=";
	struct config		*cf;
	char			 spoiled[sizeof(text)];
	size_t			 i, j, taken = 0, refused = 0;

	(void)state;
	(void)alarm(60);
	for (i = strlen(GOOD); i + 1 < sizeof(text); i++)
		for (j = 0; j <= strlen(other); j++) {
			memcpy(spoiled, text, sizeof(text));
			/* The last one: the file ends there. */
			spoiled[i] = other[j];
			if ((cf = load(spoiled)) != NULL)
				taken++;
			else {
				refused++;
				assert_int_not_equal(logged[0], '\0');
			}
			config_free(cf);
		}
	(void)alarm(0);
	assert_true(taken > 10);
	assert_true(refused > 1000);
}

static void
an_index_stays(void **state)
{
	const struct conf_probe	*cb;
	struct config		*a, *b, *c;

	(void)state;
	a = good(GOOD "peer x { fingerprint 01" TAIL " }\n"
	    "peer y { fingerprint 02" TAIL " }\nprobe 10.0.0.1\n"
	    "probe 10.0.0.2\n");
	assert_int_equal(peer_of(a, "x")->index, 0);
	assert_int_equal(peer_of(a, "y")->index, 1);
	/* x goes, z comes: z is not what x was. */
	b = good(GOOD "peer z { fingerprint 03" TAIL " }\n"
	    "peer y { fingerprint 04" TAIL " }\nprobe 10.0.0.3\n"
	    "probe 10.0.0.2\n");
	assert_int_equal(peer_of(b, "z")->index, 0);
	stanza_number(a, b);
	assert_int_equal(peer_of(b, "y")->index, 1);
	assert_int_equal(peer_of(b, "z")->index, 2);
	assert_int_equal(TAILQ_FIRST(&b->cf_probes)->cb_target.index, 2);
	cb = TAILQ_LAST(&b->cf_probes, conf_probes);
	assert_int_equal(cb->cb_target.index, 1);
	/* A round later the number is free. */
	c = good(GOOD "peer y { fingerprint 02" TAIL " }\n"
	    "peer x { fingerprint 01" TAIL " }\n");
	stanza_number(b, c);
	assert_int_equal(peer_of(c, "y")->index, 1);
	assert_int_equal(peer_of(c, "x")->index, 0);
	assert_string_equal(stanza_own(c, peer_of(c, "x")->fingerprint), "x");
	assert_null(stanza_own(c, peer_of(b, "z")->fingerprint));
	config_free(a);
	config_free(b);
	config_free(c);
}

static void
what_may_be_dialled(void **state)
{
	static const struct {
		bool		 probe;
		uint64_t	 index;
		const char	*address;
		const char	*why;	/* NULL: yes */
	} cases[] = {
		{ false, 0, "10.0.0.9:4433", NULL },
		{ false, 0, "10.0.0.9:4434", "not the address" },
		{ false, 0, "10.0.0.8:4433", "not the address" },
		{ false, 0, "[2001:db8::1]:4433", "not the address" },
		{ false, 1, "10.0.0.8:5000", NULL },
		{ false, 1, "[2001:db8::1]:5000", NULL },
		{ false, 1, "127.0.0.1:5000", NULL },
		{ false, 1, "10.0.0.8:5001", "not the port" },
		{ false, 1, "0.0.0.0:5000", "not an address" },
		{ false, 1, "[::]:5000", "not an address" },
		{ false, 1, "0.1.2.3:5000", "one machine" },
		{ false, 1, "224.0.0.1:5000", "one machine" },
		{ false, 1, "255.255.255.255:5000", "one machine" },
		{ false, 1, "[ff02::1]:5000", "one machine" },
		{ false, 1, "10.1.1.1:5000", "itself" },
		{ false, 1, "[2001:db8::99]:5000", "itself" },
		{ false, 1, "[::1]:5000", "itself" },
		{ false, 2, "10.0.0.9:4433", "it dials us" },
		{ false, 3, "10.0.0.9:4433", "no such peer" },
		{ false, UINT64_MAX, "10.0.0.9:4433", "no such peer" },
		{ true, 0, "10.0.0.7:4433", NULL },
		{ true, 0, "10.0.0.9:4433", "not the address" },
		{ true, 1, "10.0.0.9:4433", "no such probe" },
	};
	struct msg_dial		 msg;
	struct config		*cf;
	const char		*why;
	size_t			 i;

	(void)state;
	cf = good("listen on 10.1.1.1 port 5000\nlisten on :: port 5000\n"
	    "advertise 2001:db8::99\nlegacy clients allow\n"
	    "peer lit { address 10.0.0.9; fingerprint 01" TAIL " }\n"
	    "peer name { address n.example port 5000; fingerprint 02" TAIL
	    " }\npeer passive { fingerprint 03" TAIL " }\nprobe 10.0.0.7\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&msg, 0, sizeof(msg));
		msg.probe = cases[i].probe;
		msg.index = cases[i].index;
		assert_int_equal(addr_parse(&msg.address, cases[i].address),
		    0);
		why = peers_refuse(cf, &msg);
		if ((why == NULL) != (cases[i].why == NULL) ||
		    (why != NULL && strstr(why, cases[i].why) == NULL))
			fail_msg("%s: %s", cases[i].address,
			    why != NULL ? why : "taken");
	}
	memset(&msg, 0, sizeof(msg));
	msg.index = 1;
	assert_non_null(peers_refuse(cf, &msg));
	config_free(cf);
}

/* It comes from where we listen, and goes to that one only. */
static void
a_socket(void **state)
{
	struct sockaddr_in	 sin;
	struct supervisor	 sv;
	struct process		 p;
	struct msg_dial		 msg;
	struct config		*cf;
	struct pollfd		 pfd;
	socklen_t		 len = sizeof(sin);
	const char		*why;
	struct addr		 remote, local;
	char			 text[512], buf[8];
	int			 other, value;

	(void)state;
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	other = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(other, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(other, (struct sockaddr *)&sin, &len),
	    0);
	assert_int_equal(addr_from_sockaddr(&remote, (struct sockaddr *)&sin,
	    len), 0);
	(void)snprintf(text, sizeof(text), "listen on 127.0.0.5 port %u\n"
	    "legacy clients allow\n"
	    "peer a { address 127.0.0.1 port %u; fingerprint 01" TAIL " }\n",
	    addr_port(&remote), addr_port(&remote));
	cf = good(text);
	memset(&sv, 0, sizeof(sv));
	memset(&p, 0, sizeof(p));
	sv.sv_config = cf;
	p.pr_super = &sv;
	p.pr_channel = (struct channel *)(void *)&mark;
	memset(&msg, 0, sizeof(msg));
	msg.id = 77;
	msg.address = remote;
	peers_dial(&p, &msg);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].type, MSG_DIAL_SOCKET);
	assert_int_equal(sent[0].id, 77);
	assert_true(addr_equal(&sent[0].socket.remote, &remote));
	assert_int_equal(addr_family(&sent[0].socket.local), AF_INET);
	assert_int_not_equal(addr_port(&sent[0].socket.local), 0);
	assert_int_not_equal(fcntl(sent[0].fd, F_GETFL) & O_NONBLOCK, 0);
	len = sizeof(value);
	assert_int_equal(getsockopt(sent[0].fd, IPPROTO_IP, IP_MTU_DISCOVER,
	    &value, &len), 0);
	assert_int_equal(value, IP_PMTUDISC_PROBE);
	assert_int_equal(getsockopt(sent[0].fd, IPPROTO_IP, IP_RECVTOS,
	    &value, &len), 0);
	assert_int_equal(value, 1);
	assert_int_equal(send(sent[0].fd, "hello", 5, 0), 5);
	pfd.fd = other;
	pfd.events = POLLIN;
	assert_int_equal(poll(&pfd, 1, 5000), 1);
	len = sizeof(sin);
	assert_int_equal(recvfrom(other, buf, sizeof(buf), 0,
	    (struct sockaddr *)&sin, &len), 5);
	assert_int_equal(sin.sin_addr.s_addr, htonl(INADDR_LOOPBACK + 4));
	assert_int_equal(ntohs(sin.sin_port),
	    addr_port(&sent[0].socket.local));
	forget();

	/* Control: another address gets an error and no socket. */
	addr_set_port(&msg.address, 1);
	peers_dial(&p, &msg);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].type, MSG_DIAL_FAILED);
	assert_int_equal(sent[0].id, 77);
	assert_non_null(strstr(sent[0].text, "not the address"));
	forget();
	config_free(cf);

	/* On all addresses: our own is found out by the system's choice. */
	(void)snprintf(text, sizeof(text), "listen on 0.0.0.0 port %u\n"
	    "legacy clients allow\n", addr_port(&remote));
	cf = good(text);
	why = "";
	assert_int_equal(peers_socket(cf, &remote, &local, &why), -1);
	assert_non_null(strstr(why, "itself"));
	addr_set_port(&remote, (uint16_t)(addr_port(&remote) ^ 1));
	assert_int_not_equal(value = peers_socket(cf, &remote, &local, &why),
	    -1);
	close(value);
	config_free(cf);
	close(other);
}

static void
sockets_are_rationed(void **state)
{
	struct supervisor	 sv;
	struct process		 p;
	struct msg_dial		 msg;
	struct config		*cf;
	size_t			 i, good_ones = 0;

	(void)state;
	cf = good(GOOD "peer a { address 127.0.0.1 port 9; fingerprint 01"
	    TAIL " }\n");
	memset(&sv, 0, sizeof(sv));
	memset(&p, 0, sizeof(p));
	sv.sv_config = cf;
	p.pr_super = &sv;
	p.pr_channel = (struct channel *)(void *)&mark;
	memset(&msg, 0, sizeof(msg));
	assert_int_equal(addr_parse(&msg.address, "127.0.0.1:9"), 0);
	/* A test of some milliseconds: a few of the second's ration more. */
	for (i = 0; i < 2 * PEERS_DIAL_BURST; i++) {
		msg.id = i;
		peers_dial(&p, &msg);
		assert_int_equal(nsent, 1);
		assert_int_equal(sent[0].id, i);
		if (sent[0].type == MSG_DIAL_SOCKET)
			good_ones++;
		else
			assert_non_null(strstr(sent[0].text, "too many"));
		forget();
	}
	assert_in_range(good_ones, PEERS_DIAL_BURST,
	    PEERS_DIAL_BURST + 10 * PEERS_DIAL_RATE);
	/* Time pays for them. */
	memset(&sv.sv_dials, 0, sizeof(sv.sv_dials));
	peers_dial(&p, &msg);
	assert_int_equal(sent[0].type, MSG_DIAL_SOCKET);
	forget();
	/* Who does not read them keeps none of our descriptors busy. */
	queued = 65536;
	peers_dial(&p, &msg);
	assert_int_equal(sent[0].type, MSG_DIAL_FAILED);
	assert_non_null(strstr(sent[0].text, "not taken"));
	forget();
	queued = 0;
	peers_dial(&p, &msg);
	assert_int_equal(sent[0].type, MSG_DIAL_SOCKET);
	forget();
	config_free(cf);
}

static void
all_is_told(void **state)
{
	static const enum msg_type	want[] = {
		MSG_PEERS_BEGIN, MSG_PEER, MSG_PEER, MSG_GLOBAL_ROOM,
		MSG_PROBE_TARGET, MSG_PEERS_END
	};
	struct supervisor		 sv;
	struct process			 p;
	struct config			*cf;
	size_t				 i;

	(void)state;
	cf = good(GOOD "probe n.example\npeer a { fingerprint 01" TAIL " }\n"
	    "global room g\npeer b { fingerprint 02" TAIL " }\n");
	memset(&sv, 0, sizeof(sv));
	memset(&p, 0, sizeof(p));
	sv.sv_config = cf;
	p.pr_super = &sv;
	p.pr_channel = (struct channel *)(void *)&mark;
	assert_int_equal(peers_send(&p), 0);
	assert_int_equal(nsent, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < nsent; i++)
		assert_int_equal(sent[i].type, want[i]);
	assert_string_equal(sent[1].text, "a");
	assert_int_equal(sent[2].id, 1);
	assert_string_equal(sent[3].text, "g");
	assert_string_equal(sent[4].text, "n.example");
	forget();
	config_free(cf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanzas),
		cmocka_unit_test(errors_end_with_the_stanza),
		cmocka_unit_test(any_byte_may_be_wrong),
		cmocka_unit_test(an_index_stays),
		cmocka_unit_test(what_may_be_dialled),
		cmocka_unit_test(a_socket),
		cmocka_unit_test(sockets_are_rationed),
		cmocka_unit_test(all_is_told),
	};

	log_init("peers_test", sink);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
