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
 * The clients of both relays (bench.h): each with a socket of its own, all of
 * them in one endpoint that behaves as the originals do.  Person i of a and
 * person i of b are a pair.
 */
#include "config.h"

#include <sys/socket.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "common/base/clock.h"
#include "common/quic/endpoint.h"
#include "common/quic/params.h"
#include "common/quic/tls.h"
#include "common/quic/udp.h"
#include "common/wire/identity.h"
#include "common/wire/media.h"
#include "common/wire/signal.h"

/* At once: a relay has a queue of handshakes. */
#define DIALS_MAX	8
#define ROOM_MAX	128
#define CALL_LIMIT_NS	(2 * NS_PER_S)
#define SETTLE_NS	(NS_PER_S / 2)

enum person_state {
	PERSON_NEW,
	PERSON_REGISTERING,
	PERSON_REGISTERED,
	PERSON_CALLING,
	PERSON_IN_CALL,		/* knows the room */
	PERSON_JOINING,
	PERSON_JOINED		/* sees the other in it */
};

struct person {
	struct load		*p_load;
	unsigned int		 p_side;
	unsigned int		 p_index;	/* of the pair */
	enum person_state	 p_state;
	struct identity		 p_identity;
	char			 p_fp[IDENTITY_FP_STRLEN];
	struct udp		*p_udp;
	struct quic_conn	*p_signal;
	struct quic_conn	*p_media;
	char			 p_room[ROOM_MAX];
	uint16_t		 p_seq;
	uint64_t		 p_calling;	/* since; 0: not */
	unsigned int		 p_calls;
};

struct load {
	struct quic_endpoint	*l_ep;
	struct quic_ops		 l_ops;
	struct quic_tls		*l_tls;
	struct addr		 l_relay[2];
	unsigned int		 l_pairs;
	struct person		*l_people;	/* those of a, those of b */
	struct pollfd		*l_pfds;
	bool			 l_accept;	/* those of b: or reject */
	unsigned int		 l_dialling;
	bool			 l_failed;
	/* Of the phase that runs. */
	uint32_t		 l_phase;
	struct figures		*l_figures;
	uint64_t		 l_signals;
	float			*l_delays;
	size_t			 l_ndelays;
	size_t			 l_delays_max;
};

static int	person_open(struct person *);
static void	dial(struct load *, uint64_t);
static void	turn(struct load *, int);
static int	all_are(struct load *, enum person_state, unsigned int);
static void	received(void *, const struct addr *, const struct addr *,
		    uint8_t, const uint8_t *, size_t);
static void	on_established(void *, struct quic_conn *);
static void	on_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	on_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	on_transmit(void *, const struct quic_packet *);
static void	say(struct load *, struct quic_conn *, const struct signal *);
static void	offer_media(struct person *);
static void	offer_call(struct person *, uint64_t);
static void	answer_call(struct person *, const char *);
static void	talk(struct person *, uint64_t);
static int	by_value(const void *, const void *);

struct load *
load_new(const struct addr *a, const struct addr *b, unsigned int pairs)
{
	struct quic_config	 cf;
	struct load		*l;
	unsigned int		 i;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (NULL);
	l->l_relay[0] = *a;
	l->l_relay[1] = *b;
	l->l_pairs = pairs;
	l->l_people = calloc(2 * pairs, sizeof(*l->l_people));
	l->l_pfds = calloc(2 * pairs, sizeof(*l->l_pfds));
	l->l_ops.established = on_established;
	l->l_ops.message = on_message;
	l->l_ops.datagram = on_datagram;
	l->l_ops.closed = on_closed;
	l->l_ops.transmit = on_transmit;
	memset(&cf, 0, sizeof(cf));
	quic_limits_default(&cf.limits);
	cf.limits.max_connections = 4 * pairs;
	cf.ops = &l->l_ops;
	cf.arg = l;
	cf.as_original = true;
	if (l->l_people == NULL || l->l_pfds == NULL ||
	    (l->l_tls = quic_tls_client(true)) == NULL)
		goto fail;
	cf.tls_client = l->l_tls;
	if ((l->l_ep = quic_endpoint_new(&cf)) == NULL)
		goto fail;
	for (i = 0; i < 2 * pairs; i++) {
		l->l_people[i].p_load = l;
		l->l_people[i].p_side = i / pairs;
		l->l_people[i].p_index = i % pairs;
		if (person_open(&l->l_people[i]) == -1)
			goto fail;
		l->l_pfds[i].fd = udp_fd(l->l_people[i].p_udp);
		l->l_pfds[i].events = POLLIN;
	}
	return (l);
fail:
	load_free(l);
	return (NULL);
}

