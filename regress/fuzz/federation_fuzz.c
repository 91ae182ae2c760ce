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
 * Fuzz target: what other relays say.  Lines, each one thing that happens to a
 * relay X that has four others for neighbours (D is an original):
 *
 *	A{...}		a signal from A; <A> stands for the fingerprint of A
 *	+A  -A		the link with A comes up, goes down
 *	!ABC {...}	signald wants this said to C, through A and B
 *	?fingerprint	signald looks for somebody
 *	t  T		20 ms, 2 s go by
 *	*A...  .D...	a datagram on a media connection, on the link
 *
 * Whatever is said to neighbours or to our own processes can be said on the
 * wire, is of bounded number and size, goes only to those that are up, and to
 * the original only in its own words; no envelope goes in circles.
 *
 * COVERS: fuzzing - federation links: corpus of the target
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ipc/messages.h"
#include "common/wire/identity.h"
#include "federd/digest.h"
#include "federd/duplicates.h"
#include "federd/envelope.h"
#include "federd/find.h"
#include "federd/rooms.h"
#include "regress/fuzz/fuzz.h"

#define RELAYS		4
#define LINES_MAX	200
#define START		(1000 * NS_PER_S)
/* Of one event; people in rooms are told room by room. */
#define SAID_MAX	64

const char *const	fuzz_faults[] = { "circle", "original", "down",
			    "message", "found", "people", NULL };

static struct {
	struct envelope		*envelope;
	struct digest		*digest;
	struct find		*find;
	struct fedmedia		*media;
	struct fedrooms		*rooms;
	struct neighbour	 nb[RELAYS];
	bool			 up[RELAYS];
	uint8_t			 fp[RELAYS + 1][TLS_HASH_LEN];
	uint64_t		 now;
	unsigned int		 said;		/* since the last event */
	uint64_t		 asked;		/* of signald, numbered */
	uint64_t		 found;
	bool			 was_found[LINES_MAX + 1];
} run;

/*
 * --wrap (local.mk): a table for all datagrams of a busy relay takes as long
 * to make as everything else together; the kind of its size is the same.
 */
struct duplicates
		*__real_duplicates_new(size_t);
struct duplicates
		*__wrap_duplicates_new(size_t);
static int	 nb_send(struct neighbour *, const struct signal *);
static int	 nb_datagram(struct neighbour *, const void *, size_t);
static struct media_conn
		*nb_dial(struct neighbour *);
static int	 nb_media_send(struct media_conn *, const void *, size_t);
static size_t	 nb_media_room(const struct media_conn *);
static void	 nb_media_close(struct media_conn *);
static void	 message(enum msg_type, const void *);
static int	 to_signald(void *, enum msg_type, const void *);
static void	 room_signal(void *, struct neighbour *,
		    const uint8_t (*)[TLS_HASH_LEN], size_t,
		    const struct signal *);
static void	 transit(void *, const uint8_t[8], struct neighbour *,
		    struct neighbour *, bool);
static void	 found(void *, const struct msg_fed_found *);
static void	 to_media(void *, unsigned int, const struct msg_fed_media *);
static void	 flush(void *, unsigned int);
static void	 tell_room(void *, unsigned int, const struct msg_fed_room *);
static void	 tell_member(void *, unsigned int,
		    const struct msg_fed_member *);
static int	 forward(void *, const uint8_t (*)[TLS_HASH_LEN], size_t,
		    const struct signal *);
static void	 begin(void);
static void	 end(void);
static void	 link_up(unsigned int);
static void	 link_down(unsigned int);
static void	 pass(uint64_t);
static char	*expand(const char *);
static void	 heard(unsigned int, const char *);
static void	 from_signald(const char *);
static void	 search(const char *);
static void	 datagram(unsigned int, const uint8_t *, size_t);

static const struct neighbour_ops	nb_ops = {
	.send = nb_send,
	.datagram = nb_datagram,
	.media_dial = nb_dial,
	.media_send = nb_media_send,
	.media_room = nb_media_room,
	.media_close = nb_media_close
};
static const struct envelope_ops	envelope_ops = {
	.signald = to_signald,
	.room = room_signal,
	.transit = transit
};
static const struct find_ops		find_ops = {
	.found = found
};
static const struct fedmedia_ops	media_ops = {
	.media = to_media,
	.flush = flush
};
static const struct fedrooms_ops	rooms_ops = {
	.room = tell_room,
	.member = tell_member,
	.forward = forward
};

