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
 * Calls from offer to end, replayed in virtual time: each scenario is a list
 * of things that happen and, on lines that begin with "=", of all that must
 * come out of them, in order and nothing else.
 *
 * COVERS: row 1.7 - the offer reaches the callee with every value equal
 * COVERS: row 1.8 - CallRinging after the offer was written to the callee
 * COVERS: row 1.9 - target offline: Hangup{Normal} and nothing else
 * COVERS: row 1.10 - answer, CallSetup to the caller, CallSetup to the callee
 * COVERS: row 1.11 - room and call_id of CallSetup
 * COVERS: row 1.13 - either accept mode
 * COVERS: row 1.14 - reject
 * COVERS: row 1.15 - answer for an unknown call
 * COVERS: row 1.16 - hangup by either side, with and without call_id
 * COVERS: row 1.17 - disconnect
 * COVERS: gap 8 - membership checks; gap 9 - call_id collisions
 * COVERS: gap 10 - claimed caller; gap 11, 21 - addresses; gap 18 - ring limit
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "signald/call_flow.h"

#define MS		UINT64_C(1000000)
#define RING_MS		60000
#define GRACE_MS	15000
#define WAIT_MS		2000
#define WALL_MS		UINT64_C(1775000000000)

#define OUT_MAX		32
#define LINE_MAX_	4096

struct world {
	struct hub	*hub;
	struct flow	*flow;
	struct reg	 regs[3];
	bool		 registry, media;
	uint64_t	 now, seq;
	char		 out[OUT_MAX][LINE_MAX_];
	size_t		 nout, taken;
	char		 why[2 * LINE_MAX_ + 128];
};

static void	 say(struct world *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct world *w, const char *fmt, ...)
{
	va_list	ap;

	if (w->nout == OUT_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->out[w->nout++], LINE_MAX_, fmt, ap);
	va_end(ap);
}

static const char *
fp_of(char who)
{
	static char	fp[3][FP_STRLEN];
	char		hex = (char)(who - 'A' + 'a');
	size_t		i, n = (size_t)(who - 'A');

	for (i = 0; i < FP_STRLEN - 1; i++)
		fp[n][i] = i % 5 == 4 ? ':' : hex;
	return (fp[n]);
}

static int
world_send(void *arg, struct reg *reg, const char *json, size_t len)
{
	say(arg, "%c %.*s", (char)(reg->reg_fp[0] - 'a' + 'A'), (int)len, json);
	return (0);
}

static void
world_replaced(void *arg, struct reg *reg)
{
	struct world	*w = arg;

	flow_unregistered(w->flow, reg, false);
}

static int
world_record(void *arg, const struct msg_call_put *put)
{
	struct world	*w = arg;

	if (!w->registry)
		return (-1);
	w->seq = put->seq;
	say(w, "record %s %s%s%s%s", put->call_id,
	    call_state_name((enum call_state)put->state),
	    put->state == CALL_ENDED ? " " : "", put->state == CALL_ENDED ?
	    call_reason_name((enum call_reason)put->reason) : "",
	    put->unconfirmed ? " unconfirmed" : "");
	return (0);
}

static int
world_admit(void *arg, const struct msg_room_admit *msg)
{
	struct world	*w = arg;

	if (!w->media)
		return (-1);
	say(w, "admit %s %c %c", msg->call_id, msg->caller[0] - 'a' + 'A',
	    msg->callee[0] - 'a' + 'A');
	return (0);
}

static int
world_close(void *arg, const struct msg_room_close *msg)
{
	struct world	*w = arg;

	if (!w->media)
		return (-1);
	say(w, "close %s", msg->call_id);
	return (0);
}

