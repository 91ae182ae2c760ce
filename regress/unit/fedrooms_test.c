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
 * One relay's rooms over relays: what mediads, originals and relays of ours
 * hear from it, byte by byte, and what they may say; in virtual time.
 *
 * COVERS: row 4.19 - GlobalRoomActive of a call's room
 * COVERS: protocol 9.4 - texts to and from originals, names and hashed names
 * COVERS: protocol 9.8 - an original is kept from forgetting our people
 * COVERS: gap 22 - rooms of calls are said to their relay alone
 * COVERS: gap 31 - raw and hashed names of a room find each other's people
 * COVERS: gap 45 - configured names with capitals
 * COVERS: gap 53 - names that are not global here are ignored
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/identity.h"
#include "federd/rooms.h"

#define T0	(1000 * NS_PER_S)
#define BIT(i)	(UINT64_C(1) << (i))
#define ADA	"8dc9:109a:aebc:72c6:859f:c7bf:d6fe:d198"
#define BOB	"7f41:353f:b0ec:3e41:be36:1c80:ad6d:ddd2"
#define EVE	"518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"
#define HASHED	"a47b63f7d5b511ba5bc4089a74446906"
#define RELAYS	4
#define OLD	3			/* an original */

static struct {
	struct fedrooms		*fr;
	struct fedmedia		*fm;
	uint64_t		 now;
	struct neighbour	 nb[RELAYS];
	/* Signals to each, one a line; only what is between the braces. */
	char			 said[RELAYS][65536];
	unsigned int		 pings[RELAYS];
	/* To mediad 0 and 1: *room, !room, +room/fp@label=alias, -room/fp */
	char			 told[2][65536];
	char			 forwarded[4096];
	size_t			 npath;
	unsigned int		 datagrams[RELAYS];
} net;

static int
nb_send(struct neighbour *nb, const struct signal *sig)
{
	char	*said = net.said[nb->nb_index];
	size_t	 len = strlen(said);
	int	 n;

	if (sig->type == SIGNAL_PING) {
		net.pings[nb->nb_index]++;
		return (0);
	}
	n = signal_print(sig, said + len, sizeof(net.said[0]) - len - 1);
	assert_true(n > 0);
	strlcat(said, "\n", sizeof(net.said[0]));
	return (0);
}

static int
nb_datagram(struct neighbour *nb, const void *data, size_t len)
{
	(void)data;
	(void)len;
	net.datagrams[nb->nb_index]++;
	return (0);
}

static const struct neighbour_ops	nb_ops = {
	.send = nb_send,
	.datagram = nb_datagram
};

static void
to_room(void *arg, unsigned int mediad, const struct msg_fed_room *msg)
{
	size_t	len = strlen(net.told[mediad]);

	(void)arg;
	(void)snprintf(net.told[mediad] + len, sizeof(net.told[0]) - len,
	    "%s%s ", msg->on ? "*" : "!", msg->room);
}

static void
to_member(void *arg, unsigned int mediad, const struct msg_fed_member *msg)
{
	size_t	len = strlen(net.told[mediad]);

	(void)arg;
	(void)snprintf(net.told[mediad] + len, sizeof(net.told[0]) - len,
	    "%s%s/%.4s%s%s%s%s ", msg->present ? "+" : "-", msg->room,
	    msg->fingerprint, msg->present && msg->label[0] ? "@" : "",
	    msg->present ? msg->label : "", msg->present && msg->alias[0] ?
	    "=" : "", msg->present ? msg->alias : "");
}

static int
to_forward(void *arg, const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
    const struct signal *sig)
{
	int	n;

	(void)arg;
	assert_int_equal(path[0][0], 0x10);
	net.npath = npath;
	n = signal_print(sig, net.forwarded, sizeof(net.forwarded));
	assert_true(n > 0);
	return (0);
}

static void
no_media(void *arg, unsigned int mediad, const struct msg_fed_media *msg)
{
	(void)arg;
	(void)mediad;
	(void)msg;
}

static void
no_flush(void *arg, unsigned int mediad)
{
	(void)arg;
	(void)mediad;
}

static const struct fedrooms_ops	ops = {
	to_room, to_member, to_forward
};
static const struct fedmedia_ops	media_ops = { no_media, no_flush };

