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
 * Connectivity checks of two sides through NATs of all kinds, in virtual
 * time, with loss, delay, and rounds that do not begin together.
 *
 * COVERS: design 6 - every path that exists is found, none is asked twice
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/direct/checks.h"
#include "common/base/clock.h"

#define T0		(9 * NS_PER_S)
#define NATS_MAX	4
#define MAPPINGS_MAX	64
#define OPENED_MAX	512
#define PACKETS_MAX	1024
#define SENT_MAX	128
#define PUBLIC		0	/* network */
#define RELAY_ADDR	"192.0.2.1:4433"

enum kind {
	OPEN,
	FULL_CONE,
	ADDRESS,
	PORT,
	SYMMETRIC,
	CGNAT,		/* behind another NAT */
	IPV6,
	DUAL,
	RELAY_ONLY,	/* UDP to the relay's port, nowhere else */
	KINDS
};

static const char	*kind_name[KINDS] = { "open", "full cone", "address",
	"port", "symmetric", "cgnat", "ipv6", "dual", "relay only" };

/* D: direct; r: relayed, there is no way. */
static const char	*expected[KINDS] = {
	/*		   ofapsc6d- */
	[OPEN] =	  "DDDDDDrDr",
	[FULL_CONE] =	  "DDDDDDrDr",
	[ADDRESS] =	  "DDDDDDrDr",
	[PORT] =	  "DDDDrDrDr",
	[SYMMETRIC] =	  "DDDrrrrrr",
	[CGNAT] =	  "DDDDrDrDr",
	[IPV6] =	  "rrrrrrDDr",
	[DUAL] =	  "DDDDrDDDr",
	[RELAY_ONLY] =	  "rrrrrrrrr",
};

enum filter {
	ANYBODY,
	BY_ADDRESS,
	BY_PORT
};

struct mapping {
	struct addr	ma_in;
	struct addr	ma_to;		/* symmetric: the destination */
	uint16_t	ma_port;	/* outside */
};

struct opened {
	unsigned int	op_mapping;
	struct addr	op_to;
};

struct nat {
	bool		na_symmetric;
	enum filter	na_filter;
	bool		na_hairpin;
	bool		na_relay_only;
	unsigned int	na_inner;	/* networks */
	unsigned int	na_outer;
	struct addr	na_addr;	/* outside; port 0 */
	struct mapping	na_mapping[MAPPINGS_MAX];
	unsigned int	na_nmappings;
	struct opened	na_opened[OPENED_MAX];
	unsigned int	na_nopened;
};

struct sent {
	struct addr	se_to;
	unsigned int	se_requests;	/* in this round */
	uint64_t	se_first;
};

struct world;

struct host {
	struct world	*ho_world;
	unsigned int	 ho_no;
	struct checks	*ho_checks;
	unsigned int	 ho_net;
	struct addr	 ho_addr[2];	/* by listener */
	/* IPv6: a firewall lets in what was asked for. */
	struct addr	 ho_opened[SENT_MAX];
	unsigned int	 ho_nopened;
	struct addr	 ho_list[CHECKS_REMOTE_MAX];	/* the other's */
	size_t		 ho_nlist;
	struct addr	 ho_heard[SENT_MAX];	/* where packets came from */
	unsigned int	 ho_nheard;
	struct sent	 ho_sent[SENT_MAX];
	unsigned int	 ho_nsent;
	unsigned int	 ho_requests_in;
	unsigned int	 ho_responses;
	unsigned int	 ho_valid;
	uint64_t	 ho_valid_at;	/* first */
	struct addr	 ho_first;	/* the remote of it */
};

struct packet {
	uint64_t	pk_at;		/* 0: free */
	unsigned int	pk_to;
	unsigned int	pk_listener;
	struct addr	pk_from;
	uint8_t		pk_data[CHECK_LEN];
};

