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
 * Calls through a TURN server (coturn.h): at the pace of the crowd, with a
 * socket for each who talks.
 */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bank.h"
#include "bench/coturn.h"
#include "bench/crowd.h"
#include "bench/pace.h"
#include "bench/pipe.h"
#include "bench/turn.h"
#include "common/base/clock.h"

/* RFC 8489 section 6.2.1 has 500 ms; nothing here is far away. */
#define RETRANSMIT_NS	(100 * NS_PER_MS)
#define SETTLE_NS	(500 * NS_PER_MS)
#define PHASE_OFF	0
#define SENT_OFF	(PHASE_OFF + 4)

enum state {
	STATE_ALLOCATES,
	STATE_REFRESHES,
	STATE_BINDS,
	STATE_READY
};

/* One call. */
struct pair {
	struct coturn	*pr_coturn;
	enum state	 pr_state;
	struct pipe	*pr_client;
	struct pipe	*pr_peer;	/* NULL: no relayed address yet */
	uint16_t	 pr_channel;
	uint64_t	 pr_asked;	/* monotonic; 0: not yet */
	uint8_t		 pr_id[TURN_ID_LEN];
};

struct coturn {
	struct addr	 ct_server;
	struct pair	*ct_pairs;
	struct pollfd	*ct_pfds;	/* two of each pair */
	unsigned int	 ct_n;
	unsigned int	 ct_ready;
	const char	*ct_why;	/* NULL: nothing was refused */
	uint32_t	 ct_phase;
	uint64_t	 ct_stamp;	/* what is being sent */
	struct flow	*ct_flow;
	char		 ct_text[64];
};

static void	state_set(struct pair *, enum state);
static void	ask(struct pair *, uint64_t);
static void	heard_by_client(void *, const uint8_t *, size_t, uint64_t);
static void	heard_by_peer(void *, const uint8_t *, size_t, uint64_t);
static void	answered(struct pair *, const struct turn_response *);
static void	relayed_at(struct pair *, const struct addr *);
static void	delivered(struct coturn *, const uint8_t *, size_t, uint64_t);
static void	say(struct coturn *, unsigned int);
static void	turn(struct coturn *, int);

struct coturn *
coturn_new(const struct addr *server, unsigned int calls)
{
	struct coturn	*ct;
	struct pair	*pr;
	unsigned int	 i;

	if ((ct = calloc(1, sizeof(*ct))) == NULL)
		return (NULL);
	ct->ct_server = *server;
	if ((ct->ct_pairs = calloc(calls, sizeof(*ct->ct_pairs))) == NULL ||
	    (ct->ct_pfds = calloc(calls, 2 * sizeof(*ct->ct_pfds))) == NULL)
		goto fail;
	for (i = 0; i < calls; i++) {
		pr = &ct->ct_pairs[i];
		pr->pr_coturn = ct;
		pr->pr_channel = (uint16_t)(TURN_CHANNEL_FIRST + i);
		if ((pr->pr_client = pipe_open_at(2 * i, server)) == NULL)
			goto fail;
		ct->ct_n++;
		state_set(pr, STATE_ALLOCATES);
	}
	return (ct);
fail:
	coturn_free(ct);
	return (NULL);
}

void
coturn_free(struct coturn *ct)
{
	unsigned int	i;

	if (ct == NULL)
		return;
	for (i = 0; i < ct->ct_n; i++) {
		pipe_free(ct->ct_pairs[i].pr_client);
		pipe_free(ct->ct_pairs[i].pr_peer);
	}
	free(ct->ct_pairs);
	free(ct->ct_pfds);
	free(ct);
}

static void
state_set(struct pair *pr, enum state state)
{
	pr->pr_state = state;
	pr->pr_asked = 0;
	if (state == STATE_READY)
		pr->pr_coturn->ct_ready++;
	else
		arc4random_buf(pr->pr_id, sizeof(pr->pr_id));
}