static void
tick(uint64_t ns)
{
	uint64_t	end = net.now + ns;

	while (fedrooms_expiry(net.fr) <= end) {
		if (fedrooms_expiry(net.fr) > net.now)
			net.now = fedrooms_expiry(net.fr);
		fedrooms_set_time(net.fr, net.now);
		fedrooms_expire(net.fr);
	}
	net.now = end;
	fedrooms_set_time(net.fr, net.now);
	fedmedia_set_time(net.fm, net.now);
}

static void
net_new(void)
{
	struct fedmedia_config	 media;
	struct fedrooms_config	 config;
	struct neighbour	*nb;
	unsigned int		 i;

	memset(&net, 0, sizeof(net));
	net.now = T0;
	memset(&media, 0, sizeof(media));
	media.fm_ops = &media_ops;
	memset(media.fm_fp, 0xee, sizeof(media.fm_fp));
	assert_non_null(net.fm = fedmedia_new(&media));
	memset(&config, 0, sizeof(config));
	config.fc_ops = &ops;
	config.fc_media = net.fm;
	memset(config.fc_fp, 0xee, sizeof(config.fc_fp));
	config.fc_wall_ms = 1000;
	assert_non_null(net.fr = fedrooms_new(&config));
	for (i = 0; i < RELAYS; i++) {
		nb = &net.nb[i];
		memset(nb->nb_fp, (int)(0x10 + i), sizeof(nb->nb_fp));
		nb->nb_index = i;
		(void)snprintf(nb->nb_label, sizeof(nb->nb_label), "peer%u",
		    i);
		nb->nb_legacy = i == OLD;
		nb->nb_features = nb->nb_legacy ? 0 : NEIGHBOUR_ROOMS |
		    NEIGHBOUR_PATHS | NEIGHBOUR_MEDIA;
		nb->nb_ops = &nb_ops;
	}
	fedrooms_globals_begin(net.fr);
	assert_int_equal(fedrooms_global(net.fr, "General"), 0);
	fedrooms_globals_end(net.fr);
	fedrooms_mediad_up(net.fr, 0);
	tick(0);
	net.told[0][0] = '\0';
}

static void
net_free(void)
{
	fedrooms_free(net.fr);
	fedmedia_free(net.fm);
}

static void
up(unsigned int i)
{
	fedmedia_up(net.fm, &net.nb[i]);
	fedrooms_up(net.fr, &net.nb[i]);
}

static void
down(unsigned int i)
{
	fedrooms_down(net.fr, &net.nb[i]);
	fedmedia_down(net.fm, &net.nb[i]);
}

static void
member(unsigned int mediad, const char *room, const char *fp,
    const char *alias, bool present)
{
	struct msg_fed_member	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, room, sizeof(msg.room));
	strlcpy(msg.fingerprint, fp, sizeof(msg.fingerprint));
	strlcpy(msg.alias, alias, sizeof(msg.alias));
	msg.present = present;
	fedrooms_member(net.fr, mediad, &msg);
}

static void
say(unsigned int i, const char *text)
{
	struct signal	*sig;
	const char	*why;

	sig = signal_parse((const uint8_t *)text, strlen(text), &why);
	assert_non_null(sig);
	fedrooms_signal(net.fr, &net.nb[i], sig);
	signal_free(sig);
}

/* A word of a relay whose fingerprint is all of that byte. */
static void
word(unsigned int i, unsigned int origin, unsigned int version,
    const char *fp)
{
	char	text[1024], name[TLS_FP_STRLEN];
	uint8_t	hash[TLS_HASH_LEN];

	memset(hash, (int)origin, sizeof(hash));
	identity_tls_fp(hash, name);
	if (fp != NULL)
		(void)snprintf(text, sizeof(text),
		    "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants"
		    "\":[{\"fingerprint\":\"%s\",\"alias\":null,\"relay_label"
		    "\":null}],\"origin\":\"%s\",\"version\":%u}}", fp, name,
		    version);
	else
		(void)snprintf(text, sizeof(text),
		    "{\"GlobalRoomInactive\":{\"room\":\"general\","
		    "\"origin\":\"%s\",\"version\":%u}}", name, version);
	say(i, text);
}

static void
assert_said(unsigned int i, const char *text)
{
	assert_string_equal(net.said[i], text);
	net.said[i][0] = '\0';
}

static void
assert_told(unsigned int mediad, const char *text)
{
	assert_string_equal(net.told[mediad], text);
	net.told[mediad][0] = '\0';
}

