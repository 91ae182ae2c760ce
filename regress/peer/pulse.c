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
 * Pulses: media as a talking party sends it, at a steady pace from one
 * connection and expected on another, while the script goes on.  Counted are
 * the lost ones and the longest silence at the receiver.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/expect.h"

#define PULSE_LEN	120	/* what 20 ms of speech need */
#define PULSE_MAX	65536	/* sequence numbers (wzp-protocol 3.1) */
/* What is on its way when a pulse ends may still arrive. */
#define PULSE_LINGER_MS	500
/* On a busy machine it takes longer to send enough of them. */
#define PULSE_ENOUGH_MS	2000

struct pulse {
	TAILQ_ENTRY(pulse)	 pu_entry;
	char			 pu_name[PEER_NAME_MAX];
	uint8_t			 pu_tag;
	struct pconn		*pu_from;
	struct pconn		*pu_to;
	uint64_t		 pu_every;	/* ns */
	uint64_t		 pu_next;
	uint64_t		 pu_last;	/* arrival, or the start */
	uint64_t		 pu_gap;	/* longest silence, ns */
	uint32_t		 pu_sent;
	uint32_t		 pu_got;
	uint32_t		 pu_twice;
	uint64_t		 pu_withhold;	/* that one is not sent */
	uint64_t		 pu_least;	/* that have to arrive */
	bool			 pu_over;
	bool			 pu_seen[PULSE_MAX];
};

static TAILQ_HEAD(, pulse)	 pulses = TAILQ_HEAD_INITIALIZER(pulses);
static uint8_t			 tags;

static void	 pulse_send(struct pulse *, uint64_t);
static bool	 pulse_enough(void *);
static bool	 pulse_whole(void *);

uint64_t
pulse_expiry(void)
{
	const struct pulse	*pu;
	uint64_t		 next = UINT64_MAX;

	TAILQ_FOREACH(pu, &pulses, pu_entry)
		if (!pu->pu_over && pu->pu_next < next)
			next = pu->pu_next;
	return (next);
}

/*
 * A media packet: version and codec, sequence, time stamp, no FEC; then what
 * tells these from others.
 */
static void
pulse_send(struct pulse *pu, uint64_t now)
{
	struct dgram	*dg;
	uint8_t		*b;
	uint32_t	 ms;

	if (pu->pu_from->pc_end != END_NONE)
		failed("pulse %s: %s is over: %s", pu->pu_name,
		    pu->pu_from->pc_name, conn_end_text(pu->pu_from));
	if (pu->pu_sent == PULSE_MAX)
		script_error("pulse %s goes on for too long", pu->pu_name);
	dg = xcalloc(1, sizeof(*dg) + PULSE_LEN);
	dg->dg_len = PULSE_LEN;
	b = dg->dg_data;
	ms = (uint32_t)(pu->pu_sent * (pu->pu_every / NS_PER_MS));
	b[1] = 0x34;
	b[2] = (uint8_t)(pu->pu_sent >> 8);
	b[3] = (uint8_t)pu->pu_sent;
	b[4] = (uint8_t)(ms >> 24);
	b[5] = (uint8_t)(ms >> 16);
	b[6] = (uint8_t)(ms >> 8);
	b[7] = (uint8_t)ms;
	memcpy(b + 12, "pulse", 5);
	b[17] = pu->pu_tag;
	pu->pu_sent++;
	if (pu->pu_sent == pu->pu_withhold)
		free(dg);
	else
		STAILQ_INSERT_TAIL(&pu->pu_from->pc_dgrams_out, dg, dg_entry);
	/* Late ones are sent at once, as a sound card's are. */
	pu->pu_next += pu->pu_every;
	if (pu->pu_next + 10 * pu->pu_every < now)
		pu->pu_next = now;
}

void
pulse_turn(uint64_t now)
{
	struct pulse	*pu;

	TAILQ_FOREACH(pu, &pulses, pu_entry)
		while (!pu->pu_over && pu->pu_next <= now)
			pulse_send(pu, now);
}

