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

/* Relays, links and time. */

#include "config.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/federation/sim.h"

struct sim	 sim;
struct result	*now_result;
bool		 quiet;

static void
grow(void *array, size_t *size, size_t need, size_t each)
{
	void	*p, **at = array;
	size_t	 n = *size == 0 ? 64 : 2 * *size;

	if (need <= *size)
		return;
	while (n < need)
		n *= 2;
	if ((p = realloc(*at, n * each)) == NULL)
		err(2, "realloc");
	*at = p;
	*size = n;
}

/* Chance: splitmix64, for it has to be the same everywhere. */

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return (x ^ x >> 31);
}

uint64_t
chance(void)
{
	sim.si_random += UINT64_C(0x9e3779b97f4a7c15);
	return (mix(sim.si_random));
}

uint32_t
below(uint32_t n)
{
	return ((uint32_t)((chance() >> 32) * n >> 32));
}

uint64_t
waiting(double mean_s)
{
	double	 u = ((double)(chance() >> 11) + 1) / 9007199254740993.0;

	return ((uint64_t)(-log(u) * mean_s * 1e9));
}

/* Copies text, if there is any. */
static void
record(struct relay *re, enum what what, uint64_t a, uint64_t b,
    const char *text, uint32_t len)
{
	struct record	*rc;

	if (!re->re_recorded)
		return;
	grow(&re->re_records, &re->re_recordsize, re->re_nrecords + 1,
	    sizeof(*rc));
	rc = &re->re_records[re->re_nrecords++];
	rc->rc_at = sim.si_now;
	rc->rc_what = what;
	rc->rc_arg[0] = a;
	rc->rc_arg[1] = b;
	rc->rc_len = len;
	rc->rc_text = NULL;
	if (text == NULL)
		return;
	if ((rc->rc_text = malloc(len)) == NULL)
		err(2, "malloc");
	memcpy(rc->rc_text, text, len);
}

/* Events. */

static bool
before(const struct event *a, const struct event *b)
{
	return (a->e_at < b->e_at ||
	    (a->e_at == b->e_at && a->e_order < b->e_order));
}

void
event_add(uint64_t at, enum what what, uint32_t relay, uint32_t end,
    char *text, size_t len)
{
	struct event	 e;
	size_t		 i, up;

	grow(&sim.si_heap, &sim.si_size, sim.si_events + 1, sizeof(e));
	e.e_at = at;
	e.e_order = sim.si_orders++;
	e.e_what = what;
	e.e_relay = relay;
	e.e_end = end;
	e.e_text = text;
	e.e_len = (uint32_t)len;
	for (i = sim.si_events++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!before(&e, &sim.si_heap[up]))
			break;
		sim.si_heap[i] = sim.si_heap[up];
	}
	sim.si_heap[i] = e;
}

static void
event_take(struct event *out)
{
	struct event	*heap = sim.si_heap, last;
	size_t		 i, down, n;

	*out = heap[0];
	n = --sim.si_events;
	last = heap[n];
	for (i = 0; (down = 2 * i + 1) < n; i = down) {
		if (down + 1 < n && before(&heap[down + 1], &heap[down]))
			down++;
		if (!before(&heap[down], &last))
			break;
		heap[i] = heap[down];
	}
	heap[i] = last;
}

/* Relays. */

static uint32_t
number(const struct relay *re)
{
	return ((uint32_t)(re - sim.si_relays));
}

void
woken(struct relay *re)
{
	uint64_t	 next;

	next = clock_earlier(digest_expiry(re->re_digest),
	    find_expiry(re->re_find));
	if (next < re->re_timer) {
		re->re_timer = next;
		event_add(next, EV_TIMER, number(re), 0, NULL, 0);
	}
}

void
set_time(struct relay *re)
{
	digest_set_time(re->re_digest, sim.si_now);
	find_set_time(re->re_find, sim.si_now);
}