struct world {
	uint64_t	 wo_now;
	uint64_t	 wo_random;
	unsigned int	 wo_delay;	/* ms, one way; up to a quarter more */
	unsigned int	 wo_loss;	/* per 1000 */
	bool		 wo_deaf;	/* negative control: no strangers */
	struct nat	 wo_nat[NATS_MAX];
	unsigned int	 wo_nnats;
	struct host	 wo_host[2];
	struct addr	 wo_relay;
	struct addr	 wo_seen;	/* by the relay: the last source */
	struct packet	 wo_packet[PACKETS_MAX];
};

static uint64_t
draw(struct world *wo)
{
	uint64_t	z;

	z = (wo->wo_random += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31));
}

static struct addr
parse(const char *text)
{
	struct addr	a;

	assert_int_equal(addr_parse(&a, text), 0);
	return (a);
}

/* Where a packet from the inside appears outside; opens the way back. */
static bool
nat_out(struct world *wo, struct nat *na, struct addr *from,
    const struct addr *to)
{
	struct mapping	*ma;
	unsigned int	 i, k;

	if (na->na_relay_only && !addr_equal(to, &wo->wo_relay))
		return (false);
	for (i = 0; i < na->na_nmappings; i++) {
		ma = &na->na_mapping[i];
		if (addr_equal(&ma->ma_in, from) &&
		    (!na->na_symmetric || addr_equal(&ma->ma_to, to)))
			break;
	}
	assert_true(i < MAPPINGS_MAX);
	ma = &na->na_mapping[i];
	if (i == na->na_nmappings) {
		na->na_nmappings++;
		ma->ma_in = *from;
		ma->ma_to = *to;
		do {
			ma->ma_port = (uint16_t)(20000 + draw(wo) % 40000);
			for (k = 0; k < i; k++)
				if (na->na_mapping[k].ma_port == ma->ma_port)
					break;
		} while (k < i);
	}
	for (k = 0; k < na->na_nopened; k++)
		if (na->na_opened[k].op_mapping == i &&
		    addr_equal(&na->na_opened[k].op_to, to))
			break;
	if (k == na->na_nopened) {
		assert_true(k < OPENED_MAX);
		na->na_opened[k] = (struct opened){ i, *to };
		na->na_nopened++;
	}
	*from = na->na_addr;
	addr_set_port(from, ma->ma_port);
	return (true);
}

static bool
nat_in(const struct nat *na, const struct addr *from, struct addr *to)
{
	const struct opened	*op;
	unsigned int		 i, k;

	for (i = 0; i < na->na_nmappings; i++)
		if (na->na_mapping[i].ma_port == addr_port(to))
			break;
	if (i == na->na_nmappings)
		return (false);
	*to = na->na_mapping[i].ma_in;
	if (na->na_filter == ANYBODY)
		return (true);
	for (k = 0; k < na->na_nopened; k++) {
		op = &na->na_opened[k];
		if (op->op_mapping != i)
			continue;
		if (na->na_filter == BY_PORT ? addr_equal(&op->op_to, from) :
		    addr_same_host(&op->op_to, from))
			return (true);
	}
	return (false);
}

static void
deliver(struct world *wo, unsigned int to, unsigned int listener,
    const struct addr *from, const uint8_t *data)
{
	struct packet	*pk;
	uint64_t	 ns;

	if (data == NULL || draw(wo) % 1000 < wo->wo_loss)
		return;
	for (pk = wo->wo_packet; pk->pk_at != 0; pk++)
		assert_true(pk < wo->wo_packet + PACKETS_MAX - 1);
	ns = wo->wo_delay * NS_PER_MS;
	pk->pk_at = wo->wo_now + ns + draw(wo) % (ns / 4 + 1);
	pk->pk_to = to;
	pk->pk_listener = listener;
	pk->pk_from = *from;
	memcpy(pk->pk_data, data, CHECK_LEN);
}

