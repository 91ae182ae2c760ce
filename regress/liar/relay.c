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
 * The relay's part: registration, calls, rooms.  No more of wzp-protocol 5 to
 * 8 than calls of our clients need; nothing is validated.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/liar/liar.h"

static struct guest	*guest_new(struct pconn *);
static void		 signal_turn(struct guest *, const char *, size_t);
static void		 media_turn(struct guest *, const char *, size_t);
static void		 send_doc(struct guest *, yyjson_mut_doc *);

static void	 on_register(struct guest *, yyjson_val *);
static void	 on_offer(struct guest *, yyjson_doc *, yyjson_val *);
static void	 on_answer(struct guest *, yyjson_doc *, yyjson_val *);
static void	 on_candidates(struct guest *, yyjson_doc *, yyjson_val *);
static void	 on_forward(struct guest *, yyjson_doc *, yyjson_val *);

void
say(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* Wherever the test peer calls its server, it gets the liar. */
void
serve_turn(struct pconn *pc)
{
	struct pstream	*ps;
	struct guest	*gu;
	const char	*why;

	TAILQ_FOREACH(gu, &liar.li_guests, gu_entry)
		if (gu->gu_conn == pc)
			break;
	if (gu == NULL) {
		if (!pc->pc_up)
			return;
		gu = guest_new(pc);
	}
	while ((ps = stream_next_message(pc, &why)) != NULL) {
		pc->pc_next_bidi += 4;
		if (why != NULL)
			continue;
		switch (gu->gu_kind) {
		case GUEST_SIGNAL:
			signal_turn(gu, (char *)ps->ps_in + 4, ps->ps_taken);
			break;
		case GUEST_MEDIA:
			media_turn(gu, (char *)ps->ps_in + 4, ps->ps_taken);
			break;
		case GUEST_DIRECT:
			free(gu->gu_held);
			if ((gu->gu_held = strndup((char *)ps->ps_in + 4,
			    ps->ps_taken)) == NULL)
				script_error("no memory");
			break;
		}
	}
	if (gu->gu_kind == GUEST_DIRECT)
		impostor_turn(gu);
	else
		relay_datagrams(gu);
}

static struct guest *
guest_new(struct pconn *pc)
{
	struct guest	*gu;

	gu = xcalloc(1, sizeof(*gu));
	gu->gu_conn = pc;
	if (pc->pc_fd != liar.li_peer.p_server_fd)
		gu->gu_kind = GUEST_DIRECT;
	else
		gu->gu_kind = strcmp(pc->pc_sni, "_signal") == 0 ?
		    GUEST_SIGNAL : GUEST_MEDIA;
	TAILQ_INSERT_TAIL(&liar.li_guests, gu, gu_entry);
	say("connection to %s", pc->pc_sni);
	return (gu);
}

struct guest *
guest_by_fp(const char *fp)
{
	struct guest	*gu, *found = NULL;

	TAILQ_FOREACH(gu, &liar.li_guests, gu_entry)
		if (gu->gu_kind == GUEST_SIGNAL &&
		    gu->gu_conn->pc_end == END_NONE &&
		    strcmp(gu->gu_fp, fp) == 0)
			found = gu;
	return (found);
}

void
guest_send(struct guest *gu, const char *json, size_t len)
{
	if (gu == NULL || gu->gu_conn->pc_end != END_NONE)
		return;
	stream_send_message(gu->gu_conn, json, len);
	conn_flush(gu->gu_conn);
}

static void
send_doc(struct guest *gu, yyjson_mut_doc *doc)
{
	char	*json;
	size_t	 len;

	if ((json = yyjson_mut_write(doc, 0, &len)) == NULL)
		script_error("json");
	guest_send(gu, json, len);
	free(json);
}

static void __attribute__((format(printf, 2, 3)))
send_text(struct guest *gu, const char *fmt, ...)
{
	char	 buf[2048];
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(buf))
		script_error("message too long");
	guest_send(gu, buf, (size_t)n);
}

static const char *
field(yyjson_val *body, const char *key)
{
	const char	*s;

	return ((s = yyjson_get_str(yyjson_obj_get(body, key))) == NULL ?
	    "" : s);
}

static struct lcall *
call_find(const char *id)
{
	struct lcall	*lc, *found = NULL;

	TAILQ_FOREACH(lc, &liar.li_calls, lc_entry)
		if (!lc->lc_over && (strcmp(lc->lc_id, id) == 0 ||
		    strcmp(lc->lc_callee_id, id) == 0))
			found = lc;
	return (found);
}

