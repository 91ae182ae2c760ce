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
 * Registered people (people.h).
 */
#include "config.h"

#include <err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/people.h"
#include "common/base/clock.h"
#include "common/wire/media.h"

#define DIALS_MAX	32
#define LOST_TOLD	10	/* ends that are told one by one */

struct people {
	struct bank		*pe_bank;
	struct person		*pe_people;
	unsigned int		 pe_n;
	const struct people_ops	*pe_ops;
	void			*pe_arg;
	unsigned int		 pe_dialled;
	unsigned int		 pe_dialling;
	unsigned int		 pe_registered;
	unsigned int		 pe_lost;
	bool			 pe_quiet;
};

static int	person_open(struct people *, const struct people_config *,
		    unsigned int);
static struct person
		*person_of(struct quic_conn *);
static int	person_say(struct person *, const struct signal *);
static void	on_established(void *, struct quic_conn *);
static void	on_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	on_registered(void *, const char *);
static void	on_lost(void *, const char *);
static void	on_signal(void *, const struct signal *);

static const struct sigconn_ops	sigconn_ops = {
	.registered = on_registered,
	.lost = on_lost,
	.failed = on_lost,
	.signal = on_signal
};

struct people *
people_new(const struct people_config *pc)
{
	struct bank_config	 bc;
	struct people		*pe;
	unsigned int		 i;

	if ((pe = calloc(1, sizeof(*pe))) == NULL)
		return (NULL);
	pe->pe_ops = pc->pc_ops;
	pe->pe_arg = pc->pc_arg;
	pe->pe_quiet = pc->pc_quiet;
	memset(&bc, 0, sizeof(bc));
	bc.bc_relays = pc->pc_relays;
	bc.bc_nrelays = pc->pc_nrelays;
	bc.bc_sockets = pc->pc_sockets;
	bc.bc_limits = pc->pc_limits;
	bc.bc_limits.max_connections = 2 * (size_t)pc->pc_n;
	bc.bc_as_original = pc->pc_as_original;
	bc.bc_classic = pc->pc_classic;
	bc.bc_ops.established = on_established;
	bc.bc_ops.message = on_message;
	bc.bc_ops.closed = on_closed;
	if ((pe->pe_bank = bank_new(&bc)) == NULL ||
	    (pe->pe_people = calloc(pc->pc_n, sizeof(*pe->pe_people))) ==
	    NULL)
		goto fail;
	for (i = 0; i < pc->pc_n; i++)
		if (person_open(pe, pc, i) == -1)
			goto fail;
	return (pe);
fail:
	people_free(pe);
	return (NULL);
}

static int
person_open(struct people *pe, const struct people_config *pc, unsigned int i)
{
	struct person	*p = &pe->pe_people[i];
	unsigned int	 relay = (unsigned int)((uint64_t)i *
			    pc->pc_nrelays / pc->pc_n);
	uint8_t		 seed[32];

	arc4random_buf(seed, sizeof(seed));
	if (identity_from_seed(&p->p_identity, seed) == -1)
		return (-1);
	identity_fingerprint(p->p_identity.id_pub, p->p_fp);
	p->p_people = pe;
	p->p_index = i;
	p->p_shared.ls_endpoint = bank_endpoint(pe->pe_bank,
	    relay * pc->pc_sockets + i % pc->pc_sockets);
	p->p_shared.ls_identity = &p->p_identity;
	p->p_shared.ls_as_original = pc->pc_as_original ||
	    i >= pc->pc_n - pc->pc_unproven;
	p->p_signal = sigconn_new(&p->p_shared, &pc->pc_relays[relay],
	    &sigconn_ops, p);
	pe->pe_n = i + 1;
	return (p->p_signal == NULL ? -1 : 0);
}

void
people_free(struct people *pe)
{
	unsigned int	i;

	if (pe == NULL)
		return;
	for (i = 0; i < pe->pe_n; i++)
		sigconn_free(pe->pe_people[i].p_signal);
	bank_free(pe->pe_bank);
	free(pe->pe_people);
	free(pe);
}

struct bank *
people_bank(const struct people *pe)
{
	return (pe->pe_bank);
}

struct person *
people_get(const struct people *pe, unsigned int i)
{
	return (&pe->pe_people[i]);
}

void
people_dial(struct people *pe, unsigned int at_once)
{
	struct person	*p;

	while (pe->pe_dialling < at_once && pe->pe_dialled < pe->pe_n) {
		p = &pe->pe_people[pe->pe_dialled++];
		p->p_state = PERSON_DIALLED;
		p->p_shared.ls_now = bank_now(pe->pe_bank);
		pe->pe_dialling++;
		sigconn_start(p->p_signal);
	}
}