static int
end_send(struct neighbour *nb, const struct signal *s)
{
	struct end	*en = nb->nb_arg;
	char		*text;
	int		 len;

	if (!en->en_up)
		return (-1);
	if ((len = signal_print(s, sim.si_text, sizeof(sim.si_text))) == -1)
		errx(2, "a signal that cannot be printed");
	if ((text = malloc((size_t)len)) == NULL)
		err(2, "malloc");
	memcpy(text, sim.si_text, (size_t)len);
	en->en_relay->re_sent++;
	sim.si_cost.co_messages++;
	sim.si_cost.co_bytes += (size_t)len + FRAME_LEN;
	event_add(sim.si_now + en->en_trip, EV_MESSAGE, en->en_to, en->en_its,
	    text, (size_t)len);
	return (0);
}

static const struct neighbour_ops	end_ops = {
	.send = end_send
};

/* Is the last of path where this person is, and does the path exist? */
static bool
path_good(const struct call *ca, const struct msg_bytes *path)
{
	const struct relay	*re = &sim.si_relays[ca->ca_relay];
	uint32_t		 i;
	size_t			 off;

	for (off = 0; off < path->len; off += TLS_HASH_LEN) {
		for (i = 0; i < re->re_nends; i++)
			if (memcmp(re->re_ends[i].en_nb.nb_fp,
			    path->data + off, TLS_HASH_LEN) == 0)
				break;
		if (i == re->re_nends)
			return (false);
		re = &sim.si_relays[re->re_ends[i].en_to];
	}
	return (path->len > 0 && number(re) == ca->ca_home);
}

static void
found(void *arg, const struct msg_fed_found *msg)
{
	struct call	*ca = &sim.si_calls[msg->seq];

	(void)arg;
	if (ca->ca_done)
		errx(2, "two answers to one question");
	ca->ca_done = true;
	ca->ca_took = sim.si_now - ca->ca_at;
	ca->ca_outcome = msg->outcome;
	if (msg->outcome == FED_FOUND && !path_good(ca, &msg->path))
		now_result->rs_wrong++;
}

static const struct find_ops	find_ops = {
	.found = found
};

const char *
person_fp(uint64_t person)
{
	static const char	 hex[] = "0123456789abcdef";
	static char		 text[FP_STRLEN];
	uint64_t		 bits[2];
	char			*p = text;
	size_t			 i;

	bits[0] = mix(person + 1);
	bits[1] = mix(~person);
	for (i = 0; i < 32; i++) {
		if (i > 0 && i % 4 == 0)
			*p++ = ':';
		*p++ = hex[bits[i / 16] >> 4 * (i % 16) & 15];
	}
	*p = '\0';
	return (text);
}

/* Number p of the pool of this relay. */
uint64_t
person_id(uint32_t relay, uint32_t p)
{
	return ((uint64_t)relay * sim.si_pool + p);
}

void
presence(struct digest *d, uint64_t person, bool present)
{
	struct msg_fed_presence	 msg;

	memset(&msg, 0, sizeof(msg));
	memcpy(msg.fingerprint, person_fp(person), FP_STRLEN);
	msg.present = present;
	digest_person(d, &msg);
}

/* The network. */

static void
link_add(uint32_t a, uint32_t b)
{
	struct relay	*side[2];
	struct end	*en;
	uint64_t	 trip;
	int		 i;

	side[0] = &sim.si_relays[a];
	side[1] = &sim.si_relays[b];
	trip = (TRIP_MIN_MS + below(TRIP_MAX_MS - TRIP_MIN_MS)) * NS_PER_MS;
	for (i = 0; i < 2; i++) {
		en = &side[i]->re_ends[side[i]->re_nends];
		memset(en, 0, sizeof(*en));
		en->en_relay = side[i];
		en->en_to = number(side[1 - i]);
		en->en_its = side[1 - i]->re_nends;
		en->en_trip = trip;
		memcpy(en->en_nb.nb_fp, side[1 - i]->re_fp, TLS_HASH_LEN);
		en->en_nb.nb_index = side[i]->re_nends;
		en->en_nb.nb_features = NEIGHBOUR_PATHS | NEIGHBOUR_DIGEST;
		en->en_nb.nb_transit = true;
		en->en_nb.nb_ops = &end_ops;
		en->en_nb.nb_arg = en;
	}
	side[0]->re_nends++;
	side[1]->re_nends++;
}