bool
pulse_take(struct pconn *pc, const uint8_t *data, size_t len)
{
	struct pulse	*pu;
	uint64_t	 now = now_ns();
	size_t		 seq;

	if (len != PULSE_LEN || memcmp(data + 12, "pulse", 5) != 0)
		return (false);
	TAILQ_FOREACH(pu, &pulses, pu_entry) {
		if (pu->pu_to != pc || pu->pu_tag != data[17])
			continue;
		seq = (size_t)data[2] << 8 | data[3];
		if (pu->pu_seen[seq])
			pu->pu_twice++;
		else
			pu->pu_got++;
		pu->pu_seen[seq] = true;
		if (now - pu->pu_last > pu->pu_gap)
			pu->pu_gap = now - pu->pu_last;
		pu->pu_last = now;
		return (true);
	}
	return (false);
}

void
pulse_free(void)
{
	struct pulse	*pu;

	while ((pu = TAILQ_FIRST(&pulses)) != NULL) {
		TAILQ_REMOVE(&pulses, pu, pu_entry);
		free(pu);
	}
}

/*
 * pulse NAME FROM TO MS [withhold=N]: begins.  The Nth is not sent, so that
 * it is missed.
 */
void
cmd_pulse(struct ctx *cx, char *args)
{
	struct pulse	*pu;
	char		*key, *value;

	pu = xcalloc(1, sizeof(*pu));
	snprintf(pu->pu_name, sizeof(pu->pu_name), "%s", word(&args));
	pu->pu_from = conn_arg(cx, &args);
	pu->pu_to = conn_arg(cx, &args);
	alive(pu->pu_from);
	alive(pu->pu_to);
	pu->pu_every = number(word(&args)) * NS_PER_MS;
	if (pu->pu_every == 0)
		script_error("pulse: want milliseconds");
	while (option(&args, &key, &value)) {
		if (value == NULL || strcmp(key, "withhold") != 0)
			script_error("pulse: no option %s", key);
		pu->pu_withhold = number(value);
	}
	pu->pu_least = 1;
	pu->pu_tag = tags++;
	pu->pu_next = pu->pu_last = now_ns();
	TAILQ_INSERT_TAIL(&pulses, pu, pu_entry);
}

static bool
pulse_enough(void *arg)
{
	const struct pulse	*pu = arg;

	return (pu->pu_got >= pu->pu_least);
}

static bool
pulse_whole(void *arg)
{
	const struct pulse	*pu = arg;

	return (pu->pu_got == pu->pu_sent);
}

/*
 * expect-pulse NAME [lost=N] [gap=MS] [least=N]: ends it.  No more than N
 * were lost (none without it), no silence was longer than MS, and at least N
 * arrived.
 */
void
cmd_expect_pulse(struct ctx *cx, char *args)
{
	struct pulse	*pu;
	uint64_t	 lost = 0, gap = UINT64_MAX, now;
	char		*name = word(&args), *key, *value;

	TAILQ_FOREACH(pu, &pulses, pu_entry)
		if (strcmp(pu->pu_name, name) == 0)
			break;
	if (pu == NULL)
		script_error("no pulse %s", name);
	while (option(&args, &key, &value)) {
		if (value == NULL)
			script_error("expect-pulse: %s needs a value", key);
		if (strcmp(key, "lost") == 0)
			lost = number(value);
		else if (strcmp(key, "gap") == 0)
			gap = number(value) * NS_PER_MS;
		else if (strcmp(key, "least") == 0)
			pu->pu_least = number(value);
		else
			script_error("expect-pulse: no option %s", key);
	}
	loop_until(cx->cx_peer, pulse_enough, pu,
	    now_ns() + PULSE_ENOUGH_MS * NS_PER_MS);
	/* The silence up to here counts; it does not count that it ends. */
	now = now_ns();
	if (now - pu->pu_last > pu->pu_gap)
		pu->pu_gap = now - pu->pu_last;
	pu->pu_over = true;
	loop_until(cx->cx_peer, pulse_whole, pu,
	    now_ns() + PULSE_LINGER_MS * NS_PER_MS);
	trace("pulse %s: %u sent, %u lost, %u twice, longest silence %.1f ms",
	    pu->pu_name, pu->pu_sent, pu->pu_sent - pu->pu_got, pu->pu_twice,
	    (double)pu->pu_gap / (double)NS_PER_MS);
	if (pu->pu_sent - pu->pu_got > lost)
		failed("pulse %s: %u of %u lost, want %llu at most",
		    pu->pu_name, pu->pu_sent - pu->pu_got, pu->pu_sent,
		    (unsigned long long)lost);
	if (pu->pu_got < pu->pu_least)
		failed("pulse %s: %u arrived, want %llu", pu->pu_name,
		    pu->pu_got, (unsigned long long)pu->pu_least);
	if (pu->pu_gap > gap)
		failed("pulse %s: silence of %llu ms, want %llu at most",
		    pu->pu_name, (unsigned long long)(pu->pu_gap / NS_PER_MS),
		    (unsigned long long)(gap / NS_PER_MS));
	TAILQ_REMOVE(&pulses, pu, pu_entry);
	free(pu);
}

