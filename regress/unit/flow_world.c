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

/* The engine behind call_flow_test. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/flow_world.h"

#define MS		UINT64_C(1000000)
#define RING_MS		60000
#define GRACE_MS	15000
#define WAIT_MS		2000
#define WALL_MS		UINT64_C(1775000000000)

static void	 say(struct world *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
static void	 world_time(struct world *);

static void
say(struct world *w, const char *fmt, ...)
{
	va_list	ap;

	if (w->nout == WORLD_OUT_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(w->out[w->nout++], WORLD_LINE_MAX, fmt, ap);
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
	w->put = *put;
	if (w->recorded != NULL)
		w->recorded(w->recorded_arg, put);
	say(w, "record %s %s%s%s%s", put->call_id,
	    call_state_name((enum call_state)put->state),
	    put->state == CALL_ENDED ? " " : "", put->state == CALL_ENDED ?
	    call_reason_name((enum call_reason)put->reason) : "",
	    put->unconfirmed ? " unconfirmed" : "");
	return (0);
}

static void
world_room(void *arg, const struct msg_room_admit *msg)
{
	struct world	*w = arg;

	assert_int_equal(placing_call(w->placing, msg), 0);
}

static void
world_room_end(void *arg, const char *call_id)
{
	struct world	*w = arg;

	placing_call_end(w->placing, call_id);
}

/* What a line says of a slot. */
static const char *
at(const struct world *w, unsigned int slot)
{
	static char	text[16];

	if (!w->verbose)
		return ("");
	(void)snprintf(text, sizeof(text), " @%u", slot);
	return (text);
}

static int
world_admit(void *arg, unsigned int slot, const struct msg_room_admit *msg)
{
	struct world	*w = arg;

	if ((w->media & PLACEMENT_BIT(slot)) == 0)
		return (-1);
	w->admitted = *msg;
	say(w, "admit %s %c %c%s", msg->call_id, msg->caller[0] - 'a' + 'A',
	    msg->callee[0] - 'a' + 'A', at(w, slot));
	return (0);
}

static int
world_close(void *arg, unsigned int slot, const struct msg_room_close *msg)
{
	struct world	*w = arg;

	if ((w->media & PLACEMENT_BIT(slot)) == 0)
		return (-1);
	say(w, "close %s%s", msg->call_id, at(w, slot));
	return (0);
}

static int
world_admit_end(void *arg, unsigned int slot)
{
	struct world	*w = arg;

	if ((w->media & PLACEMENT_BIT(slot)) == 0)
		return (-1);
	if (w->verbose)
		say(w, "admit-end%s", at(w, slot));
	return (0);
}

static void
world_push(void *arg, enum proc to, enum msg_type type, const void *msg)
{
	const struct msg_place_media	*media = msg;
	const struct msg_place_room	*room = msg;
	struct world			*w = arg;

	assert_true(to == PROC_MAX || to == PROC_DOORD);
	switch (type) {
	case MSG_PLACE_RESET:
		placement_reset(w->door);
		if (w->verbose)
			say(w, "reset");
		break;
	case MSG_PLACE_ROOM:
		if (!w->deaf)
			assert_int_equal(placement_room(w->door, room->room,
			    (unsigned int)room->slot, room->present), 0);
		if (w->verbose)
			say(w, "%s %s%s", room->present ? "place" : "unplace",
			    room->room, at(w, (unsigned int)room->slot));
		break;
	default:
		assert_int_equal(type, MSG_PLACE_MEDIA);
		placement_media(w->door, media->healthy);
		if (w->verbose)
			say(w, "media 0x%llx",
			    (unsigned long long)media->healthy);
	}
}

static void
world_admitted(void *arg, const struct msg_room_admitted *msg)
{
	struct world	*w = arg;

	flow_admitted(w->flow, msg);
}

static void
world_moved(void *arg, const char *call_id)
{
	struct world	*w = arg;

	flow_moved(w->flow, call_id);
}

static void
world_occupied(void *arg, const char *call_id, bool occupied)
{
	struct world	*w = arg;

	flow_occupied(w->flow, call_id, occupied);
}

static void
world_refresh(void *arg, struct reg *reg)
{
	struct world	*w = arg;
	size_t		 n = (size_t)(reg->reg_fp[0] - 'a');

	/* The others of a test stay where they are. */
	if (n >= sizeof(w->rtt_us) / sizeof(w->rtt_us[0]))
		return;
	reg->reg_rtt_us = w->rtt_us[n];
	if (reg->reg_candidates && w->moved[n].addr_len != 0)
		reg->reg_remote = w->moved[n];
}