static bool
linked(uint32_t a, uint32_t b)
{
	uint32_t	 i;

	for (i = 0; i < sim.si_relays[a].re_nends; i++)
		if (sim.si_relays[a].re_ends[i].en_to == b)
			return (true);
	return (a == b);
}

static bool
has(const uint32_t *peers, uint32_t peer)
{
	uint32_t	 i;

	for (i = 0; i < sim.si_k; i++)
		if (peers[i] == peer)
			return (true);
	return (false);
}

static void
change_peer(uint32_t *peers, uint32_t from, uint32_t to)
{
	while (*peers != from)
		peers++;
	*peers = to;
}

/*
 * A random graph in which each has k neighbours: a ring with its chords, and
 * then pairs of links that change partners many times, which keeps degrees.
 * k n - 1: all are linked with all.
 */
static void
graph(void)
{
	uint32_t	*peers, a, b, c, d, i, j, k = sim.si_k, n = sim.si_n;

	if ((peers = calloc((size_t)n * k, sizeof(*peers))) == NULL)
		err(2, "calloc");
	for (i = 0; i < n; i++)
		for (j = 0; j < k; j++) {
			d = k == n - 1 ? j + 1 : j / 2 + 1;
			peers[i * k + j] = (k == n - 1 || j % 2 == 0 ? i + d :
			    i + n - d) % n;
		}
	for (i = 0; i < 20 * n * k && k < n - 1; i++) {
		a = below(n);
		b = peers[a * k + below(k)];
		c = below(n);
		d = peers[c * k + below(k)];
		if (a == c || a == d || b == c || b == d ||
		    has(peers + a * k, d) || has(peers + c * k, b))
			continue;
		change_peer(peers + a * k, b, d);
		change_peer(peers + b * k, a, c);
		change_peer(peers + c * k, d, b);
		change_peer(peers + d * k, c, a);
	}
	for (i = 0; i < n; i++)
		for (j = 0; j < k; j++)
			if (peers[i * k + j] > i)
				link_add(i, peers[i * k + j]);
	free(peers);
}

/* Relays between a and b, at most limit; limit + 1: more. */
static uint32_t
distance(uint32_t a, uint32_t b, uint32_t limit)
{
	static uint32_t	*reached;
	static size_t	 size;
	static size_t	 seensize;
	static uint8_t	*seen;
	const struct relay *re;
	uint32_t	 d, i, n, at, first, last, to;

	grow(&reached, &size, sim.si_n, sizeof(*reached));
	grow(&seen, &seensize, sim.si_n, sizeof(*seen));
	memset(seen, 0, sim.si_n);
	reached[0] = a;
	seen[a] = 1;
	for (d = 0, first = 0, last = 1; d <= limit; d++) {
		n = last;
		for (at = first; at < last; at++) {
			if (reached[at] == b)
				return (d);
			re = &sim.si_relays[reached[at]];
			for (i = 0; i < re->re_nends; i++) {
				to = re->re_ends[i].en_to;
				if (seen[to])
					continue;
				seen[to] = 1;
				reached[n++] = to;
			}
		}
		first = last;
		last = n;
	}
	return (limit + 1);
}

