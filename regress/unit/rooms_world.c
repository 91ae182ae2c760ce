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
 * The rooms of one relay over relays, in virtual time (rooms_world.h).
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/identity.h"
#include "regress/unit/rooms_world.h"

#define T0	(1000 * NS_PER_S)

struct rw	rw;

static int
nb_send(struct neighbour *nb, const struct signal *sig)
{
	char	*said = rw.said[nb->nb_index];
	size_t	 len = strlen(said);
	int	 n;

	if (sig->type == SIGNAL_PING) {
		rw.pings[nb->nb_index]++;
		return (0);
	}
	n = signal_print(sig, said + len, sizeof(rw.said[0]) - len - 1);
	assert_true(n > 0);
	strlcat(said, "\n", sizeof(rw.said[0]));
	return (0);
}

static int
nb_datagram(struct neighbour *nb, const void *data, size_t len)
{
	(void)data;
	(void)len;
	rw.datagrams[nb->nb_index]++;
	return (0);
}

static const struct neighbour_ops	nb_ops = {
	.send = nb_send,
	.datagram = nb_datagram
};

static void
to_room(void *arg, unsigned int mediad, const struct msg_fed_room *msg)
{
	size_t	len = strlen(rw.told[mediad]);

	(void)arg;
	(void)snprintf(rw.told[mediad] + len, sizeof(rw.told[0]) - len,
	    "%s%s ", msg->on ? "*" : "!", msg->room);
}

static void
to_member(void *arg, unsigned int mediad, const struct msg_fed_member *msg)
{
	size_t	len = strlen(rw.told[mediad]);

	(void)arg;
	(void)snprintf(rw.told[mediad] + len, sizeof(rw.told[0]) - len,
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
	rw.npath = npath;
	n = signal_print(sig, rw.forwarded, sizeof(rw.forwarded));
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

void
rw_tick(uint64_t ns)
{
	uint64_t	end = rw.now + ns;

	while (fedrooms_expiry(rw.fr) <= end) {
		if (fedrooms_expiry(rw.fr) > rw.now)
			rw.now = fedrooms_expiry(rw.fr);
		fedrooms_set_time(rw.fr, rw.now);
		fedrooms_expire(rw.fr);
	}
	rw.now = end;
	fedrooms_set_time(rw.fr, rw.now);
	fedmedia_set_time(rw.fm, rw.now);
}

void
rw_new(void)
{
	struct fedmedia_config	 media;
	struct fedrooms_config	 config;
	struct neighbour	*nb;
	unsigned int		 i;

	memset(&rw, 0, sizeof(rw));
	rw.now = T0;
	memset(&media, 0, sizeof(media));
	media.fm_ops = &media_ops;
	memset(media.fm_fp, 0xee, sizeof(media.fm_fp));
	assert_non_null(rw.fm = fedmedia_new(&media));
	memset(&config, 0, sizeof(config));
	config.fc_ops = &ops;
	config.fc_media = rw.fm;
	memset(config.fc_fp, 0xee, sizeof(config.fc_fp));
	config.fc_wall_ms = 1000;
	assert_non_null(rw.fr = fedrooms_new(&config));
	for (i = 0; i < RW_RELAYS; i++) {
		nb = &rw.nb[i];
		memset(nb->nb_fp, (int)(0x10 + i), sizeof(nb->nb_fp));
		nb->nb_index = i;
		(void)snprintf(nb->nb_label, sizeof(nb->nb_label), "peer%u",
		    i);
		nb->nb_legacy = i == RW_OLD;
		nb->nb_features = nb->nb_legacy ? 0 : NEIGHBOUR_ROOMS |
		    NEIGHBOUR_PATHS | NEIGHBOUR_MEDIA;
		nb->nb_ops = &nb_ops;
	}
	fedrooms_globals_begin(rw.fr);
	assert_int_equal(fedrooms_global(rw.fr, "General"), 0);
	fedrooms_globals_end(rw.fr);
	fedrooms_mediad_up(rw.fr, 0);
	rw_tick(0);
	rw.told[0][0] = '\0';
}

void
rw_free(void)
{
	fedrooms_free(rw.fr);
	fedmedia_free(rw.fm);
}

void
rw_up(unsigned int i)
{
	fedmedia_up(rw.fm, &rw.nb[i]);
	fedrooms_up(rw.fr, &rw.nb[i]);
}

void
rw_down(unsigned int i)
{
	fedrooms_down(rw.fr, &rw.nb[i]);
	fedmedia_down(rw.fm, &rw.nb[i]);
}

void
rw_member(unsigned int mediad, const char *room, const char *fp,
    const char *alias, bool present)
{
	struct msg_fed_member	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, room, sizeof(msg.room));
	strlcpy(msg.fingerprint, fp, sizeof(msg.fingerprint));
	strlcpy(msg.alias, alias, sizeof(msg.alias));
	msg.present = present;
	fedrooms_member(rw.fr, mediad, &msg);
}

void
rw_say(unsigned int i, const char *text)
{
	struct signal	*sig;
	const char	*why;

	sig = signal_parse((const uint8_t *)text, strlen(text), &why);
	assert_non_null(sig);
	fedrooms_signal(rw.fr, &rw.nb[i], sig);
	signal_free(sig);
}

/* A word of a relay whose fingerprint is all of that byte. */
void
rw_word(unsigned int i, unsigned int origin, unsigned int version,
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
	rw_say(i, text);
}

void
rw_assert_said(unsigned int i, const char *text)
{
	assert_string_equal(rw.said[i], text);
	rw.said[i][0] = '\0';
}

void
rw_assert_told(unsigned int mediad, const char *text)
{
	assert_string_equal(rw.told[mediad], text);
	rw.told[mediad][0] = '\0';
}

void
rw_call_is(const char *id, bool live, unsigned int first, size_t npath)
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
	fedrooms_call(rw.fr, &msg);
}

void
rw_call_word(unsigned int first, size_t npath, const char *text)
{
	struct signal	*sig;
	const char	*why;
	uint8_t		 path[FED_PATH_MAX][TLS_HASH_LEN];

	memset(path, 0x77, sizeof(path));
	memset(path, (int)(0x10 + first), TLS_HASH_LEN);
	sig = signal_parse((const uint8_t *)text, strlen(text), &why);
	assert_non_null(sig);
	fedrooms_call_signal(rw.fr, (const uint8_t(*)[TLS_HASH_LEN])path,
	    npath, sig);
	signal_free(sig);
}
