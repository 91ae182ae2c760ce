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
 * Fuzz target: the direct path between two clients, up to its first messages.
 *
 *	mode (1)
 *	0: connections: { what and which (1), rest }.  Nothing but a proof goes
 *	   up from a connection before the other has proved itself on it.
 *	1: checks: { what (1), from (1), packet }.  Only packets with the key of
 *	   the call change anything; what is sent is bounded by what came.
 *
 * COVERS: fuzzing - direct paths: checks, proofs, first messages: corpus
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/direct/checks.h"
#include "client/direct/peering.h"
#include "client/e2e/e2e.h"
#include "common/base/clock.h"
#include "common/wire/check.h"
#include "common/wire/identity.h"
#include "regress/fuzz/fuzz.h"

#define CONNS		12
#define START		(1000 * NS_PER_S)
#define STEPS		200

const char *const	fuzz_faults[] = { "proof", "datagram", "check",
			    "reflect", NULL };

/* Of the other client; what of QUIC these modules use is below. */
struct quic_conn {
	void		*qc_data;
	bool		 qc_open;
	bool		 qc_accepted;
	bool		 qc_established;
	bool		 qc_proved;	/* a good proof was given to it */
	bool		 qc_closing;	/* by us */
	struct addr	 qc_remote;
	struct addr	 qc_local;
	uint8_t		 qc_exporter[32];
};

static struct {
	struct identity		 me;
	struct identity		 other;
	struct e2e		*ours;
	struct e2e		*theirs;
	struct link_shared	 shared;
	struct peering		*peering;
	struct quic_conn	 conn[CONNS];
	struct quic_conn	*turn;		/* whose bytes are handled */
	unsigned int		 sent;
} run;

static void	usable(void *, const struct addr *);
static void	lost(void *, const char *);
static void	failed(void *, const struct addr *, bool);
static void	stale(void *);
static void	wrong(void *, const struct addr *);
static void	datagram(void *, const uint8_t *, size_t);
static void	from_other(void *, const struct signal *);
static void	parties(void);
static void	closes(void);
static void	proof(struct quic_conn *, uint8_t);
static void	connections(struct fuzz_input *);
static void	check_sent(void *, unsigned int, const struct addr *,
		    const uint8_t *, size_t);
static void	check_valid(void *, unsigned int, const struct addr *,
		    const struct addr *, uint64_t);
static void	checks(struct fuzz_input *);

static const struct peering_ops	peering_ops = {
	.usable = usable,
	.lost = lost,
	.failed = failed,
	.stale = stale,
	.wrong = wrong,
	.datagram = datagram,
	.signal = from_other
};
static const struct checks_ops	checks_ops = {
	.send = check_sent,
	.valid = check_valid
};

/* What a connection does that is not there. */

void *
quic_conn_data(const struct quic_conn *c)
{
	return (c->qc_data);
}

void
quic_conn_set_data(struct quic_conn *c, void *data)
{
	c->qc_data = data;
}

const char *
quic_conn_name(const struct quic_conn *c)
{
	(void)c;
	return ("");
}

const struct addr *
quic_conn_remote(const struct quic_conn *c)
{
	return (&c->qc_remote);
}

const struct addr *
quic_conn_local(const struct quic_conn *c)
{
	return (&c->qc_local);
}

int
quic_conn_export(const struct quic_conn *c, const char *label, uint8_t *out,
    size_t len)
{
	(void)label;
	if (!c->qc_established || len != sizeof(c->qc_exporter))
		return (-1);
	memcpy(out, c->qc_exporter, len);
	return (0);
}

uint64_t
quic_conn_heard(const struct quic_conn *c)
{
	(void)c;
	return (run.shared.ls_now);
}

void
quic_conn_keepalive(struct quic_conn *c, unsigned int ms)
{
	(void)c;
	(void)ms;
}

void
quic_conn_stats(const struct quic_conn *c, struct quic_stats *qs)
{
	(void)c;
	memset(qs, 0, sizeof(*qs));
}

int
quic_send_message(struct quic_conn *c, const void *p, size_t len)
{
	struct signal	*s;

	FUZZ_CHECK(c->qc_open && c->qc_established && !c->qc_closing);
	s = signal_parse(p, len, NULL);
	FUZZ_CHECK(s != NULL);
	/*
	 * Who was called says nothing before the other has proved itself;
	 * what is said is a proof that holds on this connection only.
	 */
	if (s->type == SIGNAL_DIRECT_PROOF) {
		FUZZ_CHECK(!c->qc_accepted || c->qc_proved);
		FUZZ_CHECK(e2e_proven(run.theirs, c->qc_exporter,
		    !c->qc_accepted, s->u.direct_proof.mac));
	} else
		FUZZ_CHECK(c->qc_proved);
	signal_free(s);
	run.sent++;
	return (0);
}