/* Says goodbye. */
void
load_free(struct load *l)
{
	uint64_t	until;
	unsigned int	i;

	if (l == NULL)
		return;
	if (l->l_ep != NULL) {
		for (i = 0; i < 2 * l->l_pairs; i++) {
			if (l->l_people[i].p_media != NULL)
				quic_close(l->l_people[i].p_media, 0, "");
			if (l->l_people[i].p_signal != NULL)
				quic_close(l->l_people[i].p_signal, 0, "");
		}
		until = clock_mono_ns() + SETTLE_NS / 5;
		do {
			turn(l, 1);
		} while (clock_mono_ns() < until);
	}
	quic_endpoint_free(l->l_ep);
	for (i = 0; l->l_people != NULL && i < 2 * l->l_pairs; i++)
		udp_free(l->l_people[i].p_udp);
	quic_tls_free(l->l_tls);
	free(l->l_people);
	free(l->l_pfds);
	free(l->l_delays);
	free(l);
}

static int
person_open(struct person *p)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	struct addr		a;
	uint8_t			seed[32];
	int			fd;

	arc4random_buf(seed, sizeof(seed));
	if (identity_from_seed(&p->p_identity, seed) == -1)
		return (-1);
	identity_fingerprint(p->p_identity.id_pub, p->p_fp);
	if (addr_parse(&a, addr_family(&p->p_load->l_relay[p->p_side]) ==
	    AF_INET6 ? "[::1]:0" : "127.0.0.1:0") == -1 ||
	    (fd = udp_bind(&a, 1 << 18)) == -1)
		return (-1);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(&a, (struct sockaddr *)&ss, len) == -1 ||
	    (p->p_udp = udp_new(fd, &a)) == NULL) {
		close(fd);
		return (-1);
	}
	return (0);
}

int
load_register(struct load *l, unsigned int limit_s)
{
	return (all_are(l, PERSON_REGISTERED, limit_s));
}

int
load_join(struct load *l, unsigned int limit_s)
{
	struct figures	fi;
	unsigned int	i;

	memset(&fi, 0, sizeof(fi));
	l->l_figures = &fi;
	l->l_accept = true;
	for (i = 0; i < l->l_pairs; i++) {
		l->l_people[i].p_state = PERSON_CALLING;
		offer_call(&l->l_people[i], clock_mono_ns());
		turn(l, 1);
	}
	l->l_figures = NULL;
	return (all_are(l, PERSON_JOINED, limit_s));
}

static int
all_are(struct load *l, enum person_state state, unsigned int limit_s)
{
	uint64_t	until = clock_mono_ns() + limit_s * NS_PER_S;
	unsigned int	i, n;

	do {
		if (l->l_failed || clock_mono_ns() > until)
			return (-1);
		dial(l, clock_mono_ns());
		turn(l, 10);
		for (i = n = 0; i < 2 * l->l_pairs; i++)
			n += l->l_people[i].p_state == state;
	} while (n < 2 * l->l_pairs);
	return (0);
}