struct duplicates *
__wrap_duplicates_new(size_t max)
{
	return (__real_duplicates_new(max < 64 ? max : 64));
}

static int
nb_send(struct neighbour *nb, const struct signal *s)
{
	static char			 text[SIGNAL_MAX + 1];
	const struct sig_federated_forward
					*ff = &s->u.federated_forward;
	struct signal			*again;
	uint8_t				 seen[2 * FED_PATH_MAX][TLS_HASH_LEN];
	size_t				 i, k, n = 0;
	int				 len;

	FUZZ_CHECK(nb >= run.nb && nb < run.nb + RELAYS);
	FUZZ_CHECK(fuzz_fault("down") != run.up[nb->nb_index]);
	FUZZ_CHECK(++run.said <= SAID_MAX);
	len = signal_print(s, text, sizeof(text));
	FUZZ_CHECK(len > 0);
	again = signal_parse((const uint8_t *)text, (size_t)len, NULL);
	FUZZ_CHECK(again != NULL);
	signal_free(again);
	if (neighbour_original(nb))
		FUZZ_CHECK(fuzz_fault("original") !=
		    (s->type < SIGNAL_CALL_CANDIDATES &&
		    strstr(text, "\"path\"") == NULL &&
		    strstr(text, "\"route\"") == NULL &&
		    strstr(text, "\"origin\"") == NULL &&
		    strstr(text, "_features\"") == NULL));
	if (s->type != SIGNAL_FEDERATED_SIGNAL_FORWARD)
		return (0);
	/* We are the last of the path; nobody is in it twice. */
	FUZZ_CHECK(ff->path.n + ff->route.n <= 2 * (size_t)FED_PATH_MAX);
	for (i = 0; i < ff->path.n + ff->route.n; i++) {
		FUZZ_CHECK(envelope_fp_parse(i < ff->path.n ?
		    ff->path.list[i] : ff->route.list[i - ff->path.n],
		    seen[n]) == 0);
		FUZZ_CHECK(memcmp(seen[n], nb->nb_fp, TLS_HASH_LEN) != 0);
		for (k = 0; k < n; k++)
			FUZZ_CHECK(fuzz_fault("circle") != (memcmp(seen[k],
			    seen[n], TLS_HASH_LEN) != 0));
		n++;
	}
	return (0);
}

static int
nb_datagram(struct neighbour *nb, const void *p, size_t len)
{
	(void)p;
	FUZZ_CHECK(run.up[nb->nb_index] && len <= FEDMEDIA_PACKET_MAX + 16);
	return (0);
}

static struct media_conn *
nb_dial(struct neighbour *nb)
{
	FUZZ_CHECK(run.up[nb->nb_index]);
	return (NULL);
}

static int
nb_media_send(struct media_conn *mc, const void *p, size_t len)
{
	(void)mc;
	(void)p;
	(void)len;
	return (-1);
}

static size_t
nb_media_room(const struct media_conn *mc)
{
	(void)mc;
	return (0);
}

static void
nb_media_close(struct media_conn *mc)
{
	(void)mc;
}

/* The table of packets takes it. */
static void
message(enum msg_type type, const void *msg)
{
	static uint8_t	buf[MSG_MAX];

	FUZZ_CHECK(fuzz_fault("message") !=
	    (msg_encode(buf, sizeof(buf), type, msg) > 0));
}

static int
to_signald(void *arg, enum msg_type type, const void *msg)
{
	const struct msg_fed_signal	*fs = msg;
	struct signal			*s;

	(void)arg;
	message(type, msg);
	if (type != MSG_FED_SIGNAL)
		return (0);
	FUZZ_CHECK(fs->path.len > 0 && fs->path.len % TLS_HASH_LEN == 0 &&
	    fs->path.len <= (size_t)FED_PATH_MAX * TLS_HASH_LEN);
	s = signal_parse(fs->inner.data, fs->inner.len, NULL);
	FUZZ_CHECK(s != NULL && s->type != SIGNAL_FEDERATED_SIGNAL_FORWARD);
	signal_free(s);
	return (0);
}

static void
room_signal(void *arg, struct neighbour *nb,
    const uint8_t (*path)[TLS_HASH_LEN], size_t n, const struct signal *s)
{
	(void)arg;
	FUZZ_CHECK(n >= 1 && n <= FED_PATH_MAX);
	FUZZ_CHECK(memcmp(path[0], nb->nb_fp, TLS_HASH_LEN) == 0);
	FUZZ_CHECK(!nb->nb_legacy);
	fedrooms_call_signal(run.rooms, path, n, s);
}

