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

#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/fed_world.h"

static int	 end_send(struct neighbour *, const struct signal *);
static int	 end_datagram(struct neighbour *, const void *, size_t);

static const struct neighbour_ops	end_ops = {
	.send = end_send,
	.datagram = end_datagram
};

/* One more line of a text that grows. */
static void
line(char **text, size_t *len, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert_true(n > 0);
	*text = realloc(*text, *len + (size_t)n + 1);
	assert_non_null(*text);
	va_start(ap, fmt);
	vsnprintf(*text + *len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	*len += (size_t)n;
}

/* "<A>" for the fingerprint of relay A, so that people can read it. */
static char *
fold(const char *text)
{
	char		*out = NULL;
	size_t		 len = 0;
	unsigned int	 n;

	while (*text != '\0') {
		for (n = 0; n < FW_RELAYS; n++)
			if (strncmp(text, fw_tls_fp(n), TLS_FP_STRLEN - 1) ==
			    0)
				break;
		if (n < FW_RELAYS) {
			line(&out, &len, "<%c>", 'A' + (int)n);
			text += TLS_FP_STRLEN - 1;
		} else
			line(&out, &len, "%c", *text++);
	}
	return (out);
}

static char *
unfold(const char *text)
{
	char	*out = NULL;
	size_t	 len = 0;

	while (*text != '\0') {
		if (text[0] == '<' && text[1] >= 'A' && text[1] <= 'P' &&
		    text[2] == '>') {
			line(&out, &len, "%s",
			    fw_tls_fp((unsigned int)(text[1] - 'A')));
			text += 3;
		} else
			line(&out, &len, "%c", *text++);
	}
	return (out);
}

static void
letters(const uint8_t *path, size_t n, char out[FED_PATH_MAX + 1])
{
	size_t	 i;

	assert_true(n <= FED_PATH_MAX);
	for (i = 0; i < n; i++)
		out[i] = (char)('A' + path[i * TLS_HASH_LEN] - 0xa0);
	out[n] = '\0';
}

const char *
fw_tls_fp(unsigned int n)
{
	static char	 text[FW_RELAYS][TLS_FP_STRLEN];
	uint8_t		 fp[TLS_HASH_LEN];

	memset(fp, (int)(0xa0 + n), sizeof(fp));
	identity_tls_fp(fp, text[n]);
	return (text[n]);
}

const char *
fw_person(unsigned int n)
{
	static char	 text[8][FP_STRLEN];
	static size_t	 turn;
	char		*p = text[turn++ % 8];

	snprintf(p, FP_STRLEN, "%04x:%04x:0000:0000:0000:0000:0000:beef",
	    n >> 16, n & 0xffff);
	return (p);
}

/* What leaves a relay for its own processes. */

static int
to_signald(void *arg, enum msg_type type, const void *m)
{
	struct fw_relay			*fr = arg;
	const struct msg_fed_signal	*fs = m;
	const struct msg_fed_unsent	*fu = m;
	char				 path[FED_PATH_MAX + 1];

	if (fr->fr_no_signald)
		return (-1);
	if (type == MSG_FED_SIGNAL) {
		assert_true(fs->path.len % TLS_HASH_LEN == 0);
		letters(fs->path.data, fs->path.len / TLS_HASH_LEN, path);
		line(&fr->fr_log, &fr->fr_loglen, "signal %s %s%s %.*s\n",
		    path, fs->label, fs->legacy ? " legacy" : "",
		    (int)fs->inner.len, (const char *)fs->inner.data);
	} else {
		assert_int_equal(type, MSG_FED_UNSENT);
		letters(fu->path.data, fu->path.len / TLS_HASH_LEN, path);
		line(&fr->fr_log, &fr->fr_loglen, "unsent %s%s%s\n",
		    fu->call_id, *path == '\0' ? "" : " ", path);
	}
	return (0);
}

static void
to_rooms(void *arg, struct neighbour *nb, const uint8_t (*way)[TLS_HASH_LEN],
    size_t n, const struct signal *s)
{
	struct fw_relay	*fr = arg;
	char		 path[FED_PATH_MAX + 1];

	assert_true(n > 0);
	assert_memory_equal(way[0], nb->nb_fp, TLS_HASH_LEN);
	letters(way[0], n, path);
	line(&fr->fr_log, &fr->fr_loglen, "room %s %s %s\n", path,
	    signal_name(s->type), s->u.global_room.room);
}

static void
to_media(void *arg, const uint8_t tag[8], struct neighbour *a,
    struct neighbour *b, bool live)
{
	struct fw_relay	*fr = arg;

	line(&fr->fr_log, &fr->fr_loglen,
	    "transit %02x%02x%02x%02x %c-%c%s\n", tag[0], tag[1], tag[2],
	    tag[3], 'A' + a->nb_fp[0] - 0xa0, 'A' + b->nb_fp[0] - 0xa0,
	    live ? "" : " end");
}

static const struct envelope_ops	envelope_ops = {
	.signald = to_signald,
	.room = to_rooms,
	.transit = to_media
};

static void
found(void *arg, const struct msg_fed_found *msg)
{
	static const char	*names[] = { "found", "maybe", "not found" };
	struct fw_relay		*fr = arg;
	char			 path[FED_PATH_MAX + 1];

	letters(msg->path.data, msg->path.len / TLS_HASH_LEN, path);
	line(&fr->fr_log, &fr->fr_loglen, "%llu %s%s%s\n",
	    (unsigned long long)msg->seq, names[msg->outcome],
	    *path == '\0' ? "" : " ", path);
}

static const struct find_ops	find_ops = {
	.found = found
};

/* Links. */

static void
fly(struct fw *w, unsigned int from, unsigned int to, const char *text)
{
	struct fw_flight	*fl, **at;

	fl = calloc(1, sizeof(*fl));
	assert_non_null(fl);
	fl->fl_due = w->fw_now + FW_TRIP_MS * NS_PER_MS;
	fl->fl_from = from;
	fl->fl_to = to;
	fl->fl_text = strdup(text);
	assert_non_null(fl->fl_text);
	for (at = &w->fw_flights; *at != NULL; at = &(*at)->fl_next)
		;
	*at = fl;
}

static int
end_send(struct neighbour *nb, const struct signal *s)
{
	static char	 text[SIGNAL_MAX + 1];
	struct fw_end	*fe = nb->nb_arg;
	struct fw	*w = fe->fe_world;
	char		*folded;
	int		 len;

	if (!fe->fe_up || fe->fe_full) {
		errno = fe->fe_full ? ENOBUFS : ENOTCONN;
		return (-1);
	}
	assert_true((len = signal_print(s, text, sizeof(text))) > 0);
	w->fw_count[s->type]++;
	w->fw_bytes += (size_t)len;
	if (!w->fw_quiet) {
		folded = w->fw_raw ? strdup(text) : fold(text);
		assert_non_null(folded);
		line(&w->fw_wire, &w->fw_wirelen, "%c>%c %s\n",
		    'A' + (int)fe->fe_from, 'A' + (int)fe->fe_to, folded);
		free(folded);
	}
	fly(w, fe->fe_from, fe->fe_to, text);
	return (0);
}

static int
end_datagram(struct neighbour *nb, const void *data, size_t len)
{
	(void)nb;
	(void)data;
	(void)len;
	return (-1);
}

static void
set_time(struct fw *w)
{
	size_t	 i;

	for (i = 0; i < w->fw_n; i++) {
		envelope_set_time(w->fw_relay[i].fr_envelope, w->fw_now);
		digest_set_time(w->fw_relay[i].fr_digest, w->fw_now);
		find_set_time(w->fw_relay[i].fr_find, w->fw_now);
	}
}

void
fw_begin(struct fw *w, size_t relays)
{
	struct fw_relay	*fr;
	uint8_t		 secret[16] = "secret of relay";
	size_t		 i;

	assert_true(relays <= FW_RELAYS);
	memset(w, 0, sizeof(*w));
	w->fw_now = NS_PER_S;
	w->fw_n = relays;
	for (i = 0; i < relays; i++) {
		fr = &w->fw_relay[i];
		memset(fr->fr_fp, (int)(0xa0 + i), sizeof(fr->fr_fp));
		secret[15] = (uint8_t)i;
		fr->fr_envelope = envelope_new(fr->fr_fp, &envelope_ops, fr);
		fr->fr_digest = digest_new(secret);
		assert_non_null(fr->fr_digest);
		fr->fr_find = find_new(fr->fr_fp, fr->fr_digest, secret,
		    &find_ops, fr);
		assert_non_null(fr->fr_envelope);
		assert_non_null(fr->fr_find);
	}
	set_time(w);
}

void
fw_end(struct fw *w)
{
	struct fw_flight	*fl;
	size_t			 i;

	while ((fl = w->fw_flights) != NULL) {
		w->fw_flights = fl->fl_next;
		free(fl->fl_text);
		free(fl);
	}
	for (i = 0; i < w->fw_n; i++) {
		envelope_free(w->fw_relay[i].fr_envelope);
		find_free(w->fw_relay[i].fr_find);
		digest_free(w->fw_relay[i].fr_digest);
		free(w->fw_relay[i].fr_log);
	}
	free(w->fw_wire);
}

static void
link_end(struct fw *w, unsigned int from, unsigned int to, int flags,
    bool legacy)
{
	struct fw_relay	*fr = &w->fw_relay[from];
	struct fw_end	*fe = &fr->fr_end[to];

	memset(fe, 0, sizeof(*fe));
	fe->fe_world = w;
	fe->fe_from = from;
	fe->fe_to = to;
	fe->fe_up = true;
	memcpy(fe->fe_nb.nb_fp, w->fw_relay[to].fr_fp, TLS_HASH_LEN);
	fe->fe_nb.nb_index = to;
	snprintf(fe->fe_nb.nb_label, sizeof(fe->fe_nb.nb_label), "relay-%c",
	    'a' + (int)to);
	fe->fe_nb.nb_features = legacy ? 0 : FW_OURS;
	fe->fe_nb.nb_legacy = legacy;
	fe->fe_nb.nb_transit = (flags & FW_TRANSIT) != 0;
	fe->fe_nb.nb_ops = &end_ops;
	fe->fe_nb.nb_arg = fe;
	envelope_up(fr->fr_envelope, &fe->fe_nb);
	digest_up(fr->fr_digest, &fe->fe_nb);
	find_up(fr->fr_find, &fe->fe_nb);
}

/* An original has none of our modules: what it gets is only written down. */
void
fw_link(struct fw *w, unsigned int a, unsigned int b, int flags)
{
	link_end(w, a, b, flags, (flags & FW_LEGACY) != 0);
	if ((flags & FW_LEGACY) == 0)
		link_end(w, b, a, flags, false);
}

void
fw_row(struct fw *w, size_t n)
{
	unsigned int	 i;

	for (i = 0; i + 1 < n; i++)
		fw_link(w, i, i + 1, FW_TRANSIT);
}

void
fw_middle(struct fw *w, bool first, bool last)
{
	fw_link(w, 0, 1, first ? FW_TRANSIT : 0);
	fw_link(w, 1, 2, last ? FW_TRANSIT : 0);
}

static void
cut_end(struct fw *w, unsigned int from, unsigned int to)
{
	struct fw_relay	*fr = &w->fw_relay[from];
	struct fw_end	*fe = &fr->fr_end[to];

	if (!fe->fe_up)
		return;
	fe->fe_up = false;
	find_down(fr->fr_find, &fe->fe_nb);
	digest_down(fr->fr_digest, &fe->fe_nb);
	envelope_down(fr->fr_envelope, &fe->fe_nb);
}

void
fw_cut(struct fw *w, unsigned int a, unsigned int b)
{
	struct fw_flight	*fl, **at;

	cut_end(w, a, b);
	cut_end(w, b, a);
	for (at = &w->fw_flights; (fl = *at) != NULL;) {
		if ((fl->fl_from == a && fl->fl_to == b) ||
		    (fl->fl_from == b && fl->fl_to == a)) {
			*at = fl->fl_next;
			free(fl->fl_text);
			free(fl);
		} else
			at = &fl->fl_next;
	}
}

void
fw_send_text(struct fw *w, unsigned int from, unsigned int to,
    const char *text)
{
	char	*full = unfold(text);

	fly(w, from, to, full);
	free(full);
}

void
fw_send(struct fw *w, unsigned int from, unsigned int to,
    const struct signal *s)
{
	static char	 text[SIGNAL_MAX + 1];

	assert_true(signal_print(s, text, sizeof(text)) > 0);
	fly(w, from, to, text);
}

static void
arrive(struct fw *w, struct fw_flight *fl)
{
	struct fw_relay	*fr = &w->fw_relay[fl->fl_to];
	struct fw_end	*fe = &fr->fr_end[fl->fl_from];
	struct signal	*s;
	const char	*why;

	s = signal_parse((const uint8_t *)fl->fl_text, strlen(fl->fl_text),
	    &why);
	assert_non_null(s);
	if (fe->fe_up && (w->fw_hook == NULL ||
	    w->fw_hook(w, fl->fl_from, fl->fl_to, s))) {
		switch (s->type) {
		case SIGNAL_FEDERATED_SIGNAL_FORWARD:
			envelope_signal(fr->fr_envelope, &fe->fe_nb, s);
			break;
		case SIGNAL_PRESENCE_DIGEST:
			digest_signal(fr->fr_digest, &fe->fe_nb, s);
			break;
		default:
			find_signal(fr->fr_find, &fe->fe_nb, s);
		}
	}
	signal_free(s);
	free(fl->fl_text);
	free(fl);
}

static uint64_t
next_time(const struct fw *w)
{
	const struct fw_relay	*fr;
	uint64_t		 next = UINT64_MAX;
	size_t			 i;

	if (w->fw_flights != NULL)
		next = w->fw_flights->fl_due;
	for (i = 0; i < w->fw_n; i++) {
		fr = &w->fw_relay[i];
		next = clock_earlier(next, envelope_expiry(fr->fr_envelope));
		next = clock_earlier(next, digest_expiry(fr->fr_digest));
		next = clock_earlier(next, find_expiry(fr->fr_find));
	}
	return (next);
}

void
fw_run(struct fw *w, unsigned int ms)
{
	struct fw_flight	*fl;
	uint64_t		 until = w->fw_now + ms * NS_PER_MS, next;
	size_t			 i;

	while ((next = next_time(w)) <= until) {
		if (next > w->fw_now)
			w->fw_now = next;
		set_time(w);
		while ((fl = w->fw_flights) != NULL &&
		    fl->fl_due <= w->fw_now) {
			w->fw_flights = fl->fl_next;
			arrive(w, fl);
		}
		for (i = 0; i < w->fw_n; i++) {
			envelope_expire(w->fw_relay[i].fr_envelope);
			digest_expire(w->fw_relay[i].fr_digest);
			find_expire(w->fw_relay[i].fr_find);
		}
	}
	w->fw_now = until;
	set_time(w);
}

/* From signald. */

void
fw_here(struct fw *w, unsigned int relay, unsigned int person, bool present)
{
	struct msg_fed_presence	 msg;

	memset(&msg, 0, sizeof(msg));
	memcpy(msg.fingerprint, fw_person(person), FP_STRLEN);
	msg.present = present;
	digest_person(w->fw_relay[relay].fr_digest, &msg);
}

void
fw_find(struct fw *w, unsigned int relay, uint64_t seq, unsigned int person)
{
	struct msg_fed_find	 msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	memcpy(msg.fingerprint, fw_person(person), FP_STRLEN);
	find_person(w->fw_relay[relay].fr_find, &msg);
}

void
fw_say(struct fw *w, unsigned int relay, const char *way, const char *inner)
{
	struct fw_relay		*fr = &w->fw_relay[relay];
	struct msg_fed_signal	 msg;
	uint8_t			 path[8 * TLS_HASH_LEN];
	const char		*why = "";
	size_t			 i;

	assert_true(strlen(way) <= 8);
	for (i = 0; way[i] != '\0'; i++)
		memset(path + i * TLS_HASH_LEN, 0xa0 + way[i] - 'A',
		    TLS_HASH_LEN);
	memset(&msg, 0, sizeof(msg));
	msg.path.data = path;
	msg.path.len = i * TLS_HASH_LEN;
	msg.inner.data = (const uint8_t *)inner;
	msg.inner.len = strlen(inner);
	if (envelope_from_signald(fr->fr_envelope, &msg, &why) == -1)
		line(&fr->fr_log, &fr->fr_loglen, "blame %s\n", why);
}

static void
expect(char **text, size_t *len, const char *lines)
{
	char	*had = *text;

	*text = NULL;
	*len = 0;
	assert_string_equal(had == NULL ? "" : had, lines);
	free(had);
}

void
fw_expect(struct fw *w, unsigned int relay, const char *lines)
{
	expect(&w->fw_relay[relay].fr_log, &w->fw_relay[relay].fr_loglen,
	    lines);
}

void
fw_expect_wire(struct fw *w, const char *lines)
{
	expect(&w->fw_wire, &w->fw_wirelen, lines);
}

void
fw_forget(struct fw *w)
{
	size_t	 i;

	for (i = 0; i < w->fw_n; i++) {
		free(w->fw_relay[i].fr_log);
		w->fw_relay[i].fr_log = NULL;
		w->fw_relay[i].fr_loglen = 0;
	}
	free(w->fw_wire);
	w->fw_wire = NULL;
	w->fw_wirelen = 0;
	memset(w->fw_count, 0, sizeof(w->fw_count));
	w->fw_bytes = 0;
}

void
fw_settle(struct fw *w, unsigned int ms)
{
	fw_run(w, ms);
	fw_forget(w);
}