static void
dial(struct load *l, uint64_t now)
{
	struct person		*p;
	struct quic_conn	*c;
	unsigned int		 i;

	for (i = 0; i < 2 * l->l_pairs && l->l_dialling < DIALS_MAX; i++) {
		p = &l->l_people[i];
		if (p->p_state != PERSON_NEW && p->p_state != PERSON_IN_CALL)
			continue;
		c = quic_connect(l->l_ep, i, udp_bound(p->p_udp),
		    &l->l_relay[p->p_side], p->p_state == PERSON_NEW ?
		    QUIC_SNI_SIGNAL : p->p_room, now);
		if (c == NULL) {
			l->l_failed = true;
			return;
		}
		quic_conn_set_data(c, p);
		if (p->p_state == PERSON_NEW) {
			p->p_signal = c;
			p->p_state = PERSON_REGISTERING;
		} else {
			p->p_media = c;
			p->p_state = PERSON_JOINING;
		}
		l->l_dialling++;
	}
}

/* Hears, does what is due, speaks; waits for something at most wait_ms. */
static void
turn(struct load *l, int wait_ms)
{
	uint64_t	now = clock_mono_ns(), due;
	unsigned int	i;

	due = quic_endpoint_expiry(l->l_ep);
	if (due <= now)
		wait_ms = 0;
	else if (due != UINT64_MAX &&
	    (due - now) / NS_PER_MS < (uint64_t)wait_ms)
		wait_ms = (int)((due - now) / NS_PER_MS);
	if (poll(l->l_pfds, 2 * l->l_pairs, wait_ms) > 0) {
		for (i = 0; i < 2 * l->l_pairs; i++) {
			if (l->l_pfds[i].revents != 0)
				(void)udp_receive(l->l_people[i].p_udp,
				    received, &l->l_people[i]);
		}
	}
	now = clock_mono_ns();
	quic_endpoint_expire(l->l_ep, now);
	quic_endpoint_flush(l->l_ep, now);
	for (i = 0; i < 2 * l->l_pairs; i++)
		udp_flush(l->l_people[i].p_udp);
}

static void
received(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct person	*p = arg;
	struct load	*l = p->p_load;

	quic_endpoint_receive(l->l_ep, (unsigned int)(p - l->l_people), local,
	    remote, ecn, data, len, clock_mono_ns());
}

static void
on_transmit(void *arg, const struct quic_packet *qp)
{
	struct load	*l = arg;

	udp_queue(l->l_people[qp->listener].p_udp, qp->local, qp->remote,
	    qp->ecn, qp->data, qp->len);
}

static void
on_closed(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct load	*l = arg;
	struct person	*p = quic_conn_data(c);

	if (c == p->p_signal)
		p->p_signal = NULL;
	else
		p->p_media = NULL;
	if (qc->kind != QUIC_CLOSED_LOCAL) {
		fprintf(stderr, "wzp-bench: %u of %s: %s\n", p->p_index,
		    p->p_side == 0 ? "a" : "b", qc->text);
		l->l_failed = true;
	}
}

static void
say(struct load *l, struct quic_conn *c, const struct signal *s)
{
	static char	buf[SIGNAL_MAX];
	int		n;

	if (c == NULL || (n = signal_print(s, buf, sizeof(buf))) == -1 ||
	    quic_send_message(c, buf, (size_t)n) == -1)
		l->l_failed = true;
}

static void
on_established(void *arg, struct quic_conn *c)
{
	struct person	*p = quic_conn_data(c);
	struct signal	 s;

	(void)arg;
	if (c == p->p_media) {
		offer_media(p);
		return;
	}
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_REGISTER_PRESENCE;
	memcpy(s.u.register_presence.identity_pub, p->p_identity.id_pub, 32);
	s.u.register_presence.signature.data = (const uint8_t *)"";
	say(p->p_load, c, &s);
}

static void
offer_media(struct person *p)
{
	struct media_profile	 profile = media_profile_good;
	struct sig_call_offer	*offer;
	struct signal		 s;
	uint8_t			 secret[32], signature[64];

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_CALL_OFFER;
	offer = &s.u.call_offer;
	memcpy(offer->identity_pub, p->p_identity.id_pub, 32);
	arc4random_buf(secret, sizeof(secret));
	if (identity_x25519_pub(secret, offer->ephemeral_pub) == -1 ||
	    identity_sign_offer(p->p_identity.id_secret,
	    offer->ephemeral_pub, signature) == -1) {
		p->p_load->l_failed = true;
		return;
	}
	offer->signature.data = signature;
	offer->signature.len = sizeof(signature);
	offer->supported_profiles.list = &profile;
	offer->supported_profiles.n = 1;
	say(p->p_load, p->p_media, &s);
}

