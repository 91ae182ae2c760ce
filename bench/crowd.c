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
 * Members of rooms, who behave as the originals do (crowd.h).
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bank.h"
#include "bench/crowd.h"
#include "bench/pace.h"
#include "bench/pipe.h"
#include "common/base/clock.h"
#include "common/wire/identity.h"
#include "common/wire/media.h"
#include "common/wire/signal.h"

/* At once: a relay has a queue of handshakes. */
#define DIALS_MAX	16
#define LOST_TOLD	3
#define ROOM_MAX	128
#define GOODBYE_NS	(100 * NS_PER_MS)
#define SETTLE_NS	(500 * NS_PER_MS)

struct member {
	struct crowd		*m_crowd;
	struct quic_conn	*m_conn;
	unsigned int		 m_socket;
	unsigned int		 m_size;	/* of his room */
	uint16_t		 m_seq;
	bool			 m_joined;
	struct identity		 m_identity;
	char			 m_room[ROOM_MAX];
};

struct crowd {
	struct bank		*c_bank;
	struct member		*c_members;
	unsigned int		 c_n;
	unsigned int		 c_next;	/* to dial */
	unsigned int		 c_dialling;
	unsigned int		 c_joined;
	unsigned int		 c_lost;
	uint64_t		 c_stamp;	/* what is being sent */
	uint32_t		 c_phase;
	struct flow		*c_flow;
};

static void	dial(struct crowd *);
static void	on_established(void *, struct quic_conn *);
static void	on_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	on_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	talk(struct crowd *, struct member *);

struct crowd *
crowd_new(const struct addr *relays, unsigned int nrelays,
    unsigned int members)
{
	return (crowd_new_at(relays, nrelays, members, CROWD_SOCKETS));
}

struct crowd *
crowd_new_at(const struct addr *relays, unsigned int nrelays,
    unsigned int members, unsigned int sockets)
{
	struct bank_config	 bc;
	struct crowd		*c;
	unsigned int		 i;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->c_n = members;
	memset(&bc, 0, sizeof(bc));
	bc.bc_relays = relays;
	bc.bc_nrelays = nrelays;
	bc.bc_sockets = sockets;
	quic_limits_default(&bc.bc_limits);
	bc.bc_limits.max_connections = members;
	bc.bc_as_original = true;
	bc.bc_ops.established = on_established;
	bc.bc_ops.message = on_message;
	bc.bc_ops.datagram = on_datagram;
	bc.bc_ops.closed = on_closed;
	if ((c->c_members = calloc(members, sizeof(*c->c_members))) == NULL ||
	    (c->c_bank = bank_new(&bc)) == NULL) {
		crowd_free(c);
		return (NULL);
	}
	for (i = 0; i < members; i++) {
		c->c_members[i].m_crowd = c;
		/* In blocks: packets of one socket leave together. */
		c->c_members[i].m_socket = (unsigned int)((uint64_t)i *
		    nrelays * sockets / members);
	}
	return (c);
}

void
crowd_free(struct crowd *c)
{
	uint64_t	until;
	unsigned int	i;

	if (c == NULL)
		return;
	if (c->c_next > 0) {
		for (i = 0; i < c->c_n; i++)
			if (c->c_members[i].m_conn != NULL)
				quic_close(c->c_members[i].m_conn, 0, "");
		until = bank_update(c->c_bank) + GOODBYE_NS;
		do {
			bank_turn(c->c_bank, 1);
		} while (bank_now(c->c_bank) < until);
	}
	bank_free(c->c_bank);
	free(c->c_members);
	free(c);
}

void
crowd_place(struct crowd *c, unsigned int i, const char *room,
    unsigned int size, const struct identity *id)
{
	struct member	*m = &c->c_members[i];

	strlcpy(m->m_room, room, sizeof(m->m_room));
	m->m_size = size;
	if (id != NULL)
		m->m_identity = *id;
}

void
crowd_rooms(struct crowd *c, unsigned int size)
{
	static unsigned int	crowds;
	char			room[ROOM_MAX];
	unsigned int		i;

	crowds++;
	for (i = 0; i < c->c_n; i++) {
		(void)snprintf(room, sizeof(room), "bench-%ld-%u-%u",
		    (long)getpid(), crowds, i / size);
		crowd_place(c, i, room, size, NULL);
	}
}

struct bank *
crowd_bank(const struct crowd *c)
{
	return (c->c_bank);
}

unsigned int
crowd_lost(const struct crowd *c)
{
	return (c->c_lost);
}

int
crowd_join(struct crowd *c, unsigned int limit_s)
{
	uint64_t	until = bank_update(c->c_bank) + limit_s * NS_PER_S;

	do {
		if (c->c_lost > 0 || bank_now(c->c_bank) > until)
			return (-1);
		dial(c);
		bank_turn(c->c_bank, 5);
	} while (c->c_joined < c->c_n);
	return (0);
}

static void
dial(struct crowd *c)
{
	static const struct identity	 none;
	struct member			*m;
	uint8_t				 seed[32];

	while (c->c_next < c->c_n && c->c_dialling < DIALS_MAX) {
		m = &c->c_members[c->c_next];
		arc4random_buf(seed, sizeof(seed));
		if ((memcmp(&m->m_identity, &none, sizeof(none)) == 0 &&
		    identity_from_seed(&m->m_identity, seed) == -1) ||
		    (m->m_conn = bank_dial(c->c_bank, m->m_socket,
		    m->m_room)) == NULL) {
			c->c_lost++;
			return;
		}
		quic_conn_set_data(m->m_conn, m);
		c->c_next++;
		c->c_dialling++;
	}
}