static void
quiet(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

static const struct hub_ops	hub_ops = { world_send, world_replaced };
static const struct flow_ops	flow_ops = {
	world_record, world_admit, world_close
};

static struct world *
world_new(bool best_effort)
{
	struct flow_config	 config;
	struct world		*w;

	assert_non_null(w = calloc(1, sizeof(*w)));
	w->registry = w->media = true;
	w->now = 1000 * MS;
	assert_non_null(w->hub = hub_new(16, 4, &hub_ops, w));
	memset(&config, 0, sizeof(config));
	config.fc_best_effort = best_effort;
	config.fc_ring_ns = RING_MS * MS;
	config.fc_grace_ns = GRACE_MS * MS;
	config.fc_registry_wait_ns = WAIT_MS * MS;
	config.fc_max_calls = 8;
	config.fc_max_pending = 2;
	assert_non_null(w->flow = flow_new(&config, w->hub, &flow_ops, w));
	flow_set_time(w->flow, w->now, WALL_MS);
	flow_registry_up(w->flow);
	return (w);
}

static void
world_free(struct world *w)
{
	size_t	i;

	for (i = 0; i < 3; i++)
		(void)hub_unregister(w->hub, &w->regs[i]);
	flow_free(w->flow);
	hub_free(w->hub);
	free(w);
}

/* $A $B $C fingerprints, $a $b $c their keys, $0 the zero key, $P a profile */
static void
expand(const char *in, char *out)
{
	char	*p = out;
	size_t	 i;

	for (; *in != '\0'; in++) {
		if (*in != '$') {
			*p++ = *in;
			continue;
		}
		in++;
		if (*in >= 'A' && *in <= 'C')
			p += sprintf(p, "%s", fp_of(*in));
		else if (*in == 'P')
			p += sprintf(p, "{\"codec\":\"Opus24k\",\"fec_ratio\":"
			    "0.2,\"frame_duration_ms\":20,"
			    "\"frames_per_block\":5}");
		else {
			*p++ = '[';
			for (i = 0; i < 32; i++)
				p += sprintf(p, "%s%d", i == 0 ? "" : ",",
				    *in == '0' ? 0 : *in);
			*p++ = ']';
		}
	}
	*p = '\0';
}

static void
step_register(struct world *w, const char *text)
{
	struct reg	*reg = &w->regs[text[0] - 'A'];
	struct addr	 remote;

	if (reg->reg_person != NULL) {
		/* The same person from elsewhere: the old one is replaced. */
		struct reg	*newer = calloc(1, sizeof(*newer));

		assert_non_null(newer);
		*newer = *reg;
		newer->reg_person = NULL;
		newer->reg_proven = strstr(text, "proven") != NULL;
		if (hub_register(w->hub, newer) == 0)
			flow_registered(w->flow, newer);
		else
			say(w, "refused %c", text[0]);
		/* Keep using the slot: move the entry back into it. */
		if (hub_unregister(w->hub, newer) != NULL) {
			*reg = *newer;
			assert_int_equal(hub_register(w->hub, reg), 0);
		}
		free(newer);
		return;
	}
	memset(reg, 0, sizeof(*reg));
	strlcpy(reg->reg_fp, fp_of(text[0]), sizeof(reg->reg_fp));
	memset(reg->reg_identity_pub, text[0] - 'A' + 'a', 32);
	reg->reg_proven = strstr(text, "proven") != NULL;
	strlcpy(reg->reg_relay_addr, "192.0.2.1:4433",
	    sizeof(reg->reg_relay_addr));
	assert_int_equal(addr_parse(&remote, "198.51.100.7:1000"), 0);
	reg->reg_remote = remote;
	assert_int_equal(hub_register(w->hub, reg), 0);
	flow_registered(w->flow, reg);
}

static void
step_after(struct world *w, uint64_t ms)
{
	uint64_t	due, until = w->now + ms * MS;

	while ((due = flow_expiry(w->flow)) <= until) {
		w->now = due > w->now ? due : w->now;
		flow_set_time(w->flow, w->now, WALL_MS + w->now / MS);
		flow_expire(w->flow);
		if (flow_expiry(w->flow) == due)
			break;		/* no progress: shows as a failure */
	}
	w->now = until;
	flow_set_time(w->flow, w->now, WALL_MS + w->now / MS);
}

static void
step_live(struct world *w, const char *text)
{
	struct msg_call_put	put;

	memset(&put, 0, sizeof(put));
	put.created_ms = 17;
	put.answered_ms = 18;
	strlcpy(put.caller, fp_of('A'), sizeof(put.caller));
	strlcpy(put.callee, fp_of('B'), sizeof(put.callee));
	put.caller_proven = strstr(text, "proven") != NULL;
	strlcpy(put.call_id, "live", sizeof(put.call_id));
	put.mode = CALL_MODE_TRUSTED;
	put.state = strncmp(text, "active", 6) == 0 ? CALL_ACTIVE :
	    CALL_RINGING;
	flow_live(w->flow, &put);
}

static int
step(struct world *w, const char *line)
{
	struct msg_call_committed	 committed;
	struct msg_room_admitted	 admitted;
	struct signal			*sig;
	const char			*arg, *why;
	char				 text[LINE_MAX_];

	expand(line, text);
	arg = strchr(text, ' ') == NULL ? "" : strchr(text, ' ') + 1;
	memset(&committed, 0, sizeof(committed));
	memset(&admitted, 0, sizeof(admitted));
	committed.seq = w->seq;
	if (strncmp(text, "reg ", 4) == 0)
		step_register(w, arg);
	else if (strncmp(text, "gone ", 5) == 0) {
		assert_non_null(hub_unregister(w->hub,
		    &w->regs[arg[0] - 'A']));
		flow_unregistered(w->flow, &w->regs[arg[0] - 'A'],
		    strstr(arg, "clean") != NULL);
	} else if (strncmp(text, "in ", 3) == 0) {
		sig = signal_parse((const uint8_t *)arg + 2, strlen(arg + 2),
		    &why);
		if (sig == NULL) {
			(void)snprintf(w->why, sizeof(w->why), "%s: %s", arg,
			    why);
			return (-1);
		}
		flow_signal(w->flow, &w->regs[arg[0] - 'A'], sig);
		signal_free(sig);
	} else if (strncmp(text, "after ", 6) == 0)
		step_after(w, strtoull(arg, NULL, 10));
	else if (strcmp(text, "commit") == 0) {
		committed.ok = true;
		flow_committed(w->flow, &committed);
	} else if (strcmp(text, "refuse") == 0)
		flow_committed(w->flow, &committed);
	else if (strncmp(text, "admitted ", 9) == 0 ||
	    strncmp(text, "not-admitted ", 13) == 0) {
		admitted.ok = text[0] == 'a';
		strlcpy(admitted.call_id, arg, sizeof(admitted.call_id));
		flow_admitted(w->flow, &admitted);
	} else if (strcmp(text, "registry down") == 0) {
		w->registry = false;
		flow_registry_down(w->flow);
	} else if (strcmp(text, "registry up") == 0) {
		w->registry = true;
		flow_registry_up(w->flow);
	} else if (strcmp(text, "media down") == 0)
		w->media = false;
	else if (strcmp(text, "media up") == 0) {
		w->media = true;
		flow_media_up(w->flow);
	} else if (strncmp(text, "live ", 5) == 0)
		step_live(w, arg);
	else if (strcmp(text, "stop") == 0)
		flow_stop(w->flow);
	else if (strncmp(text, "calls ", 6) == 0) {
		if (calls_count(flow_calls(w->flow)) != strtoul(arg, NULL, 10))
			return (-1);
	} else if (strncmp(text, "unconfirmed ", 12) == 0) {
		if (flow_unconfirmed(w->flow) != strtoul(arg, NULL, 10))
			return (-1);
	} else
		return (-1);
	return (0);
}

/* NULL: everything came as written; else what did not. */
static const char *
replay(struct world *w, const char *const *lines)
{
	char	want[LINE_MAX_];

	for (; *lines != NULL; lines++) {
		if (**lines == '=') {
			expand(*lines + 2, want);
			if (w->taken == w->nout) {
				(void)snprintf(w->why, sizeof(w->why),
				    "nothing came, wanted: %s", want);
				return (w->why);
			}
			if (strcmp(want, w->out[w->taken++]) != 0) {
				(void)snprintf(w->why, sizeof(w->why),
				    "came: %s\nwanted: %s",
				    w->out[w->taken - 1], want);
				return (w->why);
			}
			continue;
		}
		if (w->taken != w->nout) {
			(void)snprintf(w->why, sizeof(w->why),
			    "before \"%s\" came: %s", *lines,
			    w->out[w->taken]);
			return (w->why);
		}
		w->taken = w->nout = 0;
		w->why[0] = '\0';
		if (step(w, *lines) == -1) {
			if (w->why[0] == '\0')
				(void)snprintf(w->why, sizeof(w->why),
				    "step failed: %s", *lines);
			return (w->why);
		}
	}
	if (w->taken != w->nout) {
		(void)snprintf(w->why, sizeof(w->why), "at the end came: %s",
		    w->out[w->taken]);
		return (w->why);
	}
	return (NULL);
}

static void
run(bool best_effort, const char *const *lines)
{
	struct world	*w = world_new(best_effort);
	const char	*why;

	if ((why = replay(w, lines)) != NULL)
		fail_msg("%s", why);
	world_free(w);
}

#define OFFER_X(id, from, to, pub, more)				\
	"{\"DirectCallOffer\":{\"caller_fingerprint\":\"" from "\","	\
	"\"caller_alias\":null,\"target_fingerprint\":\"" to "\","	\
	"\"call_id\":\"" id "\",\"identity_pub\":" pub ","		\
	"\"ephemeral_pub\":$0,\"signature\":[],"			\
	"\"supported_profiles\":[$P]" more "}}"
#define OFFER(id, from, to)	OFFER_X(id, from, to, "$0", "")
#define ANSWER_X(id, mode, more)					\
	"{\"DirectCallAnswer\":{\"call_id\":\"" id "\",\"accept_mode\":\"" \
	mode "\",\"chosen_profile\":$P" more "}}"
#define ANSWER(id, mode)	ANSWER_X(id, mode, "")
#define RINGING(id)	"{\"CallRinging\":{\"call_id\":\"" id "\"}}"
#define SETUP_X(id, more)						\
	"{\"CallSetup\":{\"call_id\":\"" id "\",\"room\":\"call-" id "\"," \
	"\"relay_addr\":\"192.0.2.1:4433\"" more "}}"
#define SETUP(id)	SETUP_X(id, "")
#define HANGUP(reason)	"{\"Hangup\":{\"reason\":\"" reason "\"}}"
#define HANGUP_ID(reason, id)						\
	"{\"Hangup\":{\"reason\":\"" reason "\",\"call_id\":\"" id "\"}}"
#define REPORT(id)							\
	"{\"MediaPathReport\":{\"call_id\":\"" id "\",\"direct_ok\":true," \
	"\"race_winner\":\"Direct\"}}"

#define ONLINE		"reg A", "reg B"
/* Offer c1 from A to B, up to ringing. */
#define RING_C1								\
	"in A " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending",						\
	"commit",							\
	"= B " OFFER("c1", "$A", "$B"),					\
	"= A " RINGING("c1"),						\
	"= record c1 ringing",						\
	"commit"
/* And up to CallSetup. */
#define CALL_C1								\
	RING_C1,							\
	"in B " ANSWER("c1", "AcceptGeneric"),				\
	"= admit c1 A B",						\
	"= record c1 active",						\
	"admitted c1",							\
	"commit",							\
	"= A " ANSWER("c1", "AcceptGeneric"),				\
	"= A " SETUP("c1"),						\
	"= B " SETUP("c1")

#define SCENARIO(name, best_effort, ...)				\
	static void							\
	name(void **state)						\
	{								\
		static const char *const	lines[] = {		\
			__VA_ARGS__, NULL				\
		};							\
									\
		(void)state;						\
		run(best_effort, lines);				\
	}

SCENARIO(whole_call, false, ONLINE, CALL_C1,
    "in A " HANGUP("Normal"),
    "= B " HANGUP("Normal"),
    "= record c1 ended normal",
    "= close c1",
    /* A second one produces nothing. */
    "in A " HANGUP("Normal"),
    "in B " HANGUP_ID("Normal", "c1"),
    "commit",
    "calls 0",
    "unconfirmed 0")

/* Admission after the record, and the other way round (whole_call). */
SCENARIO(setup_waits_for_both, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptTrusted"),
    "= admit c1 A B",
    "= record c1 active",
    "commit",
    "after 1000",
    "admitted c1",
    "= A " ANSWER("c1", "AcceptTrusted"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    /* Neither a second admission nor a second answer repeats anything. */
    "admitted c1",
    "in B " ANSWER("c1", "AcceptTrusted"),
    "in B " ANSWER("c1", "Reject"))

SCENARIO(nothing_before_the_commit, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    /* Whoever guesses the call_id gains nothing. */
    "in B " ANSWER("c1", "AcceptTrusted"),
    "in B " ANSWER("c1", "Reject"),
    "after 1999",
    "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"),
    "= record c1 ringing")

SCENARIO(target_offline, false, "reg A",
    "in A " OFFER("c1", "$A", "$B"),
    "= A " HANGUP("Normal"),
    "calls 0",
    /* A later answer has no effect. */
    "reg B",
    "in B " ANSWER("c1", "AcceptGeneric"))

SCENARIO(other_forms_of_a_fingerprint, false, ONLINE,
    "in A " OFFER("c1", "$A", "BBBB:BBBB:BBBB:BBBB:BBBB:BBBB:BBBB:BBBB"),
    "= A " HANGUP("Normal"),
    "in A " OFFER("c1", "$A", ""),
    "= A " HANGUP("Normal"))

SCENARIO(reject, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "calls 0")

SCENARIO(answer_for_unknown_call, false, ONLINE,
    "in B " ANSWER("nope", "AcceptGeneric"),
    "in B " ANSWER("nope", "Reject"))

SCENARIO(strangers, false, ONLINE, "reg C", RING_C1,
    "in C " ANSWER("c1", "AcceptGeneric"),
    "in C " ANSWER("c1", "Reject"),
    "in C " HANGUP_ID("Normal", "c1"),
    "in C " HANGUP("Normal"),
    "in C " REPORT("c1"),
    /* Nor does the caller answer himself. */
    "in A " ANSWER("c1", "AcceptGeneric"),
    "in A " ANSWER("c1", "Reject"),
    /* No path report before the call is active. */
    "in A " REPORT("c1"),
    "calls 1")

SCENARIO(path_reports, false, ONLINE, "reg C", CALL_C1,
    "in A " REPORT("c1"),
    "= B " REPORT("c1"),
    "in B " REPORT("c1"),
    "= A " REPORT("c1"),
    "in C " REPORT("c1"),
    "in A " REPORT("c2"))

SCENARIO(wrong_caller, false, ONLINE, "reg C",
    "in A " OFFER("c1", "$C", "$B"),
    "= A " HANGUP_ID("Error", "c1"),
    "in A " OFFER("c1", "$A", "$A"),
    "= A " HANGUP_ID("Error", "c1"),
    "calls 0")

/* A foreign key is replaced by the registered one, zeros stay zeros. */
SCENARIO(claimed_key, false, ONLINE,
    "in A " OFFER_X("c1", "$A", "$B", "$c", ""),
    "= record c1 pending",
    "commit",
    "= B " OFFER_X("c1", "$A", "$B", "$a", ""),
    "= A " RINGING("c1"),
    "= record c1 ringing",
    "in A " OFFER_X("c2", "$A", "$B", "$a", ""),
    "= record c2 pending",
    "commit",
    "= B " OFFER_X("c2", "$A", "$B", "$a", ""),
    "= A " RINGING("c2"),
    "= record c2 ringing")

SCENARIO(bad_call_ids, false, ONLINE,
    "in A " OFFER("", "$A", "$B"), "= A " HANGUP_ID("Error", ""),
    "in A " OFFER("-a", "$A", "$B"), "= A " HANGUP_ID("Error", "-a"),
    "in A " OFFER("a-", "$A", "$B"), "= A " HANGUP_ID("Error", "a-"),
    "in A " OFFER("Ab", "$A", "$B"), "= A " HANGUP_ID("Error", "Ab"),
    "in A " OFFER("a.b", "$A", "$B"), "= A " HANGUP_ID("Error", "a.b"),
    "in A " OFFER("012345678901234567890123456789012345678901234567890123"
    "45678", "$A", "$B"),
    "= A " HANGUP_ID("Error", "012345678901234567890123456789012345678901234"
    "56789012345678"),
    "in A " OFFER("0123456789012345678901234567890123456789012345678901234"
    "567", "$A", "$B"),
    "= record 0123456789012345678901234567890123456789012345678901234567 "
    "pending")

SCENARIO(collision, false, ONLINE, "reg C", RING_C1,
    "in C " OFFER("c1", "$C", "$A"),
    "= C " HANGUP_ID("Normal", "c1"),
    /* The call itself is as it was. */
    "in B " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined",
    /* An ended call's id is free again. */
    "in C " OFFER("c1", "$C", "$A"),
    "= record c1 pending")

/* max_pending is 2 here. */
SCENARIO(busy_past_the_limit, false, ONLINE, "reg C",
    "in A " OFFER("c1", "$A", "$B"), "= record c1 pending",
    "in C " OFFER("c2", "$C", "$B"), "= record c2 pending",
    "in A " OFFER("c3", "$A", "$B"),
    "= A " HANGUP_ID("Busy", "c3"),
    /* Somebody else can still be called. */
    "in A " OFFER("c4", "$A", "$C"), "= record c4 pending",
    /* Also for the one who calls. */
    "in A " OFFER("c5", "$A", "$C"),
    "= A " HANGUP_ID("Busy", "c5"))

SCENARIO(cancel_before_the_answer, false, ONLINE, RING_C1,
    "in A " HANGUP_ID("Normal", "c1"),
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended cancelled",
    "in B " ANSWER("c1", "AcceptGeneric"))

/* The callee has not heard of the call yet, so it hears of no hangup. */
SCENARIO(cancel_before_the_offer, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "in A " HANGUP("Normal"),
    "= record c1 ended cancelled",
    "commit",
    "unconfirmed 0")

SCENARIO(callee_is_busy, false, ONLINE, RING_C1,
    "in B " HANGUP_ID("Busy", "c1"),
    "= A " HANGUP_ID("Busy", "c1"),
    "= record c1 ended busy")

SCENARIO(hangup_ends_all_or_one, false, ONLINE, "reg C", CALL_C1,
    "in C " OFFER("c2", "$C", "$A"), "= record c2 pending", "commit",
    "= A " OFFER("c2", "$C", "$A"), "= C " RINGING("c2"),
    "= record c2 ringing",
    "in A " HANGUP_ID("Declined", "c2"),
    "= C " HANGUP_ID("Declined", "c2"),
    "= record c2 ended declined",
    "calls 1",
    "in C " OFFER("c3", "$C", "$A"), "= record c3 pending", "commit",
    "= A " OFFER("c3", "$C", "$A"), "= C " RINGING("c3"),
    "= record c3 ringing",
    "in A " HANGUP("Normal"),
    "= C " HANGUP("Normal"),
    "= record c3 ended declined",
    "= B " HANGUP("Normal"),
    "= record c1 ended normal",
    "= close c1",
    "calls 0")

SCENARIO(clean_disconnect, false, ONLINE, CALL_C1,
    "gone B clean",
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect",
    "= close c1",
    "in A " OFFER("c2", "$A", "$B"),
    "= A " HANGUP("Normal"))

SCENARIO(lost_while_ringing, false, ONLINE, RING_C1,
    "gone A lost",
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect",
    "calls 0")

SCENARIO(lost_and_back, false, ONLINE, CALL_C1,
    "gone B lost",
    "after 14999",
    "reg B",
    "after 20000",
    "in B " REPORT("c1"),
    "= A " REPORT("c1"),
    "calls 1")

SCENARIO(lost_for_good, false, ONLINE, CALL_C1,
    "gone B lost",
    "after 14999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "= close c1")

SCENARIO(both_lost, false, ONLINE, CALL_C1,
    "gone B lost",
    "after 5000",
    "gone A lost",
    "after 20000",
    "= record c1 ended timeout",
    "= close c1",
    "calls 0")

/* Lost, but the other hangs up. */
SCENARIO(lost_then_hung_up, false, ONLINE, CALL_C1,
    "gone B lost",
    "in A " HANGUP("Normal"),
    "= record c1 ended normal",
    "= close c1",
    "after 20000",
    "calls 0")

/* Who proved the key must prove it again. */
SCENARIO(back_without_proof, false, "reg A", "reg B proven", CALL_C1,
    "gone B lost",
    "after 1000",
    "reg B",
    "after 13999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "= close c1")

/* A newer connection takes over a call that is set up, and no other. */
SCENARIO(replaced, false, ONLINE, CALL_C1,
    "reg B",
    "in B " REPORT("c1"),
    "= A " REPORT("c1"),
    "in A " OFFER("c2", "$A", "$B"), "= record c2 pending", "commit",
    "= B " OFFER("c2", "$A", "$B"), "= A " RINGING("c2"),
    "= record c2 ringing",
    "reg B",
    "= A " HANGUP_ID("Normal", "c2"),
    "= record c2 ended disconnect",
    "calls 1")

SCENARIO(ring_limit, false, ONLINE, RING_C1,
    "after 59999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= B " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "calls 0")

/* registry strict: a new offer waits two seconds. */
SCENARIO(registry_away, false, ONLINE,
    "registry down",
    "in A " OFFER("c1", "$A", "$B"),
    "after 1999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "calls 0",
    /* Nothing of it can be on disk, so nothing is left to record. */
    "unconfirmed 0",
    "in A " OFFER("c2", "$A", "$B"),
    "after 1000",
    "registry up",
    "= record c2 pending",
    "commit",
    "= B " OFFER("c2", "$A", "$B"),
    "= A " RINGING("c2"),
    "= record c2 ringing")

/* Sent but never answered: it may be on disk, so its end is recorded. */
SCENARIO(registry_hangs, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "after 2000",
    "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "registry down",
    "registry up",
    "= record c1 ended error",
    "commit",
    "unconfirmed 0")

SCENARIO(disk_full, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "refuse",
    "after 500",
    "= record c1 pending",
    "refuse",
    "after 499",
    "after 1",
    "= record c1 pending",
    "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"),
    "= record c1 ringing",
    /* A live call goes on although its record is refused. */
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "admitted c1",
    "refuse",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    "after 500",
    "= record c1 active",
    "commit",
    "unconfirmed 0")

SCENARIO(disk_full_for_good, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "refuse",
    "after 500", "= record c1 pending", "refuse",
    "after 500", "= record c1 pending", "refuse",
    "after 500", "= record c1 pending", "refuse",
    "after 499",
    "after 1", "= record c1 pending", "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "calls 0")

SCENARIO(live_calls_outlive_the_registry, false, ONLINE, RING_C1,
    "registry down",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "admitted c1",
    "after 2000",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    "in B " HANGUP("Normal"),
    "= A " HANGUP("Normal"),
    "= close c1",
    "unconfirmed 1",
    /* The latest state only, once. */
    "registry up",
    "= record c1 ended normal",
    "commit",
    "unconfirmed 0")

SCENARIO(best_effort, true, ONLINE,
    "registry down",
    "in A " OFFER("c1", "$A", "$B"),
    "after 1999",
    "after 1",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"),
    "registry up",
    "= record c1 ringing unconfirmed",
    "commit",
    "calls 1")

SCENARIO(mediad_away, false, ONLINE, RING_C1,
    "media down",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= record c1 active",
    "commit",
    "after 4000",
    "media up",
    "= admit c1 A B",
    "admitted c1",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    /* A restarted one is told of every live call. */
    "media down",
    "media up",
    "= admit c1 A B")

SCENARIO(no_room, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "commit",
    "after 4999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "= close c1",
    "admitted c1",
    "calls 0")

SCENARIO(room_refused, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "not-admitted c1",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "= close c1",
    "commit",
    "calls 0")

/* Answered, not set up: a party that vanishes ends it. */
SCENARIO(gone_before_setup, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "gone A lost",
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect",
    "= close c1",
    "admitted c1",
    "commit")

#define CALLER_ADDRS							\
	",\"caller_reflexive_addr\":\"203.0.113.7:40001\","		\
	"\"caller_local_addrs\":[\"192.168.1.10:40001\",\"nonsense\"," \
	"\"127.0.0.1:1\",\"224.0.0.1:2\",\"[fd00::2]:3\"]"
#define CALLEE_ADDRS							\
	",\"callee_reflexive_addr\":\"198.51.100.7:9\","		\
	"\"callee_local_addrs\":[\"10.0.0.1:9\"]"

SCENARIO(addresses_when_trusted, false, ONLINE,
    "in A " OFFER_X("c1", "$A", "$B", "$0", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    "= A " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= A " SETUP_X("c1", ",\"peer_direct_addr\":\"198.51.100.7:9\","
    "\"peer_local_addrs\":[\"10.0.0.1:9\"]"),
    "= B " SETUP_X("c1", ",\"peer_direct_addr\":\"203.0.113.7:40001\","
    "\"peer_local_addrs\":[\"192.168.1.10:40001\",\"[fd00::2]:3\"]"))

SCENARIO(no_addresses_when_generic, false, ONLINE,
    "in A " OFFER_X("c1", "$A", "$B", "$0", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptGeneric", CALLEE_ADDRS),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"))

/* signald was restarted in mid-call. */
SCENARIO(recovery, false, "reg A",
    "live active",
    "= admit live A B",
    "calls 1",
    /* Told twice, it is there once. */
    "live active",
    "after 5000",
    "reg B",
    "after 30000",
    "in A " HANGUP("Normal"),
    "= B " HANGUP("Normal"),
    "= record live ended normal",
    "= close live",
    /* Ended and not yet written so: not revived. */
    "live active",
    "calls 0")

SCENARIO(recovery_nobody_returns, false,
    "live active",
    "= admit live A B",
    "after 14999",
    "after 1",
    "= record live ended timeout",
    "= close live")

SCENARIO(recovery_needs_proof, false, "reg A", "reg B",
    "live active proven",
    "= admit live A B",
    "after 14999",
    "after 1",
    "= B " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout",
    "= close live")

SCENARIO(recovery_unanswered, false, "reg A",
    "live ringing",
    "= record live ended error",
    "calls 0",
    "commit",
    "unconfirmed 0")

SCENARIO(orderly_stop, false, ONLINE, CALL_C1,
    "in A " OFFER("c2", "$A", "$B"), "= record c2 pending",
    "stop",
    "= A " HANGUP_ID("Error", "c2"),
    "= record c2 ended error",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "= close c1",
    "commit",
    "unconfirmed 0",
    "calls 0")

/* The judge itself: it must object to each of these. */
static void
negative_control(void **state)
{
	static const char *const	 missing[] = { ONLINE,
		"in A " OFFER("c1", "$A", "$B"), NULL };
	static const char *const	 wrong[] = { ONLINE,
		"in A " OFFER("c1", "$A", "$B"),
		"= record c1 ringing", NULL };
	static const char *const	 silent[] = { ONLINE,
		"= A " HANGUP("Normal"), NULL };
	static const char *const	 order[] = { ONLINE,
		"in A " OFFER("c1", "$A", "$B"),
		"= record c1 pending",
		"commit",
		"= A " RINGING("c1"),
		"= B " OFFER("c1", "$A", "$B"),
		"= record c1 ringing", NULL };
	static const char *const	*all[] = { missing, wrong, silent,
		order };
	struct world			*w;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		w = world_new(false);
		assert_non_null(replay(w, all[i]));
		world_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(negative_control),
		cmocka_unit_test(whole_call),
		cmocka_unit_test(setup_waits_for_both),
		cmocka_unit_test(nothing_before_the_commit),
		cmocka_unit_test(target_offline),
		cmocka_unit_test(other_forms_of_a_fingerprint),
		cmocka_unit_test(reject),
		cmocka_unit_test(answer_for_unknown_call),
		cmocka_unit_test(strangers),
		cmocka_unit_test(path_reports),
		cmocka_unit_test(wrong_caller),
		cmocka_unit_test(claimed_key),
		cmocka_unit_test(bad_call_ids),
		cmocka_unit_test(collision),
		cmocka_unit_test(busy_past_the_limit),
		cmocka_unit_test(cancel_before_the_answer),
		cmocka_unit_test(cancel_before_the_offer),
		cmocka_unit_test(callee_is_busy),
		cmocka_unit_test(hangup_ends_all_or_one),
		cmocka_unit_test(clean_disconnect),
		cmocka_unit_test(lost_while_ringing),
		cmocka_unit_test(lost_and_back),
		cmocka_unit_test(lost_for_good),
		cmocka_unit_test(both_lost),
		cmocka_unit_test(lost_then_hung_up),
		cmocka_unit_test(back_without_proof),
		cmocka_unit_test(replaced),
		cmocka_unit_test(ring_limit),
		cmocka_unit_test(registry_away),
		cmocka_unit_test(registry_hangs),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(disk_full_for_good),
		cmocka_unit_test(live_calls_outlive_the_registry),
		cmocka_unit_test(best_effort),
		cmocka_unit_test(mediad_away),
		cmocka_unit_test(no_room),
		cmocka_unit_test(room_refused),
		cmocka_unit_test(gone_before_setup),
		cmocka_unit_test(addresses_when_trusted),
		cmocka_unit_test(no_addresses_when_generic),
		cmocka_unit_test(recovery),
		cmocka_unit_test(recovery_nobody_returns),
		cmocka_unit_test(recovery_needs_proof),
		cmocka_unit_test(recovery_unanswered),
		cmocka_unit_test(orderly_stop),
	};

	log_init("call_flow_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