/* Each relay of a test is its letter, 32 times. */
void
world_path(const char *text, uint8_t *path, size_t *len)
{
	size_t	n;

	for (n = 0; text[n] >= 'R' && text[n] <= 'Z'; n++) {
		assert_true(n < FED_PATH_MAX);
		memset(path + n * TLS_HASH_LEN, text[n], TLS_HASH_LEN);
	}
	*len = n * TLS_HASH_LEN;
}

static const char *
path_text(const struct msg_bytes *path)
{
	static char	text[FED_PATH_MAX + 1];
	size_t		n;

	if (path->len == 0)
		return ("*");
	assert_true(path->len % TLS_HASH_LEN == 0 &&
	    path->len <= FED_PATH_MAX * TLS_HASH_LEN);
	for (n = 0; n < path->len / TLS_HASH_LEN; n++)
		text[n] = (char)path->data[n * TLS_HASH_LEN];
	text[n] = '\0';
	return (text);
}

static int
world_find(void *arg, const struct msg_fed_find *msg)
{
	struct world	*w = arg;

	if (!w->federd)
		return (-1);
	if (w->find != NULL)
		return (w->find(w->far_arg, msg));
	w->find_seq = msg->seq;
	say(w, "find %c", msg->fingerprint[0] - 'a' + 'A');
	return (0);
}

static int
world_far_signal(void *arg, const struct msg_fed_signal *msg)
{
	struct world	*w = arg;

	if (!w->federd)
		return (-1);
	assert_true(msg->inner.len <= FED_SIGNAL_MAX);
	if (w->far_signal != NULL)
		return (w->far_signal(w->far_arg, msg));
	say(w, "far%s %s %.*s", msg->legacy ? "!" : "",
	    path_text(&msg->path), (int)msg->inner.len,
	    (const char *)msg->inner.data);
	return (0);
}

static int
world_far_call(void *arg, const struct msg_fed_call *msg)
{
	struct world	*w = arg;

	if (!w->federd)
		return (-1);
	assert_true(!msg->live || msg->path.len != 0);
	say(w, "media%s %s %s %s", msg->legacy ? "!" : "", msg->call_id,
	    path_text(&msg->path), msg->live ? "on" : "off");
	return (0);
}

static const struct hub_ops	hub_ops = {
	world_send, world_replaced, world_refresh
};
static const struct flow_ops	flow_ops = {
	.record = world_record,
	.admit = world_room,
	.close_room = world_room_end,
	.find = world_find,
	.far_signal = world_far_signal,
	.far_call = world_far_call
};
static const struct placing_ops	placing_ops = {
	world_admit, world_close, world_admit_end, world_push, world_admitted,
	world_moved, world_occupied
};

static void
world_time(struct world *w)
{
	flow_set_time(w->flow, w->now, WALL_MS + w->now / MS);
	placing_set_time(w->placing, w->now);
}

void
world_config(struct flow_config *config, bool best_effort)
{
	memset(config, 0, sizeof(*config));
	config->fc_best_effort = best_effort;
	config->fc_ring_ns = RING_MS * MS;
	config->fc_grace_ns = GRACE_MS * MS;
	config->fc_registry_wait_ns = WAIT_MS * MS;
	config->fc_max_calls = 8;
	config->fc_max_pending = 2;
	config->fc_person_calls = 64;
}

static struct world *
world_make(const struct flow_config *config)
{
	static const uint8_t	 key[16] = "rooms and places";
	struct world		*w;

	assert_non_null(w = calloc(1, sizeof(*w)));
	w->registry = true;
	w->now = 1000 * MS;
	assert_non_null(w->hub = hub_new(16, 4, &hub_ops, w));
	assert_non_null(w->flow = flow_new(config, w->hub, &flow_ops, w));
	assert_non_null(w->placing = placing_new(key, 64, &placing_ops, w));
	assert_non_null(w->door = placement_new(key, 256));
	world_time(w);
	flow_registry_up(w->flow);
	return (w);
}