#define ACTIVE(list)							\
	"{\"GlobalRoomActive\":{\"room\":\"general\","			\
	"\"participants\":[" list "]}}"
#define INACTIVE	"{\"GlobalRoomInactive\":{\"room\":\"general\"}}"
#define PERSON(fp, alias, label)					\
	"{\"fingerprint\":\"" fp "\",\"alias\":" alias			\
	",\"relay_label\":" label "}"

/* What an original reads, to the byte. */
static void
test_to_original(void **state)
{
	(void)state;
	net_new();
	up(OLD);
	assert_said(OLD, "");
	member(0, "general", ADA, "Ada", true);
	assert_said(OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null")) "\n");
	/* Nothing new, nothing said. */
	member(0, "general", ADA, "Ada", true);
	tick(NS_PER_S);
	assert_said(OLD, "");
	member(0, "general", BOB, "", true);
	assert_said(OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null") ","
	    PERSON(BOB, "null", "null")) "\n");
	/* Faster than the pace: one word for both. */
	member(0, "general", BOB, "", false);
	member(0, "general", EVE, "", true);
	assert_said(OLD, "");
	tick(FEDROOMS_PACE_NS);
	assert_said(OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null") ","
	    PERSON(EVE, "null", "null")) "\n");
	tick(NS_PER_S);
	member(0, "general", EVE, "", false);
	tick(NS_PER_S);
	net.said[OLD][0] = '\0';
	member(0, "general", ADA, "", false);
	assert_said(OLD, INACTIVE "\n");
	/* It comes back: it knows nothing. */
	member(0, "general", ADA, "Ada", true);
	down(OLD);
	tick(NS_PER_S);
	net.said[OLD][0] = '\0';
	up(OLD);
	assert_said(OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null")) "\n");
	net_free();
}

/* What an original says, under either name; labels are filled in. */
static void
test_from_original(void **state)
{
	(void)state;
	net_new();
	up(OLD);
	say(OLD, "{\"GlobalRoomActive\":{\"room\":\"" HASHED "\","
	    "\"participants\":[" PERSON(BOB, "\"Bob\"", "null") "]}}");
	assert_told(0, "+general/7f41@peer3=Bob +" HASHED "/7f41@peer3=Bob ");
	assert_int_equal(fedrooms_remote(net.fr, "general"), 1);
	/* It passes on what it has from others, with their label. */
	say(OLD, ACTIVE(PERSON(EVE, "null", "\"south\"")));
	assert_told(0, "+general/518e@south +" HASHED "/518e@south ");
	tick(NS_PER_S);
	assert_said(OLD, "");
	say(OLD, INACTIVE);
	assert_told(0, "-general/7f41 -general/518e -" HASHED "/7f41 -"
	    HASHED "/518e ");
	assert_int_equal(fedrooms_people(net.fr), 0);
	/* What is no fingerprint is nobody. */
	say(OLD, ACTIVE(PERSON("Bob", "null", "null")));
	say(OLD, ACTIVE(PERSON("", "null", "null")));
	assert_told(0, "");
	/* The link goes, and its people with it (9.9, repaired). */
	say(OLD, ACTIVE(PERSON(BOB, "null", "null")));
	net.told[0][0] = '\0';
	down(OLD);
	assert_told(0, "-general/7f41 -" HASHED "/7f41 ");
	net_free();
}

/* An original tells us of our own people: they are here, not there. */
static void
test_echo(void **state)
{
	(void)state;
	net_new();
	up(OLD);
	up(0);
	member(0, "general", ADA, "", true);
	net.said[OLD][0] = net.said[0][0] = '\0';
	net.told[0][0] = '\0';
	say(OLD, ACTIVE(PERSON(ADA, "null", "\"us\"")));
	tick(NS_PER_S);
	assert_told(0, "");
	/* She leaves, and a late echo does not bring her back. */
	member(0, "general", ADA, "", false);
	assert_said(OLD, INACTIVE "\n");
	net.told[0][0] = '\0';
	say(OLD, ACTIVE(PERSON(ADA, "null", "\"us\"")));
	tick(NS_PER_S);
	assert_told(0, "");
	assert_said(OLD, "");
	assert_int_equal(fedrooms_remote(net.fr, "general"), 0);
	net_free();
}