static void
transit(void *arg, const uint8_t tag[8], struct neighbour *a,
    struct neighbour *b, bool live)
{
	(void)arg;
	FUZZ_CHECK(a != b);
	fedmedia_transit(run.media, tag, a, b, live);
}

static void
found(void *arg, const struct msg_fed_found *msg)
{
	(void)arg;
	message(MSG_FED_FOUND, msg);
	/* Each is answered once. */
	FUZZ_CHECK(msg->seq >= 1 && msg->seq <= run.asked);
	FUZZ_CHECK(!run.was_found[msg->seq]);
	run.was_found[msg->seq] = true;
	run.found++;
	FUZZ_CHECK((msg->outcome == FED_FOUND) == (msg->path.len > 0));
	FUZZ_CHECK(msg->path.len % TLS_HASH_LEN == 0 &&
	    msg->path.len <= (size_t)FED_PATH_MAX * TLS_HASH_LEN);
}

static void
to_media(void *arg, unsigned int mediad, const struct msg_fed_media *msg)
{
	(void)arg;
	FUZZ_CHECK(mediad == 0 && msg->frames.len <= FED_MEDIA_MAX);
	message(MSG_FED_MEDIA, msg);
}

static void
flush(void *arg, unsigned int mediad)
{
	(void)arg;
	FUZZ_CHECK(mediad == 0);
}

static void
tell_room(void *arg, unsigned int mediad, const struct msg_fed_room *msg)
{
	(void)arg;
	FUZZ_CHECK(mediad == 0);
	message(MSG_FED_ROOM, msg);
}

static void
tell_member(void *arg, unsigned int mediad, const struct msg_fed_member *msg)
{
	(void)arg;
	FUZZ_CHECK(mediad == 0);
	message(MSG_FED_MEMBER, msg);
}

static int
forward(void *arg, const uint8_t (*path)[TLS_HASH_LEN], size_t n,
    const struct signal *s)
{
	(void)arg;
	return (envelope_send(run.envelope, path, n, s));
}

static void
begin(void)
{
	static const uint8_t	secret[16] = "not so random..";
	struct fedmedia_config	fm;
	struct fedrooms_config	fc;
	struct msg_fed_member	member;
	struct msg_fed_presence	here;
	struct msg_fed_call	call;
	unsigned int		i;

	memset(&run, 0, sizeof(run));
	run.now = START;
	for (i = 0; i <= RELAYS; i++)
		memset(run.fp[i], i < RELAYS ? 0xa0 + (int)i : 0xdd,
		    TLS_HASH_LEN);
	run.envelope = envelope_new(run.fp[RELAYS], &envelope_ops, NULL);
	run.digest = digest_new(secret);
	FUZZ_CHECK(run.envelope != NULL && run.digest != NULL);
	run.find = find_new(run.fp[RELAYS], run.digest, secret, &find_ops,
	    NULL);
	memset(&fm, 0, sizeof(fm));
	fm.fm_ops = &media_ops;
	memcpy(fm.fm_fp, run.fp[RELAYS], TLS_HASH_LEN);
	run.media = fedmedia_new(&fm);
	memset(&fc, 0, sizeof(fc));
	fc.fc_ops = &rooms_ops;
	fc.fc_media = run.media;
	fc.fc_wall_ms = 1000000;
	memcpy(fc.fc_fp, run.fp[RELAYS], TLS_HASH_LEN);
	run.rooms = fedrooms_new(&fc);
	FUZZ_CHECK(run.find != NULL && run.media != NULL &&
	    run.rooms != NULL);
	pass(0);
	/* One of us, in one room that is everywhere, and in a call. */
	digest_begin(run.digest);
	memset(&here, 0, sizeof(here));
	(void)strlcpy(here.fingerprint,
	    "8dc9:109a:aebc:72c6:859f:c7bf:d6fe:d198",
	    sizeof(here.fingerprint));
	here.present = true;
	digest_person(run.digest, &here);
	digest_end(run.digest);
	fedrooms_globals_begin(run.rooms);
	FUZZ_CHECK(fedrooms_global(run.rooms, "plaza") == 0);
	fedrooms_globals_end(run.rooms);
	fedrooms_signald(run.rooms, true);
	fedrooms_mediad_up(run.rooms, 0);
	memset(&member, 0, sizeof(member));
	(void)strlcpy(member.room, "plaza", sizeof(member.room));
	(void)strlcpy(member.fingerprint, here.fingerprint,
	    sizeof(member.fingerprint));
	member.present = true;
	fedrooms_member(run.rooms, 0, &member);
	memset(&call, 0, sizeof(call));
	(void)strlcpy(call.call_id, "c1", sizeof(call.call_id));
	call.live = true;
	call.path.data = run.fp[0];
	call.path.len = TLS_HASH_LEN;
	fedrooms_call(run.rooms, &call);
	(void)strlcpy(member.room, "call-c1", sizeof(member.room));
	fedrooms_member(run.rooms, 0, &member);
	for (i = 0; i < RELAYS; i++) {
		memcpy(run.nb[i].nb_fp, run.fp[i], TLS_HASH_LEN);
		run.nb[i].nb_index = i;
		run.nb[i].nb_label[0] = (char)('a' + i);
		run.nb[i].nb_legacy = i == RELAYS - 1;
		run.nb[i].nb_features = run.nb[i].nb_legacy ? 0 :
		    NEIGHBOUR_PATHS | NEIGHBOUR_DIGEST | NEIGHBOUR_MEDIA |
		    NEIGHBOUR_ROOMS;
		run.nb[i].nb_transit = i != 2;
		run.nb[i].nb_dialled = i == 1;
		run.nb[i].nb_ops = &nb_ops;
		link_up(i);
	}
}