size_t
quic_send_queued(const struct quic_conn *c)
{
	(void)c;
	return (0);
}

int
quic_send_datagram(struct quic_conn *c, const void *p, size_t len,
    uint64_t now)
{
	(void)p;
	(void)len;
	(void)now;
	FUZZ_CHECK(c->qc_open && c->qc_proved);
	return (0);
}

void
quic_close_when_delivered(struct quic_conn *c, uint64_t code,
    const char *reason)
{
	(void)code;
	FUZZ_CHECK(reason != NULL);
	c->qc_closing = true;
}

void
quic_abandon(struct quic_conn *c)
{
	c->qc_closing = true;
}

int
quic_migrate(struct quic_conn *c, unsigned int listener,
    const struct addr *local, uint64_t now)
{
	(void)c;
	(void)listener;
	(void)local;
	(void)now;
	return (-1);
}

struct quic_conn *
quic_connect_again(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, const char *sni,
    const struct quic_past *past, uint64_t now)
{
	size_t	i;

	(void)ep;
	(void)listener;
	(void)local;
	(void)sni;
	(void)past;
	(void)now;
	for (i = 0; i < CONNS; i++) {
		if (run.conn[i].qc_open)
			continue;
		memset(&run.conn[i], 0, sizeof(run.conn[i]));
		run.conn[i].qc_open = true;
		run.conn[i].qc_remote = *remote;
		run.conn[i].qc_exporter[0] = (uint8_t)i;
		return (&run.conn[i]);
	}
	return (NULL);
}

static void
usable(void *arg, const struct addr *remote)
{
	size_t	i;

	(void)arg;
	for (i = 0; i < CONNS; i++)
		if (run.conn[i].qc_open && run.conn[i].qc_proved &&
		    addr_equal(&run.conn[i].qc_remote, remote))
			break;
	FUZZ_CHECK(fuzz_fault("proof") != (i < CONNS));
}

static void
lost(void *arg, const char *why)
{
	(void)arg;
	FUZZ_CHECK(why != NULL);
}

static void
failed(void *arg, const struct addr *remote, bool silent)
{
	(void)arg;
	(void)remote;
	(void)silent;
}

static void
stale(void *arg)
{
	(void)arg;
}

static void
wrong(void *arg, const struct addr *remote)
{
	(void)arg;
	FUZZ_CHECK(remote != NULL);
	FUZZ_CHECK(run.turn != NULL && !run.turn->qc_proved);
}

static void
datagram(void *arg, const uint8_t *p, size_t len)
{
	(void)arg;
	(void)p;
	(void)len;
	FUZZ_CHECK(run.turn != NULL);
	FUZZ_CHECK(fuzz_fault("datagram") != run.turn->qc_proved);
}

static void
from_other(void *arg, const struct signal *s)
{
	(void)arg;
	FUZZ_CHECK(run.turn != NULL && run.turn->qc_proved);
	FUZZ_CHECK(s->type > 0 && s->type < SIGNAL_TYPE_MAX);
}

/* A call in which both know who is who. */
static void
parties(void)
{
	struct sig_direct_call_answer	 answer;
	struct sig_direct_call_offer	 offer;
	uint8_t				 seed[32];
	char				 fp[IDENTITY_FP_STRLEN];
	char				 fp2[IDENTITY_FP_STRLEN];

	memset(seed, 1, sizeof(seed));
	FUZZ_CHECK(identity_from_seed(&run.me, seed) == 0);
	memset(seed, 2, sizeof(seed));
	FUZZ_CHECK(identity_from_seed(&run.other, seed) == 0);
	identity_fingerprint(run.me.id_pub, fp);
	identity_fingerprint(run.other.id_pub, fp2);
	run.ours = e2e_new(&run.me, fp2, "c1", true);
	run.theirs = e2e_new(&run.other, fp, "c1", false);
	FUZZ_CHECK(run.ours != NULL && run.theirs != NULL);
	memset(&offer, 0, sizeof(offer));
	offer.call_id = "c1";
	offer.caller_fingerprint = fp;
	offer.target_fingerprint = fp2;
	FUZZ_CHECK(e2e_offer(run.ours, &offer) == 0);
	FUZZ_CHECK(e2e_take_offer(run.theirs, &offer) == E2E_OK);
	memset(&answer, 0, sizeof(answer));
	answer.call_id = "c1";
	answer.accept_mode = ACCEPT_TRUSTED;
	FUZZ_CHECK(e2e_answer(run.theirs, &answer) == 0);
	FUZZ_CHECK(e2e_take_answer(run.ours, &answer) == E2E_OK);
	FUZZ_CHECK(e2e_ready(run.ours) && e2e_ready(run.theirs));
}