int
coturn_join(struct coturn *ct, unsigned int limit_s, const char **why)
{
	uint64_t	now = clock_mono_ns(), until;
	unsigned int	i;

	until = now + limit_s * NS_PER_S;
	ct->ct_why = NULL;
	ct->ct_ready = 0;
	for (i = 0; i < ct->ct_n; i++)
		if (ct->ct_pairs[i].pr_state == STATE_READY)
			state_set(&ct->ct_pairs[i], STATE_REFRESHES);
	while (ct->ct_ready < ct->ct_n && ct->ct_why == NULL) {
		if ((now = clock_mono_ns()) > until)
			ct->ct_why = "it does not answer";
		for (i = 0; i < ct->ct_n; i++)
			ask(&ct->ct_pairs[i], now);
		turn(ct, 5);
	}
	*why = ct->ct_why;
	return (ct->ct_why == NULL ? 0 : -1);
}

/* What is to be asked in its state, again and again. */
static void
ask(struct pair *pr, uint64_t now)
{
	uint8_t	buf[TURN_REQUEST_MAX];
	size_t	len = 0;

	if (pr->pr_asked != 0 && now - pr->pr_asked < RETRANSMIT_NS)
		return;
	switch (pr->pr_state) {
	case STATE_ALLOCATES:
		len = turn_allocate(buf, pr->pr_id);
		break;
	case STATE_REFRESHES:
		len = turn_refresh(buf, pr->pr_id);
		break;
	case STATE_BINDS:
		len = turn_channel_bind(buf, pr->pr_id, pr->pr_channel,
		    pipe_local(pr->pr_peer));
		break;
	case STATE_READY:
		return;
	}
	pr->pr_asked = now;
	pipe_queue(pr->pr_client, buf, len);
}

static void
heard_by_client(void *arg, const uint8_t *data, size_t len, uint64_t at)
{
	struct pair		*pr = arg;
	struct turn_response	 tr;
	int			 n;

	n = turn_parse_data(pr->pr_channel, data, len);
	if (n >= 0) {
		delivered(pr->pr_coturn, data + TURN_DATA_HEADER_LEN,
		    (size_t)n, at);
		return;
	}
	/* Of a request that was said again there is a second answer. */
	if (pr->pr_state != STATE_READY &&
	    turn_parse_response(&tr, data, len) == 0 &&
	    memcmp(tr.tr_id, pr->pr_id, sizeof(pr->pr_id)) == 0)
		answered(pr, &tr);
}

static void
heard_by_peer(void *arg, const uint8_t *data, size_t len, uint64_t at)
{
	struct pair	*pr = arg;

	delivered(pr->pr_coturn, data, len, at);
}

/* To the request that is under way. */
static void
answered(struct pair *pr, const struct turn_response *tr)
{
	static const enum turn_method	 asked[] = {
		[STATE_ALLOCATES] = TURN_ALLOCATE,
		[STATE_REFRESHES] = TURN_REFRESH,
		[STATE_BINDS] = TURN_CHANNEL_BIND
	};
	struct coturn			*ct = pr->pr_coturn;

	if (tr->tr_method != asked[pr->pr_state])
		return;
	if (!tr->tr_success) {
		(void)snprintf(ct->ct_text, sizeof(ct->ct_text),
		    "it refuses method 0x%03x: %u",
		    (unsigned int)tr->tr_method, tr->tr_error);
		ct->ct_why = ct->ct_text;
		return;
	}
	switch (pr->pr_state) {
	case STATE_ALLOCATES:
		relayed_at(pr, &tr->tr_relayed);
		break;
	case STATE_REFRESHES:
		state_set(pr, STATE_BINDS);
		break;
	case STATE_BINDS:
		state_set(pr, STATE_READY);
		break;
	case STATE_READY:
		break;
	}
}

/* The peer speaks to there, and is heard from nowhere else. */
static void
relayed_at(struct pair *pr, const struct addr *relayed)
{
	struct coturn	*ct = pr->pr_coturn;
	unsigned int	 i = (unsigned int)(pr - ct->ct_pairs);

	if (relayed->addr_len == 0 || !addr_is_loopback(relayed) ||
	    (pr->pr_peer = pipe_open_at(2 * i + 1, relayed)) == NULL) {
		ct->ct_why = "it has no relayed address of use";
		return;
	}
	state_set(pr, STATE_BINDS);
}

