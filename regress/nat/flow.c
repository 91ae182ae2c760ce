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
 * The table of flows.  The test writes the addresses that get in here: a
 * plain hash will do, and what does not fit is counted together.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdbool.h>
#include <string.h>

#include "common/wire/check.h"
#include "regress/nat/flow.h"

#define SLOTS		(2 * FLOWS_MAX)
/*
 * Media of the lowest rate that clients use has 25 bytes of Opus; with the
 * header of wzp-protocol 8.3 and QUIC's own it is not below this, and nothing
 * else that a client sends all the time is above.
 */
#define BIG		72

struct flow {
	struct flow_key	fl_key;		/* bytes, packets, class: not used */
	uint64_t	fl_packets;
	uint64_t	fl_bytes;
	uint64_t	fl_class[CLASSES];
	uint64_t	fl_fate[FATES];
	uint64_t	fl_first;
	uint64_t	fl_last;
	uint64_t	fl_big_first;
	uint64_t	fl_big_last;
};

static struct flow	flows[FLOWS_MAX + 1];
static unsigned int	nflows;
static unsigned int	slots[SLOTS];	/* index + 1; 0: free */

static enum flow_class	 classify(const uint8_t *, size_t);
static uint32_t		 hash(const struct flow_key *);
static bool		 same(const struct flow_key *,
			    const struct flow_key *);
static struct flow	*find(const struct flow_key *);

static enum flow_class
classify(const uint8_t *p, size_t len)
{
	if (check_is(p, len))
		return (CLASS_CHECK);
	/* The bit after this one may be greased (RFC 9287). */
	if (len > 0 && (p[0] & 0x80) != 0)
		return (CLASS_LONG);
	if (len > 0)
		return (len >= BIG ? CLASS_BIG : CLASS_SMALL);
	return (CLASS_OTHER);
}

int
flow_read(struct flow_key *key, const uint8_t *p, size_t len)
{
	size_t	head, total;

	memset(key, 0, sizeof(*key));
	key->fk_class = CLASS_OTHER;
	key->fk_packets = 1;
	if (len >= 20 && p[0] >> 4 == 4) {
		head = (size_t)(p[0] & 0x0f) * 4;
		total = (size_t)p[2] << 8 | p[3];
		if (head < 20 || total < head || total > len)
			return (-1);
		key->fk_family = AF_INET;
		key->fk_proto = p[9];
		memcpy(key->fk_src, p + 12, 4);
		memcpy(key->fk_dst, p + 16, 4);
		if (((p[6] & 0x1f) | p[7]) != 0)	/* no first fragment */
			key->fk_proto = IPPROTO_NONE;
	} else if (len >= 40 && p[0] >> 4 == 6) {
		head = 40;
		total = 40 + ((size_t)p[4] << 8 | p[5]);
		if (total > len)
			return (-1);
		key->fk_family = AF_INET6;
		key->fk_proto = p[6];
		memcpy(key->fk_src, p + 8, 16);
		memcpy(key->fk_dst, p + 24, 16);
	} else
		return (-1);
	p += head;
	len = total - head;
	key->fk_bytes = len;
	if (key->fk_proto != IPPROTO_UDP || len < 8)
		return (0);
	key->fk_sport = (uint16_t)(p[0] << 8 | p[1]);
	key->fk_dport = (uint16_t)(p[2] << 8 | p[3]);
	key->fk_bytes = len - 8;
	key->fk_class = classify(p + 8, len - 8);
	return (0);
}

static uint32_t
hash(const struct flow_key *key)
{
	uint32_t	h = 2166136261U;
	size_t		i;

	for (i = 0; i < 16; i++) {
		h = (h ^ key->fk_src[i]) * 16777619U;
		h = (h ^ key->fk_dst[i]) * 16777619U;
	}
	h = (h ^ key->fk_in) * 16777619U;
	h = (h ^ key->fk_proto) * 16777619U;
	h = (h ^ key->fk_sport) * 16777619U;
	h = (h ^ key->fk_dport) * 16777619U;
	return (h ^ h >> 15);
}

static bool
same(const struct flow_key *a, const struct flow_key *b)
{
	return (a->fk_in == b->fk_in && a->fk_family == b->fk_family &&
	    a->fk_proto == b->fk_proto && a->fk_sport == b->fk_sport &&
	    a->fk_dport == b->fk_dport &&
	    memcmp(a->fk_src, b->fk_src, sizeof(a->fk_src)) == 0 &&
	    memcmp(a->fk_dst, b->fk_dst, sizeof(a->fk_dst)) == 0);
}

static struct flow *
find(const struct flow_key *key)
{
	uint32_t	i;

	for (i = hash(key) % SLOTS; slots[i] != 0; i = (i + 1) % SLOTS)
		if (same(&flows[slots[i] - 1].fl_key, key))
			return (&flows[slots[i] - 1]);
	if (nflows == FLOWS_MAX)
		return (&flows[FLOWS_MAX]);
	flows[nflows].fl_key = *key;
	slots[i] = ++nflows;
	return (&flows[nflows - 1]);
}

void
flow_count(const struct flow_key *key, enum flow_fate fate, uint64_t now)
{
	struct flow	*flow = find(key);

	flow->fl_fate[fate] += key->fk_packets;
	if (flow->fl_first == 0)
		flow->fl_first = now;
	flow->fl_last = now;
	flow->fl_packets += key->fk_packets;
	flow->fl_bytes += key->fk_bytes;
	flow->fl_class[key->fk_class] += key->fk_packets;
	if (key->fk_class != CLASS_BIG || fate != FATE_SENT)
		return;
	if (flow->fl_big_first == 0)
		flow->fl_big_first = now;
	flow->fl_big_last = now;
}

void
flow_reset(void)
{
	memset(flows, 0, sizeof(flows));
	memset(slots, 0, sizeof(slots));
	nflows = 0;
}

void
flow_print(FILE *f, const char *(*port)(unsigned int))
{
	char			 src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	const struct flow	*flow;
	const struct flow_key	*key;
	size_t			 i;
	int			 k;

	fprintf(f, "in proto src sport dst dport packets bytes check long "
	    "big small other sent lost cut unrouted full first_ms last_ms "
	    "big_first_ms big_last_ms\n");
	for (i = 0; i <= FLOWS_MAX; i++) {
		flow = &flows[i];
		key = &flow->fl_key;
		if (flow->fl_packets == 0)
			continue;
		(void)strlcpy(src, "-", sizeof(src));
		(void)strlcpy(dst, "-", sizeof(dst));
		if (i < FLOWS_MAX) {
			(void)inet_ntop(key->fk_family, key->fk_src, src,
			    sizeof(src));
			(void)inet_ntop(key->fk_family, key->fk_dst, dst,
			    sizeof(dst));
		}
		fprintf(f, "%s %u %s %u %s %u %llu %llu", port(key->fk_in),
		    key->fk_proto, src, key->fk_sport, dst, key->fk_dport,
		    (unsigned long long)flow->fl_packets,
		    (unsigned long long)flow->fl_bytes);
		for (k = 0; k < CLASSES; k++)
			fprintf(f, " %llu",
			    (unsigned long long)flow->fl_class[k]);
		for (k = 0; k < FATES; k++)
			fprintf(f, " %llu",
			    (unsigned long long)flow->fl_fate[k]);
		fprintf(f, " %llu %llu %llu %llu\n",
		    (unsigned long long)flow->fl_first,
		    (unsigned long long)flow->fl_last,
		    (unsigned long long)flow->fl_big_first,
		    (unsigned long long)flow->fl_big_last);
	}
}