/* Names that are not global here (gap 53), and those that never can be. */
static void
test_names(void **state)
{
	uint64_t	before;

	(void)state;
	net_new();
	up(OLD);
	up(0);
	/* A private room of ours has that name. */
	member(0, "kitchen", ADA, "", true);
	say(OLD, "{\"GlobalRoomInactive\":{\"room\":\"kitchen\"}}");
	say(0, "{\"GlobalRoomActive\":{\"room\":\"kitchen\",\"participants\":"
	    "[" PERSON(BOB, "null", "null") "]}}");
	say(OLD, "{\"GlobalRoomActive\":{\"room\":\"call-1\",\"participants\":"
	    "[" PERSON(BOB, "null", "null") "]}}");
	tick(NS_PER_S);
	assert_int_equal(fedrooms_counters(net.fr)->rn_unknown, 3);
	assert_said(OLD, "");
	assert_said(0, "");
	assert_told(0, "");
	/* Configuration. */
	assert_int_equal(fedrooms_global(net.fr, ""), -1);
	assert_int_equal(fedrooms_global(net.fr, "Call-x"), -1);
	assert_int_equal(fedrooms_global(net.fr, "GENERAL"), 0);
	assert_int_equal(fedrooms_globals(net.fr), 1);
	/* Said twice without end: nothing goes. */
	before = fedrooms_counters(net.fr)->rn_sent;
	fedrooms_globals_begin(net.fr);
	assert_int_equal(fedrooms_global(net.fr, "kitchen"), 0);
	fedrooms_globals_end(net.fr);
	assert_told(0, "*kitchen *2a622eb53ff06b55bea9729cecd1c7c9 "
	    "!general !" HASHED " ");
	assert_int_equal(fedrooms_counters(net.fr)->rn_sent, before);
	assert_int_equal(fedrooms_globals(net.fr), 1);
	net_free();
}

/* Raw and hashed, in two mediads: one room (gap 31). */
static void
test_hashed(void **state)
{
	(void)state;
	net_new();
	fedrooms_mediad_up(net.fr, 1);
	assert_told(1, "*general *" HASHED " ");
	up(OLD);
	member(0, "general", ADA, "Ada", true);
	assert_told(0, "+" HASHED "/8dc9=Ada ");
	assert_told(1, "+" HASHED "/8dc9=Ada ");
	member(1, HASHED, BOB, "", true);
	assert_told(0, "+general/7f41 ");
	tick(NS_PER_S);
	net.said[OLD][0] = '\0';
	/* Ada with a second device over the other name: still one. */
	member(1, HASHED, ADA, "Ada", true);
	tick(NS_PER_S);
	assert_told(0, "-" HASHED "/8dc9 ");
	member(0, "general", ADA, "", false);
	tick(NS_PER_S);
	assert_told(0, "+general/8dc9=Ada ");
	assert_said(OLD, "");
	member(1, HASHED, ADA, "", false);
	assert_said(OLD, ACTIVE(PERSON(BOB, "null", "null")) "\n");
	net_free();
}