int
people_register(struct people *pe, unsigned int limit_s)
{
	uint64_t	until = bank_update(pe->pe_bank) + limit_s * NS_PER_S;

	while (pe->pe_registered < pe->pe_n) {
		if (pe->pe_registered + pe->pe_lost == pe->pe_n ||
		    bank_now(pe->pe_bank) >= until)
			return (-1);
		people_dial(pe, DIALS_MAX);
		bank_turn(pe->pe_bank, 10);
	}
	return (0);
}

unsigned int
people_dialled(const struct people *pe)
{
	return (pe->pe_dialled);
}

unsigned int
people_dialling(const struct people *pe)
{
	return (pe->pe_dialling);
}

unsigned int
people_registered(const struct people *pe)
{
	return (pe->pe_registered);
}

unsigned int
people_lost(const struct people *pe)
{
	return (pe->pe_lost);
}

void
person_leave(struct person *p)
{
	struct people	*pe = p->p_people;

	if (p->p_state == PERSON_REGISTERED)
		pe->pe_registered--;
	else if (p->p_state == PERSON_DIALLED)
		pe->pe_dialling--;
	p->p_state = PERSON_LEFT;
	p->p_conn = NULL;
	p->p_shared.ls_now = bank_now(pe->pe_bank);
	sigconn_stop(p->p_signal);
}

/* Whose it is, brought up to date; NULL: he has left. */
static struct person *
person_of(struct quic_conn *c)
{
	struct link	*li = quic_conn_data(c);
	struct person	*p;

	if (li == NULL)
		return (NULL);
	p = (struct person *)(void *)((char *)li->li_shared -
	    offsetof(struct person, p_shared));
	p->p_shared.ls_now = bank_now(p->p_people->pe_bank);
	return (p);
}

static void
on_established(void *arg, struct quic_conn *c)
{
	struct person	*p;

	(void)arg;
	if ((p = person_of(c)) == NULL)
		return;
	p->p_conn = c;
	link_on_established(c);
}

static void
on_message(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	(void)arg;
	if (person_of(c) != NULL)
		link_on_message(c, data, len);
}

static void
on_closed(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct person	*p;

	(void)arg;
	if ((p = person_of(c)) == NULL)
		return;
	p->p_conn = NULL;
	link_on_closed(c, qc);
}

static void
on_registered(void *arg, const char *build)
{
	struct person	*p = arg;
	struct people	*pe = p->p_people;

	(void)build;
	p->p_state = PERSON_REGISTERED;
	pe->pe_registered++;
	pe->pe_dialling--;
	if (pe->pe_ops->registered != NULL)
		pe->pe_ops->registered(pe->pe_arg, p);
}

/* sigconn_expire() is never called: that was all. */
static void
on_lost(void *arg, const char *why)
{
	struct person	*p = arg;
	struct people	*pe = p->p_people;

	if (p->p_state == PERSON_LOST || p->p_state == PERSON_LEFT)
		return;
	if (p->p_state == PERSON_REGISTERED)
		pe->pe_registered--;
	else
		pe->pe_dialling--;
	p->p_state = PERSON_LOST;
	if (pe->pe_lost++ < LOST_TOLD && !pe->pe_quiet)
		warnx("%u: %s", p->p_index, why);
	if (pe->pe_ops->lost != NULL)
		pe->pe_ops->lost(pe->pe_arg, p, why);
}

static void
on_signal(void *arg, const struct signal *s)
{
	struct person	*p = arg;
	struct people	*pe = p->p_people;

	if (pe->pe_ops->signal != NULL)
		pe->pe_ops->signal(pe->pe_arg, p, s);
}

void
people_call_id(char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "bench-%08x-%08x", arc4random(),
	    arc4random());
}

static int
person_say(struct person *p, const struct signal *s)
{
	p->p_shared.ls_now = bank_now(p->p_people->pe_bank);
	return (sigconn_send(p->p_signal, s));
}

int
person_offer(struct person *p, const struct person *to, const char *call_id)
{
	struct media_profile		 profile = media_profile_good;
	struct signal			 s;
	struct sig_direct_call_offer	*offer = &s.u.direct_call_offer;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_OFFER;
	offer->caller_fingerprint = p->p_fp;
	offer->target_fingerprint = to->p_fp;
	offer->call_id = call_id;
	memcpy(offer->identity_pub, p->p_identity.id_pub,
	    sizeof(offer->identity_pub));
	offer->signature.data = (const uint8_t *)"";
	offer->supported_profiles.list = &profile;
	offer->supported_profiles.n = 1;
	return (person_say(p, &s));
}

int
person_answer(struct person *p, const char *call_id, enum accept_mode mode)
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_ANSWER;
	s.u.direct_call_answer.call_id = call_id;
	s.u.direct_call_answer.accept_mode = mode;
	return (person_say(p, &s));
}

int
person_hang_up(struct person *p, const char *call_id)
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_HANGUP;
	s.u.hangup.reason = HANGUP_NORMAL;
	s.u.hangup.call_id = call_id;
	return (person_say(p, &s));
}