/* closed() follows whatever was closed, not from within. */
static void
closes(void)
{
	struct quic_close	qc;
	size_t			i;

	memset(&qc, 0, sizeof(qc));
	qc.kind = QUIC_CLOSED_LOCAL;
	for (i = 0; i < CONNS; i++) {
		if (!run.conn[i].qc_open || !run.conn[i].qc_closing)
			continue;
		link_on_closed(&run.conn[i], &qc);
		run.conn[i].qc_open = false;
	}
}

/* 0 a good one; else of the wrong side, of another connection, altered. */
static void
proof(struct quic_conn *c, uint8_t how)
{
	struct signal	s;
	uint8_t		exporter[32];
	char		text[512];
	bool		dialer = c->qc_accepted, good = (how & 7) == 0;
	int		n;

	memcpy(exporter, c->qc_exporter, sizeof(exporter));
	if (how & 1)
		dialer = !dialer;
	if (how & 2)
		exporter[31] ^= 1;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_PROOF;
	e2e_proof(run.theirs, exporter, dialer, s.u.direct_proof.mac);
	if (how & 4)
		s.u.direct_proof.mac[how >> 3] ^= 1;
	n = signal_print(&s, text, sizeof(text));
	FUZZ_CHECK(n > 0);
	if (good)
		c->qc_proved = true;
	link_on_message(c, (const uint8_t *)text, (size_t)n);
}

static void
connections(struct fuzz_input *in)
{
	struct quic_close	 qc;
	struct quic_conn	*c;
	struct addr		 a;
	const uint8_t		*p;
	uint8_t			*copy, what;
	unsigned int		 steps = 0;
	size_t			 i, len;

	memset(run.conn, 0, sizeof(run.conn));
	memset(&run.shared, 0, sizeof(run.shared));
	run.shared.ls_identity = &run.me;
	run.shared.ls_now = START;
	run.shared.ls_listeners = 3;
	run.peering = peering_new(&run.shared, "call-c1", run.ours,
	    &peering_ops, NULL);
	FUZZ_CHECK(run.peering != NULL);
	FUZZ_CHECK(addr_parse(&a, "198.51.100.7:5000") == 0);
	while (in->fi_len > 0 && steps++ < STEPS) {
		what = fuzz_u8(in);
		c = &run.conn[(what >> 4) % CONNS];
		addr_set_port(&a, (uint16_t)(5000 + (what >> 4)));
		run.turn = c;
		switch (what & 0xf) {
		case 0:
			if (c->qc_open)
				break;
			memset(c, 0, sizeof(*c));
			c->qc_remote = a;
			c->qc_exporter[0] = what >> 4;
			c->qc_accepted = true;
			c->qc_open = peering_accept(run.peering, c) == 0;
			break;
		case 1:
			(void)peering_dial(run.peering, &a, NS_PER_S, 0);
			break;
		case 2:
			if (!c->qc_open || c->qc_established)
				break;
			c->qc_established = true;
			link_on_established(c);
			break;
		case 3:
		case 4:
			p = fuzz_piece(in, &len);
			if (!c->qc_open || !c->qc_established)
				break;
			copy = fuzz_copy(p, len);
			if ((what & 0xf) == 3)
				link_on_message(c, copy, len);
			else
				link_on_datagram(c, copy, len);
			free(copy);
			break;
		case 5:
		case 6:
			if (c->qc_open && c->qc_established)
				proof(c, fuzz_u8(in));
			break;
		case 7:
			if (!c->qc_open)
				break;
			memset(&qc, 0, sizeof(qc));
			qc.kind = QUIC_CLOSED_BY_PEER_APP;
			link_on_closed(c, &qc);
			c->qc_open = false;
			break;
		case 8:
			run.shared.ls_now += 500 * NS_PER_MS;
			peering_expire(run.peering);
			break;
		case 9:
			(void)peering_send(run.peering,
			    (const uint8_t *)"x", 1);
			break;
		case 10:
			peering_clear(run.peering, "cleared");
			break;
		case 11:
			p = fuzz_piece(in, &len);
			if (c->qc_open && c->qc_established)
				link_on_uni(c, p, len, true);
			break;
		default:
			break;
		}
		closes();
		run.turn = NULL;
		if (peering_remote(run.peering) == NULL)
			continue;
		for (i = 0; i < CONNS; i++)
			if (run.conn[i].qc_open && run.conn[i].qc_proved)
				break;
		FUZZ_CHECK(i < CONNS);
	}
	peering_free(run.peering, "over");
	closes();
}