/* From network to network until somebody has the address, or nobody. */
static void
route4(struct world *wo, unsigned int net, struct addr from, struct addr to,
    const uint8_t *data)
{
	struct nat	*na, *last = NULL;
	unsigned int	 hops, i;

	for (hops = 0; hops < 8; hops++) {
		if (net == PUBLIC && addr_equal(&to, &wo->wo_relay)) {
			wo->wo_seen = from;
			return;
		}
		for (i = 0; i < 2; i++) {
			if (wo->wo_host[i].ho_net == net &&
			    addr_equal(&wo->wo_host[i].ho_addr[0], &to)) {
				deliver(wo, i, 0, &from, data);
				return;
			}
		}
		for (i = 0; i < wo->wo_nnats; i++)
			if (wo->wo_nat[i].na_outer == net &&
			    addr_same_host(&wo->wo_nat[i].na_addr, &to))
				break;
		if (i < wo->wo_nnats) {
			na = &wo->wo_nat[i];
			if ((na == last && !na->na_hairpin) ||
			    !nat_in(na, &from, &to))
				return;
			net = na->na_inner;
			last = NULL;
			continue;
		}
		for (i = 0; i < wo->wo_nnats; i++)
			if (wo->wo_nat[i].na_inner == net)
				break;
		if (i == wo->wo_nnats)
			return;
		last = &wo->wo_nat[i];
		if (!nat_out(wo, last, &from, &to))
			return;
		net = last->na_outer;
	}
}

static void
route6(struct world *wo, struct host *ho, const struct addr *to,
    const uint8_t *data)
{
	struct host	*other = &wo->wo_host[1 - ho->ho_no];
	unsigned int	 i;

	assert_true(ho->ho_nopened < SENT_MAX);
	ho->ho_opened[ho->ho_nopened++] = *to;
	if (!addr_equal(to, &other->ho_addr[1]))
		return;
	/* As a stateful firewall does it: what nobody asked for is dropped. */
	for (i = 0; i < other->ho_nopened; i++)
		if (addr_equal(&other->ho_opened[i], &ho->ho_addr[1]))
			break;
	if (i < other->ho_nopened)
		deliver(wo, other->ho_no, 1, &ho->ho_addr[1], data);
}

static bool
is_in(const struct addr *list, size_t n, const struct addr *a)
{
	while (n > 0)
		if (addr_equal(&list[--n], a))
			return (true);
	return (false);
}

static void
on_send(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *data, size_t len)
{
	struct host	*ho = arg;
	struct world	*wo = ho->ho_world;
	struct sent	*se;

	assert_int_equal(len, CHECK_LEN);
	assert_true(check_is(data, len));
	assert_int_equal(listener, addr_family(remote) == AF_INET6);
	assert_true(ho->ho_addr[listener].addr_len != 0);
	/* Never to an address that is neither listed nor was heard. */
	assert_true(is_in(ho->ho_list, ho->ho_nlist, remote) ||
	    is_in(ho->ho_heard, ho->ho_nheard, remote));
	if (data[8] == CHECK_REQUEST) {
		for (se = ho->ho_sent; se < ho->ho_sent + ho->ho_nsent; se++)
			if (addr_equal(&se->se_to, remote))
				break;
		assert_true(se < ho->ho_sent + SENT_MAX);
		if (se == ho->ho_sent + ho->ho_nsent) {
			ho->ho_nsent++;
			se->se_to = *remote;
			se->se_first = wo->wo_now;
		}
		assert_true(++se->se_requests <= CHECKS_PER_PAIR);
	} else
		assert_true(++ho->ho_responses <= ho->ho_requests_in);
	if (listener == 0)
		route4(wo, ho->ho_net, ho->ho_addr[0], *remote, data);
	else
		route6(wo, ho, remote, data);
}