/* What a datagram of ours says: the phase, and when it was sent. */
static void
delivered(struct coturn *ct, const uint8_t *data, size_t len, uint64_t at)
{
	uint32_t	phase;
	uint64_t	sent;

	if (len != CROWD_MEDIA_LEN || ct->ct_flow == NULL)
		return;
	memcpy(&phase, data + PHASE_OFF, sizeof(phase));
	memcpy(&sent, data + SENT_OFF, sizeof(sent));
	if (phase != ct->ct_phase)
		return;
	ct->ct_flow->fl_delivered++;
	delay_add(&ct->ct_flow->fl_delays, at - sent);
}

/* Even: the client of a pair, in its channel; odd: the peer. */
static void
say(struct coturn *ct, unsigned int who)
{
	struct pair	*pr = &ct->ct_pairs[who / 2];
	uint8_t		 d[TURN_DATA_HEADER_LEN + CROWD_MEDIA_LEN];
	uint8_t		*data = d + TURN_DATA_HEADER_LEN;

	memset(d, 0x5a, sizeof(d));
	turn_data_header(d, pr->pr_channel, CROWD_MEDIA_LEN);
	memcpy(data + PHASE_OFF, &ct->ct_phase, sizeof(ct->ct_phase));
	memcpy(data + SENT_OFF, &ct->ct_stamp, sizeof(ct->ct_stamp));
	if (who % 2 == 0)
		pipe_queue(pr->pr_client, d, sizeof(d));
	else
		pipe_queue(pr->pr_peer, data, CROWD_MEDIA_LEN);
}

static void
turn(struct coturn *ct, int wait_ms)
{
	struct pollfd	*pfds = ct->ct_pfds;
	struct pair	*pr;
	unsigned int	 i;

	for (i = 0; i < ct->ct_n; i++) {
		pr = &ct->ct_pairs[i];
		pipe_flush(pr->pr_client);
		pfds[2 * i].fd = pipe_fd(pr->pr_client);
		pfds[2 * i + 1].fd = -1;
		if (pr->pr_peer != NULL) {
			pipe_flush(pr->pr_peer);
			pfds[2 * i + 1].fd = pipe_fd(pr->pr_peer);
		}
		pfds[2 * i].events = pfds[2 * i + 1].events = POLLIN;
		pfds[2 * i].revents = pfds[2 * i + 1].revents = 0;
	}
	(void)poll(pfds, 2 * ct->ct_n, wait_ms);
	for (i = 0; i < ct->ct_n; i++) {
		pr = &ct->ct_pairs[i];
		if (pfds[2 * i].revents != 0)
			pipe_receive(pr->pr_client, heard_by_client, pr);
		if (pfds[2 * i + 1].revents != 0)
			pipe_receive(pr->pr_peer, heard_by_peer, pr);
	}
}

void
coturn_talk(struct coturn *ct, uint64_t per_s, uint64_t ns, struct flow *fl,
    struct bank *bank)
{
	struct pace	pa;
	uint64_t	n;
	unsigned int	k = 0, who = 0;

	memset(fl, 0, sizeof(*fl));
	fl->fl_copies = 1;
	ct->ct_flow = fl;
	ct->ct_phase++;
	pace_begin(&pa, per_s, ns);
	while (pace_turn(&pa, fl, SETTLE_NS)) {
		n = pace_due(&pa);
		ct->ct_stamp = pipe_now();
		for (; n > 0; n--) {
			say(ct, who);
			fl->fl_sent++;
			who = (who + 1) % (2 * ct->ct_n);
		}
		turn(ct, 0);
		if (bank != NULL && k++ % 16 == 0)
			bank_turn(bank, 0);
		pace_sleep(&pa);
	}
	pace_end(&pa, fl);
	ct->ct_flow = NULL;
}