static void
on_closed(void *arg, struct quic_conn *conn, const struct quic_close *qc)
{
	struct member	*m = quic_conn_data(conn);
	struct crowd	*c = m->m_crowd;

	(void)arg;
	m->m_conn = NULL;
	if (qc->kind != QUIC_CLOSED_LOCAL && c->c_lost++ < LOST_TOLD)
		fprintf(stderr, "wzp-bench: connection %td: %s\n",
		    m - c->c_members, qc->text);
}

static void
on_established(void *arg, struct quic_conn *conn)
{
	static char		 buf[SIGNAL_MAX];
	struct media_profile	 profile = media_profile_good;
	struct member		*m = quic_conn_data(conn);
	struct sig_call_offer	*offer;
	struct signal		 s;
	uint8_t			 secret[32], signature[64];
	int			 n;

	(void)arg;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_CALL_OFFER;
	offer = &s.u.call_offer;
	memcpy(offer->identity_pub, m->m_identity.id_pub, 32);
	arc4random_buf(secret, sizeof(secret));
	if (identity_x25519_pub(secret, offer->ephemeral_pub) == -1 ||
	    identity_sign_offer(m->m_identity.id_secret,
	    offer->ephemeral_pub, signature) == -1) {
		m->m_crowd->c_lost++;
		return;
	}
	offer->signature.data = signature;
	offer->signature.len = sizeof(signature);
	offer->supported_profiles.list = &profile;
	offer->supported_profiles.n = 1;
	if ((n = signal_print(&s, buf, sizeof(buf))) == -1 ||
	    quic_send_message(conn, buf, (size_t)n) == -1)
		m->m_crowd->c_lost++;
}

static void
on_message(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len)
{
	struct member	*m = quic_conn_data(conn);
	struct crowd	*c = m->m_crowd;
	struct signal	*s;
	const char	*why;

	(void)arg;
	if (m->m_joined || (s = signal_parse(data, len, &why)) == NULL)
		return;
	if (s->type == SIGNAL_CALL_ANSWER)
		c->c_dialling--;
	if (s->type == SIGNAL_ROOM_UPDATE &&
	    s->u.room_update.count == m->m_size) {
		m->m_joined = true;
		c->c_joined++;
	}
	signal_free(s);
}

/* What is behind the header: the phase, and when it was sent. */
static void
on_datagram(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len)
{
	struct member	*m = quic_conn_data(conn);
	struct crowd	*c = m->m_crowd;
	uint32_t	 phase;
	uint64_t	 sent;

	(void)arg;
	if (len != CROWD_MEDIA_LEN || c->c_flow == NULL)
		return;
	memcpy(&phase, data + MEDIA_HEADER_LEN, sizeof(phase));
	memcpy(&sent, data + MEDIA_HEADER_LEN + sizeof(phase), sizeof(sent));
	if (phase != c->c_phase)
		return;
	c->c_flow->fl_delivered++;
	delay_add(&c->c_flow->fl_delays, bank_arrived(c->c_bank) - sent);
}

static void
talk(struct crowd *c, struct member *m)
{
	uint8_t		 d[CROWD_MEDIA_LEN];
	uint64_t	 now = bank_now(c->c_bank);
	uint32_t	 ms = (uint32_t)(now / NS_PER_MS);

	memset(d, 0x5a, sizeof(d));
	memset(d, 0, MEDIA_HEADER_LEN);
	m->m_seq++;
	d[2] = (uint8_t)(m->m_seq >> 8);
	d[3] = (uint8_t)m->m_seq;
	d[4] = (uint8_t)(ms >> 24);
	d[5] = (uint8_t)(ms >> 16);
	d[6] = (uint8_t)(ms >> 8);
	d[7] = (uint8_t)ms;
	memcpy(d + MEDIA_HEADER_LEN, &c->c_phase, sizeof(c->c_phase));
	memcpy(d + MEDIA_HEADER_LEN + sizeof(c->c_phase), &c->c_stamp,
	    sizeof(c->c_stamp));
	if (m->m_conn != NULL &&
	    quic_send_datagram(m->m_conn, d, sizeof(d), now) == 0)
		c->c_flow->fl_sent++;
	else
		c->c_flow->fl_refused++;
}

void
crowd_talk(struct crowd *c, const struct speech *sp, struct flow *fl)
{
	struct pace	pa;
	uint64_t	n;
	unsigned int	who = 0;

	memset(fl, 0, sizeof(*fl));
	fl->fl_copies = sp->sp_listeners;
	c->c_flow = fl;
	c->c_phase++;
	pace_begin(&pa, sp->sp_per_s, sp->sp_ns);
	while (pace_turn(&pa, fl, SETTLE_NS)) {
		n = pace_due(&pa);
		(void)bank_update(c->c_bank);
		c->c_stamp = pipe_now();
		for (; n > 0; n--) {
			talk(c, &c->c_members[sp->sp_first +
			    who * sp->sp_step]);
			who = (who + 1) % sp->sp_n;
		}
		bank_turn(c->c_bank, 0);
		pace_sleep(&pa);
	}
	pace_end(&pa, fl);
	c->c_flow = NULL;
}