static void
on_valid(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote, uint64_t rtt)
{
	struct host	*ho = arg;
	struct world	*wo = ho->ho_world;

	assert_true(addr_equal(local, &ho->ho_addr[listener]));
	assert_true(checks_known(ho->ho_checks, remote));
	assert_in_range(rtt, 2 * wo->wo_delay * NS_PER_MS,
	    3 * wo->wo_delay * NS_PER_MS);
	if (ho->ho_valid++ == 0) {
		ho->ho_valid_at = wo->wo_now;
		ho->ho_first = *remote;
	}
}

static const struct checks_ops	ops = { on_send, on_valid };

static struct nat *
nat_new(struct world *wo, unsigned int inner, unsigned int outer,
    const char *addr, enum filter filter)
{
	struct nat	*na = &wo->wo_nat[wo->wo_nnats++];

	assert_true(wo->wo_nnats <= NATS_MAX);
	na->na_inner = inner;
	na->na_outer = outer;
	na->na_addr = parse(addr);
	na->na_filter = filter;
	return (na);
}

static void
host_new(struct world *wo, unsigned int i, enum kind kind)
{
	struct host	*ho = &wo->wo_host[i];
	unsigned int	 lan = 1 + 2 * i, cgn = 2 + 2 * i;
	const char	*outside = i ? "203.0.113.20:0" : "203.0.113.10:0";
	struct nat	*na;

	ho->ho_world = wo;
	ho->ho_no = i;
	ho->ho_net = lan;
	/* Both at home have the same private address. */
	if (kind != IPV6)
		ho->ho_addr[0] = parse("192.168.1.5:7000");
	if (kind == IPV6 || kind == DUAL)
		ho->ho_addr[1] = parse(i ? "[2001:db8:2::1]:7000" :
		    "[2001:db8:1::1]:7000");
	switch (kind) {
	case OPEN:
		ho->ho_net = PUBLIC;
		ho->ho_addr[0] = parse(outside);
		addr_set_port(&ho->ho_addr[0], 7000);
		break;
	case FULL_CONE:
		nat_new(wo, lan, PUBLIC, outside, ANYBODY);
		break;
	case ADDRESS:
		nat_new(wo, lan, PUBLIC, outside, BY_ADDRESS);
		break;
	case PORT:
	case DUAL:
		nat_new(wo, lan, PUBLIC, outside, BY_PORT);
		break;
	case SYMMETRIC:
		na = nat_new(wo, lan, PUBLIC, outside, BY_PORT);
		na->na_symmetric = true;
		break;
	case CGNAT:
		nat_new(wo, lan, cgn, "100.64.0.9:0", BY_PORT);
		nat_new(wo, cgn, PUBLIC, outside, BY_PORT);
		break;
	case RELAY_ONLY:
		na = nat_new(wo, lan, PUBLIC, outside, BY_PORT);
		na->na_relay_only = true;
		break;
	default:
		break;
	}
}

static void
give(struct host *to, const struct addr *a)
{
	if (a->addr_len != 0 && !is_in(to->ho_list, to->ho_nlist, a))
		to->ho_list[to->ho_nlist++] = *a;
}

/* Candidates as clients say them: of the host, and what the relay saw. */
static void
gather(struct world *wo)
{
	struct host	*ho, *other;
	unsigned int	 i;

	for (i = 0; i < 2; i++) {
		ho = &wo->wo_host[i];
		other = &wo->wo_host[1 - i];
		give(other, &ho->ho_addr[1]);
		give(other, &ho->ho_addr[0]);
		if (ho->ho_addr[0].addr_len == 0)
			continue;
		memset(&wo->wo_seen, 0, sizeof(wo->wo_seen));
		route4(wo, ho->ho_net, ho->ho_addr[0], wo->wo_relay, NULL);
		assert_true(wo->wo_seen.addr_len != 0);
		give(other, &wo->wo_seen);
	}
}