static void
on_message(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct load	*l = arg;
	struct person	*p = quic_conn_data(c);
	struct signal	*s;
	const char	*why;

	if ((s = signal_parse(data, len, &why)) == NULL) {
		fprintf(stderr, "wzp-bench: %s\n", why);
		l->l_failed = true;
		return;
	}
	switch (s->type) {
	case SIGNAL_CALL_ANSWER:
		l->l_dialling--;
		break;
	case SIGNAL_ROOM_UPDATE:
		/* Him and the other, who is behind the other relay. */
		if (s->u.room_update.count == 2)
			p->p_state = PERSON_JOINED;
		break;
	case SIGNAL_REGISTER_PRESENCE_ACK:
		l->l_dialling--;
		p->p_state = PERSON_REGISTERED;
		if (!s->u.register_presence_ack.success)
			l->l_failed = true;
		break;
	case SIGNAL_CALL_SETUP:
		strlcpy(p->p_room, s->u.call_setup.room, sizeof(p->p_room));
		p->p_state = PERSON_IN_CALL;
		break;
	case SIGNAL_DIRECT_CALL_OFFER:
		l->l_signals++;
		answer_call(p, s->u.direct_call_offer.call_id);
		break;
	case SIGNAL_CALL_RINGING:
		l->l_signals++;
		break;
	case SIGNAL_HANGUP:
		if (p->p_calling == 0)
			break;
		/* Not the word of his own relay that nobody is there. */
		if (s->u.hangup.call_id != NULL) {
			l->l_signals++;
			if (l->l_figures != NULL)
				l->l_figures->fi_delivered++;
		}
		p->p_calling = 0;
		break;
	default:
		break;
	}
	signal_free(s);
}

/* What is behind the header: the phase, and when it was sent. */
static void
on_datagram(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct load	*l = arg;
	uint32_t	 phase;
	uint64_t	 sent;

	(void)c;
	if (len != BENCH_MEDIA_LEN || l->l_figures == NULL)
		return;
	memcpy(&phase, data + MEDIA_HEADER_LEN, sizeof(phase));
	memcpy(&sent, data + MEDIA_HEADER_LEN + sizeof(phase), sizeof(sent));
	if (phase != l->l_phase)
		return;
	l->l_figures->fi_delivered++;
	if (l->l_ndelays < l->l_delays_max)
		l->l_delays[l->l_ndelays++] =
		    (float)(clock_mono_ns() - sent) / (float)NS_PER_MS;
}

static void
talk(struct person *p, uint64_t now)
{
	struct load	*l = p->p_load;
	uint8_t		 d[BENCH_MEDIA_LEN];
	uint32_t	 ms = (uint32_t)(now / NS_PER_MS);

	memset(d, (int)(p->p_index & 0xff), sizeof(d));
	memset(d, 0, MEDIA_HEADER_LEN);
	p->p_seq++;
	d[2] = (uint8_t)(p->p_seq >> 8);
	d[3] = (uint8_t)p->p_seq;
	d[4] = (uint8_t)(ms >> 24);
	d[5] = (uint8_t)(ms >> 16);
	d[6] = (uint8_t)(ms >> 8);
	d[7] = (uint8_t)ms;
	memcpy(d + MEDIA_HEADER_LEN, &l->l_phase, sizeof(l->l_phase));
	memcpy(d + MEDIA_HEADER_LEN + sizeof(l->l_phase), &now, sizeof(now));
	l->l_figures->fi_sent++;
	if (p->p_media == NULL ||
	    quic_send_datagram(p->p_media, d, sizeof(d), now) == -1)
		l->l_figures->fi_refused++;
}