static void
check_sent(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *p, size_t len)
{
	(void)arg;
	FUZZ_CHECK(listener <= 1 && addr_family(remote) ==
	    (listener == 0 ? AF_INET : AF_INET6));
	FUZZ_CHECK(len == CHECK_LEN && check_is(p, len));
	run.sent++;
}

static void
check_valid(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote, uint64_t rtt)
{
	(void)arg;
	(void)listener;
	(void)local;
	(void)rtt;
	FUZZ_CHECK(addr_family(remote) != AF_UNSPEC);
}

static void
checks(struct fuzz_input *in)
{
	static const uint8_t	 key[CHECK_KEY_LEN] = "key of this call";
	struct checks_stats	 before, after;
	struct checks		*cs;
	struct check		 ck, again;
	struct addr		 local, remote;
	const uint8_t		*p;
	uint64_t		 now = START;
	uint8_t			 what, from, packet[CHECK_LEN], *copy;
	unsigned int		 steps = 0, sent;
	size_t			 len;
	bool			 good;

	cs = checks_new(key, true, 3, &checks_ops, NULL);
	FUZZ_CHECK(cs != NULL);
	FUZZ_CHECK(addr_parse(&local, "192.0.2.1:4000") == 0);
	FUZZ_CHECK(addr_parse(&remote, "198.51.100.7:5000") == 0);
	checks_remote(cs, 1, &remote, 1);
	checks_local(cs, 1);
	while (in->fi_len > 0 && steps++ < STEPS) {
		what = fuzz_u8(in);
		from = fuzz_u8(in);
		addr_set_port(&remote, (uint16_t)(5000 + from));
		p = fuzz_piece(in, &len);
		if (what & 0x80) {
			now += 100 * NS_PER_MS;
			checks_expire(cs, now);
		}
		if (what & 0x40)
			checks_round(cs, from, now);
		if (what & 0x20)
			checks_remote(cs, from, &remote, 1);
		/* As it came; or with our key, from either side. */
		good = (what & 3) == 2;
		if ((what & 3) == 0)
			copy = fuzz_copy(p, len);
		else {
			memset(packet, 0, sizeof(packet));
			memset(&ck, 0, sizeof(ck));
			ck.ck_type = what & 4 ? CHECK_RESPONSE :
			    CHECK_REQUEST;
			memcpy(ck.ck_id, p, len < sizeof(ck.ck_id) ? len :
			    sizeof(ck.ck_id));
			ck.ck_generation = what >> 3 & 3;
			ck.ck_round = from;
			if (what & 4)
				ck.ck_mapped = local;
			check_write(packet, &ck, key, (what & 3) == 1);
			FUZZ_CHECK(fuzz_fault("check") != check_read(&again,
			    packet, sizeof(packet), key, (what & 3) == 1));
			FUZZ_CHECK(again.ck_type == ck.ck_type &&
			    again.ck_generation == ck.ck_generation &&
			    again.ck_round == ck.ck_round &&
			    memcmp(again.ck_id, ck.ck_id,
			    sizeof(ck.ck_id)) == 0);
			FUZZ_CHECK(!check_read(&again, packet,
			    sizeof(packet), key, (what & 3) != 1));
			if ((what & 3) == 3)
				packet[from % CHECK_LEN] ^= 0x40;
			copy = fuzz_copy(packet, len = sizeof(packet));
		}
		if (check_is(copy, len)) {
			checks_stats(cs, &before);
			sent = run.sent;
			checks_receive(cs, 0, &local, &remote, copy, len,
			    now);
			checks_stats(cs, &after);
			/* A copy of our own, or a forged one, is no one's. */
			FUZZ_CHECK(fuzz_fault("reflect") !=
			    (good || after.cs_received ==
			    before.cs_received));
			FUZZ_CHECK(good || run.sent == sent);
			FUZZ_CHECK(run.sent <= sent + 2);
		} else
			FUZZ_CHECK((what & 3) == 0 || (what & 3) == 3);
		free(copy);
	}
	checks_free(cs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	in = { data, len };

	fuzz_quiet();
	if (run.ours == NULL)
		parties();
	if ((fuzz_u8(&in) & 1) == 0)
		connections(&in);
	else
		checks(&in);
	return (0);
}