static void
start(struct world *wo)
{
	struct host	*ho;
	uint8_t		 key[CHECK_KEY_LEN];
	unsigned int	 i, families;

	gather(wo);
	memset(key, 0x42, sizeof(key));
	for (i = 0; i < 2; i++) {
		ho = &wo->wo_host[i];
		families = (ho->ho_addr[0].addr_len ? 1u : 0u) |
		    (ho->ho_addr[1].addr_len ? 2u : 0u);
		ho->ho_checks = checks_new(key, i == 0, families, &ops, ho);
		assert_non_null(ho->ho_checks);
		checks_remote(ho->ho_checks, 0, ho->ho_list, ho->ho_nlist);
	}
}

static struct world *
world_new(uint64_t seed, unsigned int delay, unsigned int loss)
{
	struct world	*wo;

	wo = calloc(1, sizeof(*wo));
	assert_non_null(wo);
	wo->wo_random = seed;
	wo->wo_now = T0;
	wo->wo_delay = delay;
	wo->wo_loss = loss;
	wo->wo_relay = parse(RELAY_ADDR);
	return (wo);
}

static void
world_free(struct world *wo)
{
	checks_free(wo->wo_host[0].ho_checks);
	checks_free(wo->wo_host[1].ho_checks);
	free(wo);
}

static void
arrive(struct world *wo, struct packet *pk)
{
	struct host	*ho = &wo->wo_host[pk->pk_to];
	struct addr	 from = pk->pk_from;

	pk->pk_at = 0;
	if (wo->wo_deaf && !is_in(ho->ho_list, ho->ho_nlist, &from))
		return;
	if (!is_in(ho->ho_heard, ho->ho_nheard, &from)) {
		assert_true(ho->ho_nheard < SENT_MAX);
		ho->ho_heard[ho->ho_nheard++] = from;
	}
	if (pk->pk_data[8] == CHECK_REQUEST)
		ho->ho_requests_in++;
	checks_receive(ho->ho_checks, pk->pk_listener,
	    &ho->ho_addr[pk->pk_listener], &from, pk->pk_data, CHECK_LEN,
	    wo->wo_now);
}

static void
run(struct world *wo, uint64_t until)
{
	struct packet	*pk, *next;
	uint64_t	 at;
	unsigned int	 i, timer;

	for (;;) {
		next = NULL;
		for (pk = wo->wo_packet; pk < wo->wo_packet + PACKETS_MAX;
		    pk++)
			if (pk->pk_at != 0 &&
			    (next == NULL || pk->pk_at < next->pk_at))
				next = pk;
		at = next != NULL ? next->pk_at : UINT64_MAX;
		timer = 2;
		for (i = 0; i < 2; i++) {
			if (checks_expiry(wo->wo_host[i].ho_checks) < at) {
				timer = i;
				at = checks_expiry(wo->wo_host[i].ho_checks);
			}
		}
		if (at > until)
			break;
		if (at > wo->wo_now)
			wo->wo_now = at;
		if (timer < 2) {
			checks_expire(wo->wo_host[timer].ho_checks,
			    wo->wo_now);
			/* Done is done: no timer runs hot. */
			assert_true(checks_expiry(
			    wo->wo_host[timer].ho_checks) > wo->wo_now);
		} else
			arrive(wo, next);
	}
	wo->wo_now = until;
}

static void
begin_round(struct world *wo, uint32_t round, unsigned int first,
    unsigned int skew_ms)
{
	struct host	*ho;
	unsigned int	 i, k;

	for (i = 0; i < 2; i++) {
		ho = &wo->wo_host[i];
		for (k = 0; k < ho->ho_nsent; k++)
			ho->ho_sent[k].se_requests = 0;
		checks_round(ho->ho_checks, round, wo->wo_now +
		    (i == first ? 0 : skew_ms * NS_PER_MS));
	}
}

static bool
both_valid(const struct world *wo)
{
	return (wo->wo_host[0].ho_valid > 0 && wo->wo_host[1].ho_valid > 0);
}