static void
signal_turn(struct guest *gu, const char *json, size_t len)
{
	yyjson_doc	*doc;
	yyjson_val	*root, *body;
	const char	*name;
	char		 addr[64];

	if ((doc = yyjson_read(json, len, 0)) == NULL)
		return;
	root = yyjson_doc_get_root(doc);
	if (yyjson_is_str(root)) {
		if (strcmp(yyjson_get_str(root), "Reflect") == 0) {
			addr_text(&gu->gu_conn->pc_remote, addr,
			    sizeof(addr));
			send_text(gu, "{\"ReflectResponse\":"
			    "{\"observed_addr\":\"%s\"}}", addr);
		}
		yyjson_doc_free(doc);
		return;
	}
	name = yyjson_get_str(unsafe_yyjson_get_first(root));
	body = yyjson_obj_get(root, name);
	if (strcmp(name, "RegisterPresence") == 0)
		on_register(gu, body);
	else if (strcmp(name, "Ping") == 0)
		send_text(gu, "{\"Pong\":{\"timestamp_ms\":%llu}}",
		    (unsigned long long)yyjson_get_uint(
		    yyjson_obj_get(body, "timestamp_ms")));
	else if (strcmp(name, "DirectCallOffer") == 0) {
		on_offer(gu, doc, body);
		return;		/* the call has the document */
	} else if (strcmp(name, "DirectCallAnswer") == 0) {
		on_answer(gu, doc, body);
		return;
	} else if (strcmp(name, "CallCandidates") == 0)
		on_candidates(gu, doc, body);
	else if (strcmp(name, "Hangup") == 0 ||
	    strcmp(name, "MediaPathReport") == 0)
		on_forward(gu, doc, body);
	yyjson_doc_free(doc);
}

static size_t
get_bytes(yyjson_val *arr, uint8_t *out, size_t cap)
{
	yyjson_val	*v;
	size_t		 i, max;

	yyjson_arr_foreach(arr, i, max, v) {
		if (i >= cap)
			return (0);
		out[i] = (uint8_t)yyjson_get_uint(v);
	}
	return (max);
}

static void
on_register(struct guest *gu, yyjson_val *body)
{
	yyjson_val	*features;
	uint8_t		 pub[32], md[32];
	size_t		 i;

	if (get_bytes(yyjson_obj_get(body, "identity_pub"), pub, 32) != 32)
		return;
	sha256(pub, sizeof(pub), md);
	for (i = 0; i < 8; i++)
		snprintf(gu->gu_fp + i * 5, sizeof(gu->gu_fp) - i * 5,
		    "%02x%02x%s", (unsigned int)md[i * 2],
		    (unsigned int)md[i * 2 + 1], i < 7 ? ":" : "");
	features = yyjson_obj_get(body, "features");
	gu->gu_candidates = yyjson_arr_size(features) > 0 && !liar.li_original;
	send_text(gu, "{\"RegisterPresenceAck\":{\"success\":true,"
	    "\"relay_build\":\"liar\"%s}}", gu->gu_candidates ?
	    ",\"features\":[\"proof\",\"candidates\"]" : "");
	say("registered %s%s", gu->gu_fp, gu->gu_candidates ?
	    " candidates" : "");
}

/* Without the caller's addresses: the callee has not accepted yet. */
static void
pass_offer(struct lcall *lc)
{
	yyjson_mut_doc	*out;
	yyjson_mut_val	*body;

	if ((out = yyjson_doc_mut_copy(lc->lc_offer, NULL)) == NULL)
		script_error("no memory");
	body = yyjson_mut_obj_get(yyjson_mut_doc_get_root(out),
	    "DirectCallOffer");
	yyjson_mut_obj_remove_key(body, "caller_reflexive_addr");
	yyjson_mut_obj_remove_key(body, "caller_local_addrs");
	lie_about_offer(lc, out, body);
	send_doc(guest_by_fp(lc->lc_callee), out);
	yyjson_mut_doc_free(out);
}