void
load_media(struct load *l, unsigned int side, unsigned int seconds,
    struct figures *fi)
{
	uint64_t	 start, now, end, ms = 0, due;
	unsigned int	 i;
	double		 sum = 0.;
	size_t		 n;

	memset(fi, 0, sizeof(*fi));
	l->l_figures = fi;
	l->l_phase++;
	l->l_ndelays = 0;
	l->l_delays_max = (size_t)l->l_pairs * seconds * 1000 /
	    BENCH_FRAME_MS;
	free(l->l_delays);
	if ((l->l_delays = calloc(l->l_delays_max,
	    sizeof(*l->l_delays))) == NULL)
		l->l_delays_max = 0;
	start = clock_mono_ns();
	end = start + seconds * NS_PER_S;
	while ((now = clock_mono_ns()) < end + SETTLE_NS) {
		due = ((now < end ? now : end) - start) / NS_PER_MS;
		for (; ms < due; ms++) {
			for (i = (unsigned int)(ms % BENCH_FRAME_MS);
			    i < l->l_pairs; i += BENCH_FRAME_MS)
				talk(&l->l_people[side * l->l_pairs + i],
				    clock_mono_ns());
		}
		turn(l, 1);
	}
	fi->fi_seconds = seconds;
	l->l_figures = NULL;
	if ((n = l->l_ndelays) == 0)
		return;
	qsort(l->l_delays, n, sizeof(*l->l_delays), by_value);
	for (i = 0; i < n; i++)
		sum += (double)l->l_delays[i];
	fi->fi_delay_ms = sum / (double)n;
	fi->fi_delay_99_ms = (double)l->l_delays[n - 1 - n / 100];
}

static int
by_value(const void *a, const void *b)
{
	const float	*x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

static void
offer_call(struct person *p, uint64_t now)
{
	struct media_profile		 profile = media_profile_good;
	struct load			*l = p->p_load;
	struct sig_direct_call_offer	*offer;
	struct signal			 s;
	char				 id[64];

	(void)snprintf(id, sizeof(id), "bench-%u-%u-%08x", p->p_index,
	    p->p_calls++, arc4random());
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_OFFER;
	offer = &s.u.direct_call_offer;
	offer->caller_fingerprint = p->p_fp;
	offer->target_fingerprint = l->l_people[l->l_pairs +
	    p->p_index].p_fp;
	offer->call_id = id;
	memcpy(offer->identity_pub, p->p_identity.id_pub, 32);
	offer->signature.data = (const uint8_t *)"";
	offer->supported_profiles.list = &profile;
	offer->supported_profiles.n = 1;
	say(l, p->p_signal, &s);
	p->p_calling = now;
	l->l_figures->fi_sent++;
}

static void
answer_call(struct person *p, const char *id)
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_ANSWER;
	s.u.direct_call_answer.call_id = id;
	s.u.direct_call_answer.accept_mode = p->p_load->l_accept ?
	    ACCEPT_GENERIC : ACCEPT_REJECT;
	say(p->p_load, p->p_signal, &s);
}

/* A call that is not over after a while is given up and counts as lost. */
void
load_calls(struct load *l, unsigned int per_s, unsigned int seconds,
    struct figures *fi, uint64_t *signals)
{
	struct person	*p;
	uint64_t	 start, now, end, due, asked = 0;

	memset(fi, 0, sizeof(*fi));
	l->l_figures = fi;
	l->l_signals = 0;
	start = clock_mono_ns();
	end = start + seconds * NS_PER_S;
	while ((now = clock_mono_ns()) < end + 2 * SETTLE_NS) {
		due = ((now < end ? now : end) - start) * per_s / NS_PER_S;
		for (; asked < due; asked++) {
			p = &l->l_people[asked % l->l_pairs];
			if (p->p_calling == 0 ||
			    now - p->p_calling > CALL_LIMIT_NS)
				offer_call(p, now);
		}
		turn(l, 1);
	}
	fi->fi_seconds = seconds;
	*signals = l->l_signals;
	l->l_figures = NULL;
}