/* Versions: each once, the newer wins, one's own is said anew. */
static void
test_versions(void **state)
{
	char	*text;

	(void)state;
	net_new();
	up(0);
	up(1);
	word(0, 0x77, 100, ADA);
	assert_told(0, "+general/8dc9@peer0 +" HASHED "/8dc9@peer0 ");
	/* Passed on, with whose label it came. */
	text = strstr(net.said[1], "\"relay_label\":\"peer0\"");
	assert_non_null(text);
	assert_non_null(strstr(text, "\"origin\":\"77:77:"));
	assert_non_null(strstr(text, "\"version\":100}"));
	assert_null(strstr(text, "\n{"));
	assert_said(0, "");
	net.said[1][0] = '\0';
	/* The same again, from both; an older one. */
	word(1, 0x77, 100, ADA);
	word(0, 0x77, 100, ADA);
	word(1, 0x77, 98, BOB);
	tick(NS_PER_S);
	assert_said(0, "");
	assert_said(1, "");
	assert_told(0, "");
	assert_int_equal(fedrooms_counters(net.fr)->rn_stale, 3);
	/* What cannot be: no origin, version or one that is odd. */
	say(0, ACTIVE(PERSON(BOB, "null", "null")));
	word(0, 0x77, 0, BOB);
	word(0, 0x77, 103, BOB);
	/* Two days ahead of our clock nobody could outbid it. */
	word(0, 0x77, 2 * (1000 + 172800000 + 30 * 60 * 1000), BOB);
	word(1, 0x77, 2 * (1000 + 172800000 + 30 * 60 * 1000) + 1, NULL);
	assert_told(0, "");
	/* Taken back by somebody: shown a while, then gone. */
	word(1, 0x77, 101, NULL);
	assert_non_null(strstr(net.said[0], "\"version\":101}"));
	net.said[0][0] = '\0';
	assert_told(0, "");
	tick(FEDROOMS_LINGER_NS);
	assert_told(0, "-general/8dc9 -" HASHED "/8dc9 ");
	/* It is there after all. */
	word(1, 0x77, 102, BOB);
	assert_told(0, "+general/7f41@peer1 +" HASHED "/7f41@peer1 ");
	/* A late withdrawal of what it said before gets the truth. */
	net.said[0][0] = '\0';
	word(0, 0x77, 101, NULL);
	assert_non_null(strstr(net.said[0], "\"version\":102}"));
	net.said[0][0] = '\0';
	net.told[0][0] = net.said[1][0] = '\0';

	/* Our own word, of another time or another's making. */
	member(0, "general", EVE, "", true);
	net.said[0][0] = net.said[1][0] = '\0';
	tick(NS_PER_S);
	word(0, 0xee, 500000, ADA);
	assert_non_null(strstr(net.said[0], EVE));
	assert_non_null(strstr(net.said[0], "\"version\":500002}"));
	assert_non_null(strstr(net.said[1], "\"version\":500002}"));
	assert_int_equal(fedrooms_remote(net.fr, "general"), 1);
	/* Again and again: no faster than the pace. */
	net.said[1][0] = '\0';
	word(0, 0xee, 600000, ADA);
	word(0, 0xee, 700000, ADA);
	assert_said(1, "");
	tick(FEDROOMS_PACE_NS);
	assert_non_null(strstr(net.said[1], "\"version\":700002}"));
	assert_null(strstr(net.said[1], "}}\n{"));
	net_free();
}

/* A neighbour speaks for itself. */
static void
test_direct(void **state)
{
	(void)state;
	net_new();
	up(0);
	up(1);
	word(0, 0x10, 100, ADA);
	net.told[0][0] = net.said[1][0] = '\0';
	/* The other one says something of it. */
	word(1, 0x10, 200, BOB);
	word(1, 0x10, 202, NULL);
	assert_told(0, "");
	assert_said(0, "");
	assert_int_equal(fedrooms_remote(net.fr, "general"), 1);
	/* It has lost it, so it hears of that and says its word anew. */
	word(1, 0x10, 101, NULL);
	assert_told(0, "");
	assert_non_null(strstr(net.said[0], "\"version\":101}"));
	assert_non_null(strstr(net.said[0], "GlobalRoomInactive"));
	net.said[0][0] = '\0';
	/* The link with it goes: gone for everybody, after a while here. */
	down(0);
	assert_non_null(strstr(net.said[1], "\"version\":101}"));
	tick(FEDROOMS_LINGER_NS);
	assert_told(0, "-general/8dc9 -" HASHED "/8dc9 ");
	/* It comes back, with the word that was taken back: it hears so. */
	up(0);
	assert_non_null(strstr(net.said[0], "\"version\":101}"));
	/* Now others may speak of it who have a way to it. */
	down(0);
	word(1, 0x10, 104, BOB);
	assert_int_equal(fedrooms_remote(net.fr, "general"), 1);
	tick(FEDROOMS_TOMB_NS);
	net_free();
}

/* People from an original are said to ours, once somebody has to. */
static void
test_gateway(void **state)
{
	(void)state;
	net_new();
	up(0);
	up(OLD);
	say(OLD, ACTIVE(PERSON(ADA, "null", "null")));
	assert_said(0, "");
	tick(2 * FEDROOMS_WAIT_NS);
	assert_non_null(strstr(net.said[0],
	    PERSON(ADA, "null", "\"peer3\"")));
	assert_non_null(strstr(net.said[0], "\"origin\":\"ee:ee:"));
	net.said[0][0] = '\0';
	say(OLD, INACTIVE);
	tick(NS_PER_S);
	assert_non_null(strstr(net.said[0], "GlobalRoomInactive"));
	net.said[0][0] = '\0';
	tick(FEDROOMS_GHOST_NS);
	/* Another of ours was faster: not again. */
	say(OLD, ACTIVE(PERSON(BOB, "null", "null")));
	word(0, 0x77, 100, BOB);
	tick(NS_PER_S);
	assert_said(0, "");
	/* It takes that back: then it is ours to say. */
	word(0, 0x77, 102, NULL);
	tick(NS_PER_S);
	assert_non_null(strstr(net.said[0], BOB));
	net_free();
}