static void
on_offer(struct guest *gu, yyjson_doc *doc, yyjson_val *body)
{
	struct lcall	*lc;

	lc = xcalloc(1, sizeof(*lc));
	snprintf(lc->lc_id, sizeof(lc->lc_id), "%s", field(body, "call_id"));
	snprintf(lc->lc_callee_id, sizeof(lc->lc_callee_id), "%s", lc->lc_id);
	snprintf(lc->lc_caller, sizeof(lc->lc_caller), "%s", gu->gu_fp);
	snprintf(lc->lc_callee, sizeof(lc->lc_callee), "%s",
	    field(body, "target_fingerprint"));
	lc->lc_offer = doc;
	TAILQ_INSERT_TAIL(&liar.li_calls, lc, lc_entry);
	if (guest_by_fp(lc->lc_callee) == NULL) {
		lc->lc_over = true;
		send_text(gu, "{\"Hangup\":{\"reason\":\"Normal\"}}");
		return;
	}
	say("offer %s", lc->lc_id);
	send_text(gu, "{\"CallRinging\":{\"call_id\":\"%s\"}}", lc->lc_id);
	/* Of two calls at once the first one is only there to be mixed up. */
	if ((liar.li_lie == LIE_OFFER_MIXED ||
	    liar.li_lie == LIE_ANSWER_MIXED) && call_before(lc) == NULL)
		return;
	pass_offer(lc);
}

/* CallSetup with the addresses of the other one's offer or answer. */
static void
send_setup(const struct lcall *lc, bool to_caller)
{
	yyjson_mut_doc	*doc;
	yyjson_mut_val	*root, *body, *arr;
	yyjson_val	*from;
	struct guest	*to, *other;
	const char	*id, *reflexive;
	char		 room[LIAR_CALL_ID_MAX + 8], addr[64];
	bool		 trusted;

	to = guest_by_fp(to_caller ? lc->lc_caller : lc->lc_callee);
	other = guest_by_fp(to_caller ? lc->lc_callee : lc->lc_caller);
	if (to == NULL || other == NULL)
		return;
	id = to_caller ? lc->lc_id : lc->lc_callee_id;
	snprintf(room, sizeof(room), "call-%s", id);
	from = yyjson_obj_get(yyjson_doc_get_root(lc->lc_answer),
	    "DirectCallAnswer");
	trusted = strcmp(field(from, "accept_mode"), "AcceptTrusted") == 0;
	if (!to_caller)
		from = yyjson_obj_get(yyjson_doc_get_root(lc->lc_offer),
		    "DirectCallOffer");
	if ((doc = yyjson_mut_doc_new(NULL)) == NULL)
		script_error("no memory");
	root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	body = yyjson_mut_obj_add_obj(doc, root, "CallSetup");
	yyjson_mut_obj_add_strcpy(doc, body, "call_id", id);
	yyjson_mut_obj_add_strcpy(doc, body, "room", room);
	yyjson_mut_obj_add_strcpy(doc, body, "relay_addr", liar.li_addr);
	reflexive = field(from, to_caller ? "callee_reflexive_addr" :
	    "caller_reflexive_addr");
	if (trusted && impostor_is()) {
		impostor_addr(to_caller, addr, sizeof(addr));
		yyjson_mut_obj_add_strcpy(doc, body, "peer_direct_addr",
		    addr);
	} else if (trusted && *reflexive != '\0') {
		yyjson_mut_obj_add_strcpy(doc, body, "peer_direct_addr",
		    reflexive);
		from = yyjson_obj_get(from, to_caller ? "callee_local_addrs" :
		    "caller_local_addrs");
		if (yyjson_arr_size(from) > 0)
			yyjson_mut_obj_add_val(doc, body, "peer_local_addrs",
			    yyjson_val_mut_copy(doc, from));
	}
	if (to->gu_candidates && other->gu_candidates) {
		arr = yyjson_mut_obj_add_arr(doc, body, "peer_features");
		yyjson_mut_arr_add_str(doc, arr, "candidates");
	}
	send_doc(to, doc);
	yyjson_mut_doc_free(doc);
}

static void
pass_answer(struct lcall *lc)
{
	yyjson_mut_doc	*out;
	yyjson_mut_val	*body;

	if ((out = yyjson_doc_mut_copy(lc->lc_answer, NULL)) == NULL)
		script_error("no memory");
	body = yyjson_mut_obj_get(yyjson_mut_doc_get_root(out),
	    "DirectCallAnswer");
	yyjson_mut_obj_remove_key(body, "call_id");
	yyjson_mut_obj_insert(body, yyjson_mut_str(out, "call_id"),
	    yyjson_mut_strcpy(out, lc->lc_id), 0);
	lie_about_answer(lc, out, body);
	send_doc(guest_by_fp(lc->lc_caller), out);
	yyjson_mut_doc_free(out);
	send_setup(lc, true);
	send_setup(lc, false);
}