/*
 * A plain packet of Opus24k (wzp-protocol 8.3, 8.7): header, and a payload
 * whose first byte names 20 ms of one channel in one frame (RFC 6716 3.1).
 */
static const char *
media_broken(const struct dgram *dg, uint32_t last, uint16_t seq)
{
	const uint8_t	*b = dg->dg_data;
	unsigned int	 toc;
	uint32_t	 ms;

	if (dg->dg_len < 14)
		return ("too short");
	if ((b[0] & 0xfd) != 0 || b[1] != 0 || b[8] != 0 || b[9] != 0 ||
	    b[10] != 0 || b[11] != 0)
		return ("not a header of Opus24k");
	if ((b[2] << 8 | b[3]) != seq)
		return ("another sequence number");
	ms = (uint32_t)b[4] << 24 | (uint32_t)b[5] << 16 |
	    (uint32_t)b[6] << 8 | b[7];
	if (ms % 20 != 0 || (last != UINT32_MAX && ms <= last))
		return ("another time");
	toc = b[12] >> 3;
	if ((b[12] & 7) != 0 || (toc < 12 ? toc % 4 != 1 :
	    toc < 16 ? toc % 2 != 1 : toc % 4 != 3))
		return ("no plain Opus");
	return (NULL);
}

static bool
media_there(void *arg)
{
	const struct pconn	*pc = arg;

	return (!STAILQ_EMPTY(&pc->pc_dgrams) || pc->pc_end != END_NONE);
}

/*
 * expect-media CONN N [back]: so many, none of them lost, each sent back if
 * wanted, so that its sender hears itself.
 */
void
cmd_expect_media(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct dgram	*dg;
	const char	*why;
	uint64_t	 i, n = number(word(&args));
	uint32_t	 last = UINT32_MAX;
	uint16_t	 seq = 0;
	bool		 back = strcmp(args, "back") == 0;

	if (*args != '\0' && !back)
		script_error("expect-media: no option %s", args);
	for (i = 0; i < n; i++) {
		if (!loop_until(cx->cx_peer, media_there, pc,
		    now_ns() + cx->cx_limit))
			failed("%s: %llu media packets, want %llu",
			    pc->pc_name, (unsigned long long)i,
			    (unsigned long long)n);
		if ((dg = STAILQ_FIRST(&pc->pc_dgrams)) == NULL)
			failed("%s: no media, it is over: %s", pc->pc_name,
			    conn_end_text(pc));
		STAILQ_REMOVE_HEAD(&pc->pc_dgrams, dg_entry);
		if (i == 0 && dg->dg_len >= 4)
			seq = (uint16_t)(dg->dg_data[2] << 8 |
			    dg->dg_data[3]);
		if ((why = media_broken(dg, last, seq)) != NULL) {
			struct text	 t;

			memset(&t, 0, sizeof(t));
			text_hex(&t, dg->dg_data, dg->dg_len);
			failed("%s: media packet %llu: %s: %s", pc->pc_name,
			    (unsigned long long)i, why, t.t_buf);
		}
		last = (uint32_t)dg->dg_data[4] << 24 |
		    (uint32_t)dg->dg_data[5] << 16 |
		    (uint32_t)dg->dg_data[6] << 8 | dg->dg_data[7];
		seq++;
		if (back)
			STAILQ_INSERT_TAIL(&pc->pc_dgrams_out, dg, dg_entry);
		else
			free(dg);
	}
	conn_flush(pc);
	trace("%s: %llu media packets", pc->pc_name, (unsigned long long)n);
}