/* How many rounds until both sides know a path; 0: none in `rounds'. */
static unsigned int
meet(struct world *wo, unsigned int rounds, unsigned int skew_ms)
{
	unsigned int	r;

	for (r = 1; r <= rounds; r++) {
		/* Triggered checks of the end of a round count in the next. */
		begin_round(wo, r, (unsigned int)(draw(wo) % 2), skew_ms);
		run(wo, wo->wo_now + 5 * NS_PER_S);
		if (both_valid(wo))
			return (r);
	}
	return (0);
}

static unsigned int
pair(uint64_t seed, enum kind a, enum kind b, unsigned int delay,
    unsigned int loss, unsigned int skew, uint64_t *took)
{
	struct world	*wo = world_new(seed, delay, loss);
	unsigned int	 i, rounds;

	host_new(wo, 0, a);
	host_new(wo, 1, b);
	start(wo);
	rounds = meet(wo, loss > 0 ? 4 : 1, skew);
	for (i = 0; i < 2; i++)
		if (wo->wo_host[i].ho_valid_at > T0 + *took)
			*took = wo->wo_host[i].ho_valid_at - T0;
	world_free(wo);
	return (rounds);
}

/* All ordered pairs under these conditions. */
static void
matrix(uint64_t seed, unsigned int delay, unsigned int loss,
    unsigned int skew)
{
	uint64_t	took, slowest = 0;
	unsigned int	a, b, r, more = 0, bad = 0;
	char		reached[KINDS + 1];

	for (a = 0; a < KINDS; a++) {
		memset(reached, 0, sizeof(reached));
		for (b = 0; b < KINDS; b++) {
			took = 0;
			r = pair(seed + a * KINDS + b, a, b, delay, loss,
			    skew, &took);
			reached[b] = r > 0 ? 'D' : 'r';
			more += r > 1;
			if (r > 0 && took > slowest)
				slowest = took;
		}
		if (strcmp(reached, expected[a]) != 0) {
			print_message("%-10s expected %s, reached %s\n",
			    kind_name[a], expected[a], reached);
			bad++;
		}
	}
	print_message("# seed %llu, %u ms, loss %u/1000, skew %u ms: slowest "
	    "%u ms, %u of 81 took more than a round\n",
	    (unsigned long long)seed, delay, loss, skew,
	    (unsigned int)(slowest / NS_PER_MS), more);
	assert_int_equal(bad, 0);
	/* Without loss the first round finds it, soon after both are there. */
	if (loss == 0) {
		assert_int_equal(more, 0);
		assert_true(slowest <= (skew + 600 + 4 * delay) * NS_PER_MS);
	}
	assert_true(more <= (loss <= 100 ? 2 : 8));
}

static void
test_matrix(void **state)
{
	static const unsigned int	 delay[] = { 10, 20, 75, 150 };
	static const unsigned int	 skew[] = { 0, 30, 120, 300 };
	unsigned int			 i, k;

	(void)state;
	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++)
			matrix(1000 * i + k, delay[i], 0, skew[k]);
}

static void
test_loss(void **state)
{
	(void)state;
	matrix(20000, 20, 50, 100);
	matrix(21000, 150, 50, 0);
	matrix(22000, 75, 100, 300);
	matrix(23000, 20, 300, 50);
	matrix(24000, 150, 300, 300);
}

/*
 * What makes symmetric NATs work is the source of the other's request: not
 * learning it must show.
 */
static void
test_deaf(void **state)
{
	struct world	*wo;
	unsigned int	 k;
	enum kind	 other[] = { FULL_CONE, ADDRESS, OPEN };

	(void)state;
	for (k = 0; k < 6; k++) {
		wo = world_new(k, 20, 0);
		wo->wo_deaf = true;
		host_new(wo, 0, k < 3 ? SYMMETRIC : other[k - 3]);
		host_new(wo, 1, k < 3 ? other[k] : SYMMETRIC);
		start(wo);
		assert_int_equal(meet(wo, 2, 0), 0);
		world_free(wo);
	}
}