/* The answer to one call is given to the caller of another one too. */
static void
mix_answer(struct lcall *lc, const struct lcall *answered)
{
	char	*json;
	size_t	 len;

	if (lc->lc_answer != NULL)
		return;
	if ((json = yyjson_write(answered->lc_answer, 0, &len)) == NULL ||
	    (lc->lc_answer = yyjson_read(json, len, 0)) == NULL)
		script_error("no memory");
	free(json);
	pass_answer(lc);
}

static void
on_answer(struct guest *gu, yyjson_doc *doc, yyjson_val *body)
{
	struct lcall	*lc, *other;

	if ((lc = call_find(field(body, "call_id"))) == NULL ||
	    strcmp(gu->gu_fp, lc->lc_callee) != 0 || lc->lc_answer != NULL) {
		yyjson_doc_free(doc);
		return;
	}
	lc->lc_answer = doc;
	say("answer %s %s", lc->lc_id, field(body, "accept_mode"));
	if (strcmp(field(body, "accept_mode"), "Reject") == 0) {
		lc->lc_over = true;
		send_text(guest_by_fp(lc->lc_caller), "{\"Hangup\":"
		    "{\"reason\":\"Normal\",\"call_id\":\"%s\"}}", lc->lc_id);
		return;
	}
	pass_answer(lc);
	if (liar.li_lie == LIE_ANSWER_MIXED &&
	    (other = call_before(lc)) != NULL)
		mix_answer(other, lc);
}

/* To the other party of its call, under the ID that it knows. */
static void
forward(struct guest *gu, struct lcall *lc, yyjson_mut_doc *out)
{
	yyjson_mut_obj_iter	 it;
	yyjson_mut_val		*body;
	bool			 caller;

	caller = strcmp(gu->gu_fp, lc->lc_caller) == 0;
	it = yyjson_mut_obj_iter_with(yyjson_mut_doc_get_root(out));
	body = yyjson_mut_obj_iter_get_val(yyjson_mut_obj_iter_next(&it));
	if (yyjson_mut_obj_get(body, "call_id") != NULL) {
		yyjson_mut_obj_put(body, yyjson_mut_str(out, "call_id"),
		    yyjson_mut_strcpy(out, caller ? lc->lc_callee_id :
		    lc->lc_id));
	}
	send_doc(guest_by_fp(caller ? lc->lc_callee : lc->lc_caller), out);
}

static void
on_forward(struct guest *gu, yyjson_doc *doc, yyjson_val *body)
{
	yyjson_mut_doc	*out;
	struct lcall	*lc;

	if ((lc = call_find(field(body, "call_id"))) == NULL)
		return;
	if ((out = yyjson_doc_mut_copy(doc, NULL)) == NULL)
		script_error("no memory");
	forward(gu, lc, out);
	yyjson_mut_doc_free(out);
	if (yyjson_obj_get(body, "reason") != NULL) {
		say("hangup %s by the %s", lc->lc_id,
		    strcmp(gu->gu_fp, lc->lc_caller) == 0 ? "caller" :
		    "callee");
		lc->lc_over = true;
	}
}

/* All of one party's; then both are told to send their checks. */
static void
on_candidates(struct guest *gu, yyjson_doc *doc, yyjson_val *body)
{
	yyjson_mut_doc	*out;
	yyjson_mut_val	*list, *mut;
	struct lcall	*lc;
	char		 addr[64];
	bool		 caller;

	if ((lc = call_find(field(body, "call_id"))) == NULL)
		return;
	caller = strcmp(gu->gu_fp, lc->lc_caller) == 0;
	say("candidates of the %s: %zu", caller ? "caller" : "callee",
	    yyjson_arr_size(yyjson_obj_get(body, "candidates")));
	if ((out = yyjson_doc_mut_copy(doc, NULL)) == NULL)
		script_error("no memory");
	if (impostor_is()) {
		mut = yyjson_mut_obj_get(yyjson_mut_doc_get_root(out),
		    "CallCandidates");
		list = yyjson_mut_obj_get(mut, "candidates");
		yyjson_mut_arr_clear(list);
		impostor_addr(!caller, addr, sizeof(addr));
		yyjson_mut_arr_add_strcpy(out, list, addr);
	}
	forward(gu, lc, out);
	yyjson_mut_doc_free(out);
	lc->lc_round++;
	send_text(guest_by_fp(lc->lc_caller), "{\"CallPunch\":{\"call_id\":"
	    "\"%s\",\"round\":%u,\"delay_ms\":0}}", lc->lc_id, lc->lc_round);
	send_text(guest_by_fp(lc->lc_callee), "{\"CallPunch\":{\"call_id\":"
	    "\"%s\",\"round\":%u,\"delay_ms\":0}}", lc->lc_callee_id,
	    lc->lc_round);
}