struct world *
world_new_fresh(const struct flow_config *config)
{
	struct world	*w;

	w = world_make(config);
	w->media = PLACEMENT_BIT(WORLD_SLOT);
	placing_up(w->placing, WORLD_SLOT);
	placing_rooms_end(w->placing, WORLD_SLOT);
	return (w);
}

struct world *
world_new_config(const struct flow_config *config)
{
	struct world	*w;

	w = world_new_fresh(config);
	placing_recovered(w->placing);
	flow_recovered(w->flow);
	return (w);
}

struct world *
world_new_placing(void)
{
	struct flow_config	 config;
	struct world		*w;

	world_config(&config, false);
	w = world_make(&config);
	w->verbose = true;
	return (w);
}

struct world *
world_new(bool best_effort)
{
	struct flow_config	config;

	world_config(&config, best_effort);
	return (world_new_config(&config));
}

void
world_free(struct world *w)
{
	size_t	i;

	for (i = 0; i < 3; i++)
		(void)hub_unregister(w->hub, &w->regs[i]);
	flow_free(w->flow);
	placing_free(w->placing);
	placement_free(w->door);
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

void
world_text(const char *line, char *text)
{
	expand(line, text);
}

void
world_set_time(struct world *w, uint64_t now)
{
	w->now = now;
	world_time(w);
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
		newer->reg_candidates = strstr(text, "candidates") != NULL;
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
	reg->reg_candidates = strstr(text, "candidates") != NULL;
	assert_int_equal(addr_parse(&reg->reg_local, "10.9.9.9:4433"), 0);
	assert_int_equal(hub_register(w->hub, reg), 0);
	flow_registered(w->flow, reg);
}

static uint64_t
world_expiry(const struct world *w)
{
	uint64_t	calls, rooms;

	calls = flow_expiry(w->flow);
	rooms = placing_expiry(w->placing);
	return (calls < rooms ? calls : rooms);
}

static void
world_expire(struct world *w)
{
	flow_expire(w->flow);
	placing_expire(w->placing);
}

static void
step_after(struct world *w, uint64_t ms)
{
	uint64_t	due, until = w->now + ms * MS;

	while ((due = world_expiry(w)) <= until) {
		w->now = due > w->now ? due : w->now;
		world_time(w);
		world_expire(w);
		if (world_expiry(w) == due)
			break;		/* no progress: shows as a failure */
	}
	w->now = until;
	world_time(w);
	/* As something else wakes signald up: nothing is due. */
	world_expire(w);
}

/* What a mediad does; false: the line is about something else. */
static bool
step_media(struct world *w, const char *text)
{
	struct msg_room_admitted	 admitted;
	unsigned int			 slot = WORLD_SLOT;
	const char			*word;
	char				 what[16];
	int				 n = 0;

	if (sscanf(text, "%15s%n", what, &n) != 1)
		return (false);
	word = text + n;
	if (strcmp(what, "media") == 0) {
		if (sscanf(word, "%15s %u", what, &slot) < 1)
			return (false);
		if (strcmp(what, "down") == 0) {
			w->media &= ~PLACEMENT_BIT(slot);
			placing_down(w->placing, slot);
			return (true);
		}
		w->media |= PLACEMENT_BIT(slot);
		placing_up(w->placing, slot);
		placing_rooms_end(w->placing, slot);
		return (true);
	}
	if (sscanf(word, "%u%n", &slot, &n) != 1)
		return (false);
	word += n;
	while (*word == ' ')
		word++;
	if (strcmp(what, "channel") == 0) {
		w->media |= PLACEMENT_BIT(slot);
		placing_up(w->placing, slot);
	} else if (strcmp(what, "opened") == 0)
		placing_opened(w->placing, slot, word);
	else if (strcmp(what, "empty") == 0)
		placing_empty(w->placing, slot, word);
	else if (strcmp(what, "told") == 0)
		placing_rooms_end(w->placing, slot);
	else if (strcmp(what, "admits") == 0) {
		memset(&admitted, 0, sizeof(admitted));
		admitted.ok = true;
		strlcpy(admitted.call_id, word, sizeof(admitted.call_id));
		placing_admitted(w->placing, slot, &admitted);
	} else if (strcmp(what, "retire") == 0)
		placing_retiring(w->placing, slot, true);
	else if (strcmp(what, "stay") == 0)
		placing_retiring(w->placing, slot, false);
	else
		return (false);
	return (true);
}

/* What federd does; false: the line is about something else. */
static bool
step_federd(struct world *w, const char *text)
{
	struct msg_fed_signal	 msg;
	struct msg_fed_unsent	 unsent;
	struct msg_fed_found	 found;
	struct msg_fed_link	 link;
	uint8_t			 path[FED_PATH_MAX * TLS_HASH_LEN];
	char			 word[CALL_ID_STRLEN];
	const char		*rest;
	int			 n = 0;

	if (strcmp(text, "federd up") == 0) {
		w->federd = true;
		flow_federation_up(w->flow);
		return (true);
	}
	if (strcmp(text, "federd down") == 0) {
		w->federd = false;
		flow_federation_down(w->flow);
		return (true);
	}
	if (strncmp(text, "link ", 5) == 0) {
		memset(&link, 0, sizeof(link));
		memset(link.fingerprint, text[5], TLS_HASH_LEN);
		link.up = strstr(text, " up") != NULL;
		link.legacy = strstr(text, "legacy") != NULL;
		flow_far_link(w->flow, &link);
		return (true);
	}
	memset(&found, 0, sizeof(found));
	found.seq = w->find_seq;
	found.path.data = path;
	if (strncmp(text, "found ", 6) == 0) {
		world_path(text + 6, path, &found.path.len);
		flow_found(w->flow, &found);
		return (true);
	}
	if (strcmp(text, "maybe") == 0 || strcmp(text, "nobody") == 0) {
		found.outcome = text[0] == 'm' ? FED_MAYBE : FED_NOT_FOUND;
		flow_found(w->flow, &found);
		return (true);
	}
	if (strncmp(text, "unsent ", 7) == 0) {
		memset(&unsent, 0, sizeof(unsent));
		assert_int_equal(sscanf(text + 7, "%64s %n", unsent.call_id,
		    &n), 1);
		world_path(text + 7 + n, path, &unsent.path.len);
		unsent.path.data = path;
		flow_unsent(w->flow, &unsent);
		return (true);
	}
	if (strncmp(text, "far", 3) != 0)
		return (false);
	memset(&msg, 0, sizeof(msg));
	msg.legacy = text[3] == '!';
	rest = text + (msg.legacy ? 5 : 4);
	assert_int_equal(sscanf(rest, "%8s %n", word, &n), 1);
	world_path(word, path, &msg.path.len);
	msg.path.data = path;
	strlcpy(msg.label, "north", sizeof(msg.label));
	msg.inner.data = (const uint8_t *)rest + n;
	msg.inner.len = strlen(rest + n);
	flow_far_signal(w->flow, &msg);
	return (true);
}

static void
step_live(struct world *w, const char *text)
{
	struct msg_call_put	put;
	size_t			i;

	memset(&put, 0, sizeof(put));
	put.created_ms = 17;
	put.answered_ms = 18;
	strlcpy(put.caller, fp_of('A'), sizeof(put.caller));
	strlcpy(put.callee, fp_of('B'), sizeof(put.callee));
	put.caller_proven = strstr(text, "proven") != NULL;
	strlcpy(put.call_id, "live", sizeof(put.call_id));
	put.mode = CALL_MODE_TRUSTED;
	put.state = strncmp(text, "pending", 7) == 0 ? CALL_PENDING :
	    strncmp(text, "ringing", 7) == 0 ? CALL_RINGING : CALL_ACTIVE;
	if (strncmp(text, "direct", 6) == 0)
		put.path = CALL_PATH_DIRECT_V6;
	/* The callee at relay S, by R. */
	if (strstr(text, "remote") != NULL) {
		put.remote = CALL_REMOTE_CALLEE;
		for (i = 0; i < 2 * TLS_HASH_LEN; i++)
			(void)snprintf(put.remote_path + 2 * i, 3, "%02x",
			    i < TLS_HASH_LEN ? 'R' : 'S');
	}
	flow_live(w->flow, &put);
}

static int
check_stat(const struct world *w, const char *text)
{
	const struct flow_stats	*fs = flow_stats(w->flow);
	const struct {
		const char	*name;
		uint64_t	 value;
	} stats[] = {
		{ "offers", fs->fs_offers },
		{ "absent", fs->fs_offers_absent },
		{ "refused", fs->fs_offers_refused },
		{ "busy", fs->fs_offers_busy },
		{ "away", fs->fs_registry_away },
		{ "unconfirmed", fs->fs_unconfirmed },
		{ "answered", fs->fs_answered },
		{ "rejected", fs->fs_rejected },
		{ "ended", fs->fs_ended },
		{ "ring", fs->fs_ring_timeouts },
		{ "lost", fs->fs_lost_timeouts },
		{ "quiet", fs->fs_quiet_timeouts },
		{ "ignored", fs->fs_ignored },
		{ "candidates", fs->fs_candidates },
		{ "candidates-refused", fs->fs_candidates_refused },
		{ "filtered", fs->fs_addresses_filtered },
		{ "rounds", fs->fs_rounds },
		{ "paths", fs->fs_path_changes },
		{ "far-offers", fs->fs_far_offers },
		{ "far-refused", fs->fs_far_refused },
		{ "far-ignored", fs->fs_far_ignored },
		{ "far-unknown", fs->fs_far_unknown },
		{ "unsent", fs->fs_far_unsent },
		{ "finds", fs->fs_finds },
		{ "found", fs->fs_found },
		{ "link-losses", fs->fs_link_losses }
	};
	char			 name[32];
	unsigned int		 n;
	size_t			 i;

	if (sscanf(text, "%31s %u", name, &n) != 2)
		return (-1);
	for (i = 0; i < sizeof(stats) / sizeof(stats[0]); i++)
		if (strcmp(stats[i].name, name) == 0)
			return (stats[i].value == n ? 0 : -1);
	return (-1);
}

int
world_step(struct world *w, const char *line)
{
	struct msg_call_committed	 committed;
	struct msg_room_admitted	 admitted;
	struct signal			*sig;
	const char			*arg, *why;
	char				 text[WORLD_LINE_MAX];

	expand(line, text);
	arg = strchr(text, ' ') == NULL ? "" : strchr(text, ' ') + 1;
	memset(&committed, 0, sizeof(committed));
	memset(&admitted, 0, sizeof(admitted));
	committed.seq = w->seq;
	if (strncmp(text, "reg ", 4) == 0)
		step_register(w, arg);
	else if (strncmp(text, "rtt ", 4) == 0)
		w->rtt_us[arg[0] - 'A'] = strtoull(arg + 2, NULL, 10) * 1000;
	else if (strncmp(text, "move ", 5) == 0)
		assert_int_equal(addr_parse(&w->moved[arg[0] - 'A'], arg + 2),
		    0);
	else if (strncmp(text, "path ", 5) == 0) {
		if (strcmp(call_path_name((enum call_path)w->put.path),
		    arg) != 0)
			return (-1);
	} else if (strncmp(text, "gone ", 5) == 0) {
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
		placing_admitted(w->placing, WORLD_SLOT, &admitted);
	} else if (strcmp(text, "registry down") == 0) {
		w->registry = false;
		flow_registry_down(w->flow);
	} else if (strcmp(text, "registry up") == 0) {
		w->registry = true;
		flow_registry_up(w->flow);
	} else if (step_federd(w, text))
		return (0);
	else if (strcmp(text, "doord") == 0)
		placing_follower(w->placing, PROC_DOORD);
	else if (strcmp(text, "recovered") == 0) {
		placing_recovered(w->placing);
		flow_recovered(w->flow);
	} else if (strncmp(text, "live ", 5) == 0)
		step_live(w, arg);
	else if (strcmp(text, "stop") == 0)
		flow_stop(w->flow);
	else if (strncmp(text, "calls ", 6) == 0) {
		if (calls_count(flow_calls(w->flow)) != strtoul(arg, NULL, 10))
			return (-1);
	} else if (strncmp(text, "stat ", 5) == 0) {
		if (check_stat(w, arg) == -1)
			return (-1);
	} else if (strncmp(text, "unconfirmed ", 12) == 0) {
		if (flow_unconfirmed(w->flow) != strtoul(arg, NULL, 10))
			return (-1);
	} else if (!step_media(w, text))
		return (-1);
	return (0);
}

const char *
world_replay(struct world *w, const char *const *lines)
{
	char	want[WORLD_LINE_MAX];

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
		if (world_step(w, *lines) == -1) {
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

void
world_passes(struct world *w, const char *const *lines)
{
	const char	*why;

	if ((why = world_replay(w, lines)) != NULL)
		fail_msg("%s", why);
	world_free(w);
}

void
world_objects(struct world *w, const char *const *lines)
{
	assert_non_null(world_replay(w, lines));
	world_free(w);
}