/* Both behind one NAT. */
static struct world *
same_lan(bool hairpin, bool host_addresses)
{
	struct world	*wo = world_new(5, 20, 0);
	struct nat	*na;
	unsigned int	 i;

	na = nat_new(wo, 1, PUBLIC, "203.0.113.10:0", BY_PORT);
	na->na_hairpin = hairpin;
	for (i = 0; i < 2; i++) {
		wo->wo_host[i].ho_world = wo;
		wo->wo_host[i].ho_no = i;
		wo->wo_host[i].ho_net = 1;
		wo->wo_host[i].ho_addr[0] = parse(i ? "192.168.1.6:7000" :
		    "192.168.1.5:7000");
	}
	start(wo);
	if (!host_addresses)
		for (i = 0; i < 2; i++) {
			wo->wo_host[i].ho_list[0] = wo->wo_host[i].ho_list[1];
			wo->wo_host[i].ho_nlist = 1;
			checks_remote(wo->wo_host[i].ho_checks, 1,
			    wo->wo_host[i].ho_list, 1);
		}
	return (wo);
}

static void
test_lan(void **state)
{
	struct world	*wo;

	(void)state;
	/* Without hairpin there is the way inside. */
	wo = same_lan(false, true);
	assert_int_equal(meet(wo, 1, 40), 1);
	assert_true(addr_equal(&wo->wo_host[0].ho_first,
	    &wo->wo_host[1].ho_addr[0]));
	assert_true(addr_equal(&wo->wo_host[1].ho_first,
	    &wo->wo_host[0].ho_addr[0]));
	assert_int_equal(wo->wo_host[0].ho_valid, 1);
	world_free(wo);
	/* With it there are both. */
	wo = same_lan(true, true);
	assert_int_equal(meet(wo, 1, 40), 1);
	assert_int_equal(wo->wo_host[0].ho_valid, 2);
	world_free(wo);
	wo = same_lan(true, false);
	assert_int_equal(meet(wo, 1, 40), 1);
	world_free(wo);
	/* Neither: no way, and nobody pretends. */
	wo = same_lan(false, false);
	assert_int_equal(meet(wo, 1, 40), 0);
	world_free(wo);
}

/* The first request of each of four has left after 100 ms. */
static void
test_first_requests(void **state)
{
	struct world	*wo;
	struct host	*ho;
	unsigned int	 i, k;

	(void)state;
	wo = world_new(8, 20, 0);
	host_new(wo, 0, RELAY_ONLY);
	host_new(wo, 1, RELAY_ONLY);
	for (i = 0; i < 2; i++) {
		ho = &wo->wo_host[i];
		for (k = 0; k < 3; k++) {
			struct addr	a = parse("198.51.100.1:9000");

			addr_set_port(&a, (uint16_t)(9000 + k));
			give(ho, &a);
		}
	}
	gather(wo);
	wo->wo_host[0].ho_nlist = wo->wo_host[1].ho_nlist = 4;
	start(wo);
	begin_round(wo, 1, 0, 0);
	run(wo, T0 + 5 * NS_PER_S);
	for (i = 0; i < 2; i++) {
		ho = &wo->wo_host[i];
		assert_int_equal(ho->ho_nsent, ho->ho_nlist);
		for (k = 0; k < 4; k++)
			assert_true(ho->ho_sent[k].se_first <=
			    T0 + 100 * NS_PER_MS);
		for (k = 0; k < ho->ho_nsent; k++)
			assert_int_equal(ho->ho_sent[k].se_requests,
			    CHECKS_PER_PAIR);
	}
	world_free(wo);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_deaf),
		cmocka_unit_test(test_lan),
		cmocka_unit_test(test_first_requests),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