/* Rooms: CallOffer is answered, then datagrams pass (wzp-protocol 8). */
static void
media_turn(struct guest *gu, const char *json, size_t len)
{
	struct guest	*other;
	struct text	 tbs, out;
	uint8_t		 sig[64];
	unsigned int	 n = 0;

	(void)json;
	(void)len;
	if (gu->gu_joined)
		return;
	gu->gu_joined = true;
	memset(&tbs, 0, sizeof(tbs));
	memset(&out, 0, sizeof(out));
	text_add(&tbs, liar.li_ephemeral, sizeof(liar.li_ephemeral));
	text_puts(&tbs, "call-answer");
	ident_sign(liar.li_id.id_secret, (uint8_t *)tbs.t_buf, tbs.t_len, sig);
	text_puts(&out, "{\"CallAnswer\":{\"identity_pub\":");
	text_ints(&out, liar.li_id.id_pub, 32);
	text_puts(&out, ",\"ephemeral_pub\":");
	text_ints(&out, liar.li_ephemeral, 32);
	text_puts(&out, ",\"signature\":");
	text_ints(&out, sig, sizeof(sig));
	text_puts(&out, ",\"chosen_profile\":{\"codec\":\"Opus24k\","
	    "\"fec_ratio\":0.2,\"frame_duration_ms\":20,"
	    "\"frames_per_block\":5}}}");
	guest_send(gu, out.t_buf, out.t_len);
	text_free(&tbs);
	text_free(&out);
	TAILQ_FOREACH(other, &liar.li_guests, gu_entry)
		n += other->gu_joined && other->gu_conn->pc_end == END_NONE &&
		    strcmp(other->gu_conn->pc_sni, gu->gu_conn->pc_sni) == 0;
	say("joined %s: %u", gu->gu_conn->pc_sni, n);
	TAILQ_FOREACH(other, &liar.li_guests, gu_entry) {
		if (!other->gu_joined || other->gu_conn->pc_end != END_NONE ||
		    strcmp(other->gu_conn->pc_sni, gu->gu_conn->pc_sni) != 0)
			continue;
		/* Who it is nobody asks. */
		send_text(other, "{\"RoomUpdate\":{\"count\":%u,"
		    "\"participants\":[%s%s]}}", n,
		    "{\"fingerprint\":\"\",\"alias\":null,"
		    "\"relay_label\":null}", n < 2 ? "" :
		    ",{\"fingerprint\":\"\",\"alias\":null,"
		    "\"relay_label\":null}");
	}
}

void
send_datagram(struct guest *to, const uint8_t *data, size_t len)
{
	struct dgram	*dg;

	dg = xcalloc(1, sizeof(*dg) + len);
	dg->dg_len = len;
	if (len > 0)
		memcpy(dg->dg_data, data, len);
	STAILQ_INSERT_TAIL(&to->gu_conn->pc_dgrams_out, dg, dg_entry);
	conn_flush(to->gu_conn);
}

void
relay_datagrams(struct guest *gu)
{
	struct guest	*to;
	struct dgram	*dg;

	while ((dg = STAILQ_FIRST(&gu->gu_conn->pc_dgrams)) != NULL) {
		STAILQ_REMOVE_HEAD(&gu->gu_conn->pc_dgrams, dg_entry);
		TAILQ_FOREACH(to, &liar.li_guests, gu_entry) {
			if (to == gu || !to->gu_joined ||
			    to->gu_conn->pc_end != END_NONE ||
			    strcmp(to->gu_conn->pc_sni,
			    gu->gu_conn->pc_sni) != 0)
				continue;
			liar.li_forwarded++;
			if (lie_is_about_media())
				lie_about_media(to, dg->dg_data, dg->dg_len);
			else
				send_datagram(to, dg->dg_data, dg->dg_len);
		}
		free(dg);
	}
}