static void
end(void)
{
	unsigned int	i;

	/* Whatever was asked has its answer by then. */
	pass(FIND_LIMIT_MS * NS_PER_MS);
	pass(FIND_LIMIT_MS * NS_PER_MS);
	FUZZ_CHECK(fuzz_fault("found") != (run.found == run.asked));
	for (i = 0; i < RELAYS; i++)
		link_down(i);
	pass(120 * NS_PER_S);
	pass(120 * NS_PER_S);
	FUZZ_CHECK(fuzz_fault("people") != (fedrooms_people(run.rooms) == 0));
	FUZZ_CHECK(digest_claims(run.digest,
	    "7f41:353f:b0ec:3e41:be36:1c80:ad6d:ddd2") == 0);
	fedrooms_free(run.rooms);
	fedmedia_free(run.media);
	find_free(run.find);
	digest_free(run.digest);
	envelope_free(run.envelope);
}

static void
link_up(unsigned int i)
{
	if (run.up[i])
		return;
	run.up[i] = true;
	envelope_up(run.envelope, &run.nb[i]);
	digest_up(run.digest, &run.nb[i]);
	find_up(run.find, &run.nb[i]);
	fedmedia_up(run.media, &run.nb[i]);
	fedrooms_up(run.rooms, &run.nb[i]);
}

static void
link_down(unsigned int i)
{
	if (!run.up[i])
		return;
	run.up[i] = false;
	fedrooms_down(run.rooms, &run.nb[i]);
	fedmedia_down(run.media, &run.nb[i]);
	find_down(run.find, &run.nb[i]);
	digest_down(run.digest, &run.nb[i]);
	envelope_down(run.envelope, &run.nb[i]);
}

static void
pass(uint64_t ns)
{
	run.now += ns;
	run.said = 0;
	envelope_set_time(run.envelope, run.now);
	digest_set_time(run.digest, run.now);
	find_set_time(run.find, run.now);
	fedmedia_set_time(run.media, run.now);
	fedrooms_set_time(run.rooms, run.now);
	envelope_expire(run.envelope);
	digest_expire(run.digest);
	find_expire(run.find);
	fedmedia_expire(run.media);
	fedrooms_expire(run.rooms);
}

/* <A> to <D>, and <X> for us. */
static char *
expand(const char *text)
{
	char	*out, *p;

	out = malloc(strlen(text) / 3 * (TLS_FP_STRLEN - 1) +
	    strlen(text) + 1);
	FUZZ_CHECK(out != NULL);
	for (p = out; *text != '\0';) {
		if (text[0] != '<' || text[1] == '\0' || text[2] != '>' ||
		    strchr("ABCDX", text[1]) == NULL) {
			*p++ = *text++;
			continue;
		}
		identity_tls_fp(run.fp[text[1] == 'X' ? RELAYS :
		    text[1] - 'A'], p);
		p += TLS_FP_STRLEN - 1;
		text += 3;
	}
	*p = '\0';
	return (out);
}