/* To an original people of other relays: later, unless it names them. */
static void
test_wait(void **state)
{
	(void)state;
	net_new();
	up(0);
	up(OLD);
	word(0, 0x10, 100, ADA);
	assert_said(OLD, "");
	tick(2 * FEDROOMS_WAIT_NS);
	assert_said(OLD, ACTIVE(PERSON(ADA, "null", "\"peer0\"")) "\n");
	word(0, 0x10, 102, BOB);
	say(OLD, ACTIVE(PERSON(BOB, "null", "\"other way\"")));
	tick(NS_PER_S);
	assert_said(OLD, INACTIVE "\n");	/* Ada is gone */
	net_free();
}

static void
call_is(const char *id, bool live, unsigned int first, size_t npath)
{
	struct msg_fed_call	msg;
	uint8_t			path[FED_PATH_MAX * TLS_HASH_LEN];

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, id, sizeof(msg.call_id));
	msg.live = live;
	memset(path, 0x77, sizeof(path));
	memset(path, (int)(0x10 + first), TLS_HASH_LEN);
	msg.path.data = path;
	msg.path.len = npath * TLS_HASH_LEN;
	fedrooms_call(net.fr, &msg);
}

static void
call_word(unsigned int first, size_t npath, const char *text)
{
	struct signal	*sig;
	const char	*why;
	uint8_t		 path[FED_PATH_MAX][TLS_HASH_LEN];

	memset(path, 0x77, sizeof(path));
	memset(path, (int)(0x10 + first), TLS_HASH_LEN);
	sig = signal_parse((const uint8_t *)text, strlen(text), &why);
	assert_non_null(sig);
	fedrooms_call_signal(net.fr, (const uint8_t(*)[TLS_HASH_LEN])path,
	    npath, sig);
	signal_free(sig);
}

#define CALL_ACTIVE(who)						\
	"{\"GlobalRoomActive\":{\"room\":\"call-1\",\"participants\":["	\
	who "]}}"
#define CALL_INACTIVE	"{\"GlobalRoomInactive\":{\"room\":\"call-1\"}}"