void
build(uint32_t n, uint32_t k, uint32_t people, uint64_t seed)
{
	struct relay	*re;
	uint64_t	 x;
	uint32_t	 i, p;
	size_t		 b;

	memset(&sim, 0, sizeof(sim));
	sim.si_n = n;
	sim.si_k = k;
	sim.si_people = people;
	sim.si_pool = people + people / 4;
	sim.si_random = seed;
	if ((sim.si_relays = calloc(n, sizeof(*sim.si_relays))) == NULL)
		err(2, "calloc");
	for (i = 0; i < n; i++) {
		re = &sim.si_relays[i];
		for (b = 0; b < TLS_HASH_LEN; b += sizeof(x)) {
			x = chance();
			memcpy(re->re_fp + b, &x, sizeof(x));
		}
		for (b = 0; b < sizeof(re->re_secret); b += sizeof(x)) {
			x = chance();
			memcpy(re->re_secret + b, &x, sizeof(x));
		}
		re->re_timer = UINT64_MAX;
		re->re_recorded = i < RECORDED;
		re->re_digest = digest_new(re->re_secret);
		re->re_find = re->re_digest == NULL ? NULL :
		    find_new(re->re_fp, re->re_digest, re->re_secret,
		    &find_ops, re);
		re->re_ends = calloc(k, sizeof(*re->re_ends));
		re->re_pool = calloc(sim.si_pool, sizeof(*re->re_pool));
		if (re->re_find == NULL || re->re_ends == NULL ||
		    re->re_pool == NULL)
			err(2, "relay");
		for (p = 0; p < sim.si_pool; p++)
			re->re_pool[p] = p;
	}
	graph();
	for (i = 0; i < n; i++) {
		re = &sim.si_relays[i];
		for (p = 0; p < people; p++)
			presence(re->re_digest, person_id(i, p), true);
		for (p = 0; p < k; p++)
			if (re->re_ends[p].en_to > i)
				event_add(chance() % LINKS_NS, EV_LINK, i, p,
				    NULL, 0);
	}
}

void
clear(void)
{
	size_t	 i, k;

	for (i = 0; i < sim.si_events; i++)
		free(sim.si_heap[i].e_text);
	for (i = 0; i < sim.si_n; i++) {
		find_free(sim.si_relays[i].re_find);
		digest_free(sim.si_relays[i].re_digest);
		free(sim.si_relays[i].re_ends);
		free(sim.si_relays[i].re_pool);
		for (k = 0; k < sim.si_relays[i].re_nrecords; k++)
			free(sim.si_relays[i].re_records[k].rc_text);
		free(sim.si_relays[i].re_records);
	}
	free(sim.si_relays);
	free(sim.si_heap);
	free(sim.si_calls);
}

/* What happens. */

static void
link_up(struct end *en)
{
	struct end	*its = &sim.si_relays[en->en_to].re_ends[en->en_its];
	struct end	*both[2];
	int		 i;

	both[0] = en;
	both[1] = its;
	for (i = 0; i < 2; i++) {
		both[i]->en_up = true;
		record(both[i]->en_relay, EV_LINK,
		    (uint64_t)(both[i] - both[i]->en_relay->re_ends), 0, NULL,
		    0);
		set_time(both[i]->en_relay);
		digest_up(both[i]->en_relay->re_digest, &both[i]->en_nb);
		find_up(both[i]->en_relay->re_find, &both[i]->en_nb);
		woken(both[i]->en_relay);
	}
}

void
message(struct relay *re, uint32_t end, const char *text, size_t len)
{
	struct end	*en = &re->re_ends[end];
	struct signal	*s;
	const char	*why;

	if ((s = signal_parse((const uint8_t *)text, len, &why)) == NULL)
		errx(2, "a signal that cannot be parsed: %s", why);
	if (s->type == SIGNAL_PRESENCE_DIGEST)
		digest_signal(re->re_digest, &en->en_nb, s);
	else
		find_signal(re->re_find, &en->en_nb, s);
	signal_free(s);
}

void
change_people(struct relay *re, uint64_t gone, uint64_t here)
{
	record(re, EV_CHANGE, gone, here, NULL, 0);
	presence(re->re_digest, gone, false);
	presence(re->re_digest, here, true);
}

static void
change(struct relay *re)
{
	uint32_t	 a = below(sim.si_people), b, p;

	b = sim.si_people + below(sim.si_pool - sim.si_people);
	p = re->re_pool[a];
	re->re_pool[a] = re->re_pool[b];
	re->re_pool[b] = p;
	change_people(re, person_id(number(re), p),
	    person_id(number(re), re->re_pool[a]));
}

static uint32_t
neighbour_of(uint32_t relay)
{
	const struct relay	*re = &sim.si_relays[relay];

	return (re->re_ends[below(re->re_nends)].en_to);
}