static void
heard(unsigned int i, const char *line)
{
	struct neighbour	*nb = &run.nb[i];
	struct signal		*s;
	char			*text;

	text = expand(line);
	s = signal_parse((const uint8_t *)text, strlen(text), NULL);
	free(text);
	if (s == NULL || !run.up[i]) {
		signal_free(s);
		return;
	}
	switch (s->type) {
	case SIGNAL_FEDERATED_SIGNAL_FORWARD:
		envelope_signal(run.envelope, nb, s);
		break;
	case SIGNAL_PRESENCE_DIGEST:
		digest_signal(run.digest, nb, s);
		break;
	case SIGNAL_ROUTE_QUERY:
	case SIGNAL_ROUTE_RESPONSE:
		find_signal(run.find, nb, s);
		break;
	case SIGNAL_GLOBAL_ROOM_ACTIVE:
	case SIGNAL_GLOBAL_ROOM_INACTIVE:
		fedrooms_signal(run.rooms, nb, s);
		break;
	default:
		break;
	}
	signal_free(s);
	FUZZ_CHECK(fedrooms_people(run.rooms) <= FEDROOMS_PEOPLE_MAX);
	FUZZ_CHECK((digest_ready(run.digest) & ~UINT64_C(0xf)) == 0);
}

/* "ABC {...}" */
static void
from_signald(const char *line)
{
	uint8_t			 path[8][TLS_HASH_LEN];
	struct msg_fed_signal	 msg;
	const char		*why = NULL;
	char			*text;
	size_t			 n = 0;

	while (n < 8 && *line >= 'A' && *line <= 'D')
		memcpy(path[n++], run.fp[*line++ - 'A'], TLS_HASH_LEN);
	line += *line == ' ' ? 1 : 0;
	text = expand(line);
	memset(&msg, 0, sizeof(msg));
	/* The table lets no more through. */
	msg.path.data = path[0];
	msg.path.len = n <= FED_PATH_MAX ? n * TLS_HASH_LEN : 0;
	msg.inner.data = (const uint8_t *)text;
	msg.inner.len = strlen(text);
	if (msg.inner.len <= FED_SIGNAL_MAX &&
	    envelope_from_signald(run.envelope, &msg, &why) == -1)
		FUZZ_CHECK(why != NULL);
	free(text);
}

static void
search(const char *line)
{
	struct msg_fed_find	msg;

	memset(&msg, 0, sizeof(msg));
	if (strlcpy(msg.fingerprint, line, sizeof(msg.fingerprint)) >=
	    sizeof(msg.fingerprint))
		return;
	msg.seq = ++run.asked;
	find_person(run.find, &msg);
}

static void
datagram(unsigned int i, const uint8_t *p, size_t len)
{
	uint8_t	*copy = fuzz_copy(p, len);

	if (run.up[i] && len <= FEDMEDIA_PACKET_MAX) {
		if (run.nb[i].nb_legacy)
			fedmedia_bare(run.media, &run.nb[i], copy, len);
		else
			fedmedia_datagram(run.media, &run.nb[i], copy, len);
		fedmedia_flush(run.media);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char		*copy, *line, *next;
	unsigned int	 n = 0, i;
	size_t		 l;

	fuzz_quiet();
	if ((copy = malloc(len + 1)) == NULL)
		return (0);
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	begin();
	for (line = copy; line != NULL && n++ < LINES_MAX; line = next) {
		l = len - (size_t)(line - copy);
		if ((next = memchr(line, '\n', l)) != NULL) {
			l = (size_t)(next - line);
			*next++ = '\0';
		}
		run.said = 0;
		i = line[0] != '\0' && line[1] >= 'A' && line[1] <= 'D' ?
		    (unsigned int)(line[1] - 'A') : RELAYS;
		switch (line[0]) {
		case 'A':
		case 'B':
		case 'C':
		case 'D':
			heard((unsigned int)(line[0] - 'A'), line + 1);
			break;
		case '+':
			if (i < RELAYS)
				link_up(i);
			break;
		case '-':
			if (i < RELAYS)
				link_down(i);
			break;
		case '!':
			from_signald(line + 1);
			break;
		case '?':
			search(line + 1);
			break;
		case 't':
			pass(20 * NS_PER_MS);
			break;
		case 'T':
			pass(2 * NS_PER_S);
			break;
		case '*':
		case '.':
			if (i < RELAYS)
				datagram(i, (const uint8_t *)line + 2, l - 2);
			break;
		default:
			break;
		}
	}
	end();
	free(copy);
	return (0);
}