/* A call with somebody two relays away. */
static void
test_call(void **state)
{
	(void)state;
	net_new();
	up(0);
	up(1);
	up(OLD);
	member(0, "call-1", ADA, "", true);	/* too early: not asked for */
	call_is("1", true, 0, 2);
	assert_told(0, "*call-1 ");
	member(0, "call-1", ADA, "Ada", true);
	assert_string_equal(net.forwarded,
	    CALL_ACTIVE(PERSON(ADA, "\"Ada\"", "null")));
	assert_int_equal(net.npath, 2);
	net.forwarded[0] = '\0';
	member(0, "call-1", ADA, "Ada", true);
	call_is("1", true, 0, 2);
	assert_string_equal(net.forwarded, "");
	/* Only that relay is believed. */
	call_word(0, 1, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	call_word(1, 2, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	say(0, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	say(OLD, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	assert_told(0, "");
	call_word(0, 2, CALL_ACTIVE(PERSON(BOB, "null", "\"far\"")));
	assert_told(0, "+call-1/7f41@far ");
	call_word(0, 2, CALL_ACTIVE(PERSON(BOB, "null", "\"far\"")));
	assert_told(0, "");
	/* A new mediad hears of it. */
	fedrooms_mediad_up(net.fr, 1);
	assert_non_null(strstr(net.told[1], "*call-1 +call-1/7f41@far "));
	/* The link goes and comes back in time. */
	down(0);
	tick(FEDROOMS_AWAY_NS / 2);
	assert_told(0, "");
	up(0);
	assert_string_equal(net.forwarded,
	    CALL_ACTIVE(PERSON(ADA, "\"Ada\"", "null")));
	tick(FEDROOMS_AWAY_NS);
	assert_told(0, "");
	/* Or does not. */
	down(0);
	tick(FEDROOMS_AWAY_NS);
	assert_told(0, "-call-1/7f41 ");
	up(0);
	call_word(0, 2, CALL_ACTIVE(PERSON(BOB, "null", "\"far\"")));
	assert_told(0, "+call-1/7f41@far ");
	call_word(0, 2, CALL_INACTIVE);
	assert_told(0, "-call-1/7f41 ");
	/* It ends. */
	call_is("1", false, 0, 2);
	assert_string_equal(net.forwarded, CALL_INACTIVE);
	assert_told(0, "!call-1 ");
	assert_int_equal(fedrooms_calls(net.fr), 0);
	/* Nobody else has heard a word. */
	assert_said(0, "");
	assert_said(1, "");
	assert_said(OLD, "");
	net_free();
}

/* A call with somebody on an original (row 4.19). */
static void
test_call_original(void **state)
{
	(void)state;
	net_new();
	up(0);
	up(OLD);
	call_is("1", true, OLD, 1);
	net.told[0][0] = '\0';
	member(0, "call-1", ADA, "", true);
	assert_said(OLD, CALL_ACTIVE(PERSON(ADA, "null", "null")) "\n");
	assert_said(0, "");
	/* Its own people and ours, as it passes them round. */
	say(OLD, CALL_ACTIVE(PERSON(BOB, "null", "null") ","
	    PERSON(ADA, "null", "\"us\"")));
	assert_told(0, "+call-1/7f41@peer3 ");
	say(0, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	assert_told(0, "");
	member(0, "call-1", ADA, "", false);
	assert_said(OLD, CALL_INACTIVE "\n");
	say(OLD, CALL_INACTIVE);
	assert_told(0, "-call-1/7f41 ");
	/* A message that makes no sense ends it. */
	call_is("1", true, OLD, 0);
	assert_int_equal(fedrooms_calls(net.fr), 0);
	net_free();
}

/* An original hears from us before it forgets our people (9.8). */
static void
test_ping(void **state)
{
	(void)state;
	net_new();
	up(0);
	up(OLD);
	tick(NS_PER_S * 20);
	assert_int_equal(net.pings[OLD], 0);
	member(0, "general", ADA, "", true);
	tick(NS_PER_S * 20);
	assert_in_range(net.pings[OLD], 3, 5);
	assert_int_equal(net.pings[0], 0);
	member(0, "general", ADA, "", false);
	net.pings[OLD] = 0;
	tick(NS_PER_S * 20);
	assert_int_equal(net.pings[OLD], 0);
	net_free();
}

/* A mediad dies, and its people come back, or not. */
static void
test_mediad(void **state)
{
	(void)state;
	net_new();
	up(OLD);
	up(0);
	word(0, 0x10, 100, EVE);
	call_is("1", true, OLD, 1);
	member(0, "general", ADA, "", true);
	member(0, "general", BOB, "", true);
	member(0, "call-1", ADA, "", true);
	tick(NS_PER_S);
	net.said[OLD][0] = '\0';
	fedrooms_mediad_down(net.fr, 0);
	net.told[0][0] = '\0';
	fedrooms_mediad_up(net.fr, 0);
	assert_non_null(strstr(net.told[0], "+general/518e@peer0 "));
	member(0, "general", ADA, "", true);
	tick(FEDROOMS_AWAY_NS - 1);
	assert_said(OLD, "");
	tick(1);
	assert_non_null(strstr(net.said[OLD], CALL_INACTIVE));
	assert_non_null(strstr(net.said[OLD], ADA));
	assert_null(strstr(net.said[OLD], BOB));
	net_free();
}

/* signald is new: calls that it does not name end. */
static void
test_signald(void **state)
{
	(void)state;
	net_new();
	up(0);
	call_is("1", true, 0, 1);
	call_is("2", true, 0, 1);
	fedrooms_signald(net.fr, false);
	tick(NS_PER_S * 60);
	assert_int_equal(fedrooms_calls(net.fr), 2);
	fedrooms_signald(net.fr, true);
	call_is("1", true, 0, 1);
	tick(NS_PER_S * 60);
	assert_int_equal(fedrooms_calls(net.fr), 1);
	net_free();
}

/* Bounds on what neighbours, mediads and signald say. */
static void
test_bounds(void **state)
{
	static char	 first[SIGNAL_MAX], text[SIGNAL_MAX];
	char		 id[32], fp[64];
	unsigned int	 i, o;
	size_t		 len;

	(void)state;
	net_new();
	up(0);
	up(1);
	for (o = 1; o < FEDROOMS_ORIGINS_MAX + 10; o++) {
		len = (size_t)snprintf(text, sizeof(text),
		    "{\"GlobalRoomActive\":{\"room\":\"general\","
		    "\"participants\":[");
		for (i = 0; i < 400; i++)
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%s{\"fingerprint\":\"%04x:"
			    "%04x:0000:0000:0000:0000:0000:0000\",\"alias\":"
			    "null,\"relay_label\":null}", i > 0 ? "," : "",
			    o, i);
		(void)snprintf(text + len, sizeof(text) - len,
		    "],\"origin\":\"%02x:%02x:22:22:22:22:22:22:22:22:22:22:"
		    "22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:"
		    "22:22\",\"version\":2}}", o >> 8, o & 0xff);
		if (o == 1)
			strlcpy(first, text, sizeof(first));
		say(0, text);
		net.said[1][0] = net.told[0][0] = '\0';
		/* The first few hundred of them say enough. */
		if (o == 60)
			o = FEDROOMS_ORIGINS_MAX;
	}
	assert_int_equal(fedrooms_people(net.fr), FEDROOMS_PEOPLE_MAX);
	assert_true(fedrooms_counters(net.fr)->rn_excess > 0);
	/* Who is there stays when his relay says so again. */
	strstr(first, "\"version\":2")[strlen("\"version\":")] = '4';
	say(0, first);
	net.said[1][0] = net.told[0][0] = '\0';
	assert_int_equal(fedrooms_people(net.fr), FEDROOMS_PEOPLE_MAX);
	down(0);
	net.said[1][0] = net.told[0][0] = '\0';
	tick(FEDROOMS_TOMB_NS + NS_PER_S);
	assert_int_equal(fedrooms_people(net.fr), 0);
	assert_int_equal(fedrooms_remote(net.fr, "general"), 0);
	for (i = 0; i < FEDROOMS_CALLS_MAX + 10; i++) {
		(void)snprintf(id, sizeof(id), "%u", i);
		call_is(id, true, 1, 1);
		net.told[0][0] = '\0';
	}
	assert_int_equal(fedrooms_calls(net.fr), FEDROOMS_CALLS_MAX);
	for (i = 0; i < 700; i++) {
		(void)snprintf(fp, sizeof(fp),
		    "%04x:0000:0000:0000:0000:0000:0000:0000", i & 0xffff);
		member(0, "general", fp, "\x01\x02\x03\"\\ alias of a person "
		    "with a rather long one that has to be escaped at both "
		    "ends of itself \x01\x02\x03", true);
		net.told[0][0] = '\0';
	}
	net.said[1][0] = '\0';
	tick(NS_PER_S);
	/* It is a signal all the same. */
	assert_true(strlen(net.said[1]) > SIGNAL_MAX / 2);
	assert_true(strlen(net.said[1]) <= SIGNAL_MAX);
	net_free();
}

/* Media goes to those who announced somebody, and to nobody else. */
static void
test_media(void **state)
{
	struct msg_fed_media	msg;
	uint8_t			frame[30];

	(void)state;
	net_new();
	up(OLD);
	memset(frame, 0, sizeof(frame));
	identity_room_tag("general", frame);
	frame[15] = 1;
	frame[17] = 12;
	msg.frames.data = frame;
	msg.frames.len = sizeof(frame);
	member(0, "general", ADA, "", true);
	fedmedia_local(net.fm, 0, &msg);
	assert_int_equal(net.datagrams[OLD], 0);
	say(OLD, ACTIVE(PERSON(BOB, "null", "null")));
	fedmedia_local(net.fm, 0, &msg);
	assert_int_equal(net.datagrams[OLD], 1);
	say(OLD, INACTIVE);
	fedmedia_local(net.fm, 0, &msg);
	assert_int_equal(net.datagrams[OLD], 1);
	/* A call's from the first on. */
	call_is("1", true, OLD, 1);
	identity_room_tag("call-1", frame);
	fedmedia_local(net.fm, 0, &msg);
	assert_int_equal(net.datagrams[OLD], 2);
	call_is("1", false, OLD, 1);
	fedmedia_local(net.fm, 0, &msg);
	assert_int_equal(net.datagrams[OLD], 2);
	assert_int_equal(fedmedia_routes(net.fm), 1);
	fedrooms_globals_begin(net.fr);
	fedrooms_globals_end(net.fr);
	assert_int_equal(fedmedia_routes(net.fm), 0);
	net_free();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_to_original),
		cmocka_unit_test(test_from_original),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hashed),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_call_original),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_mediad),
		cmocka_unit_test(test_signald),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_media)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