void
ask(struct relay *re, uint64_t seq, uint64_t person)
{
	struct msg_fed_find	 msg;

	record(re, EV_CALL, seq, person, NULL, 0);
	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	memcpy(msg.fingerprint, person_fp(person), FP_STRLEN);
	find_person(re->re_find, &msg);
}

void
call(struct relay *re, enum kind kind)
{
	struct call		*ca;
	uint32_t		 self = number(re), home, tries, d;

	home = neighbour_of(self);
	if (kind == KIND_TWO)
		for (tries = 0; tries < 100 && linked(self, home); tries++)
			home = neighbour_of(neighbour_of(self));
	else if (kind != KIND_NEAR)
		do
			home = below(sim.si_n);
		while (home == self);
	d = distance(self, home, FED_PATH_MAX);
	grow(&sim.si_calls, &sim.si_callsize, sim.si_ncalls + 1, sizeof(*ca));
	ca = &sim.si_calls[sim.si_ncalls];
	memset(ca, 0, sizeof(*ca));
	ca->ca_at = sim.si_now;
	ca->ca_relay = self;
	ca->ca_home = home;
	ca->ca_kind = kind;
	ca->ca_person = sim.si_relays[home].re_pool[kind == KIND_AWAY ?
	    sim.si_people + below(sim.si_pool - sim.si_people) :
	    below(sim.si_people)];
	ca->ca_reach = kind != KIND_AWAY && d <= FED_PATH_MAX;
	sim.si_ncalls++;
	ask(re, sim.si_ncalls - 1, person_id(home, ca->ca_person));
}

static enum kind
any_kind(void)
{
	uint32_t	 x = below(100);

	if (x < 75)
		return (KIND_NEAR);
	if (x < 92)
		return (KIND_TWO);
	return (x < 96 ? KIND_FAR : KIND_AWAY);
}

static void
progress(uint64_t until, bool last)
{
	static uint64_t	 shown;
	uint64_t	 now = clock_mono_ns();

	if (quiet || (!last && now - shown < NS_PER_S))
		return;
	shown = now;
	fprintf(stderr, "\r%u relays: %.1f of %.1f s, %.2f M messages  %s",
	    sim.si_n, (double)sim.si_now / 1e9, (double)until / 1e9,
	    (double)sim.si_cost.co_messages / 1e6, last ? "\r\033[K" : "");
}

/* Up to this time, or, if that is 0, until every call has its answer. */
void
run(uint64_t until)
{
	struct relay	*re;
	struct event	 e;

	while (sim.si_events > 0) {
		if (until == 0 ? sim.si_calls[sim.si_ncalls - 1].ca_done :
		    sim.si_heap[0].e_at > until)
			break;
		event_take(&e);
		sim.si_now = e.e_at;
		re = &sim.si_relays[e.e_relay];
		set_time(re);
		switch (e.e_what) {
		case EV_MESSAGE:
			record(re, EV_MESSAGE, e.e_end, 0, e.e_text, e.e_len);
			message(re, e.e_end, e.e_text, e.e_len);
			free(e.e_text);
			break;
		case EV_TIMER:
			if (re->re_timer != e.e_at)
				break;
			record(re, EV_TIMER, 0, 0, NULL, 0);
			re->re_timer = UINT64_MAX;
			digest_expire(re->re_digest);
			find_expire(re->re_find);
			break;
		case EV_LINK:
			link_up(&re->re_ends[e.e_end]);
			break;
		case EV_CHANGE:
			if (sim.si_still)
				break;
			change(re);
			event_add(sim.si_now + waiting(AWAY_S /
			    sim.si_people), EV_CHANGE, e.e_relay, 0, NULL, 0);
			break;
		case EV_CALL:
			if (sim.si_still)
				break;
			call(re, any_kind());
			event_add(sim.si_now + waiting(CALLS_S /
			    sim.si_people), EV_CALL, e.e_relay, 0, NULL, 0);
			break;
		}
		woken(re);
		progress(until, false);
	}
	if (until != 0) {
		sim.si_now = until;
		progress(until, true);
	}
}
