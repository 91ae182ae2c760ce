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
 * The lies: what becomes of an offer, an answer or a datagram on its way.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/liar/liar.h"

#define MEDIA_HEADER	12	/* wzp-protocol 8.3 */
#define MEDIA_EVERY	5	/* datagrams, of which one is touched */
#define MEDIA_OLD	50	/* datagrams later it comes again */

static const char *const	names[LIE_MAX] = {
	[LIE_NONE] = "none",
	[LIE_OFFER_KEY] = "offer-key",
	[LIE_OFFER_KEY_SIGNED] = "offer-key-signed",
	[LIE_OFFER_IDENTITY] = "offer-identity",
	[LIE_OFFER_PERSON] = "offer-person",
	[LIE_OFFER_REPLAYED] = "offer-replayed",
	[LIE_OFFER_REPEATED] = "offer-repeated",
	[LIE_OFFER_MIXED] = "offer-mixed",
	[LIE_ANSWER_KEY] = "answer-key",
	[LIE_ANSWER_KEY_SIGNED] = "answer-key-signed",
	[LIE_ANSWER_IDENTITY] = "answer-identity",
	[LIE_ANSWER_REPLAYED] = "answer-replayed",
	[LIE_ANSWER_MIXED] = "answer-mixed",
	[LIE_ANSWER_STRIPPED] = "answer-stripped",
	[LIE_STRIPPED] = "stripped",
	[LIE_ADDRESSES] = "addresses",
	[LIE_ADDRESSES_BLIND] = "addresses-blind",
	[LIE_ADDRESSES_RACE] = "addresses-race",
	[LIE_MEDIA_PAYLOAD] = "media-payload",
	[LIE_MEDIA_HEADER] = "media-header",
	[LIE_MEDIA_REPLAYED] = "media-replayed",
	[LIE_MEDIA_PLAIN] = "media-plain"
};

enum lie
lie_by_name(const char *name)
{
	size_t	 i;

	for (i = 0; i < LIE_MAX; i++)
		if (strcmp(names[i], name) == 0)
			return ((enum lie)i);
	return (LIE_MAX);
}

const char *
lie_name(enum lie lie)
{
	return (names[lie]);
}

struct lcall *
call_before(const struct lcall *lc)
{
	return (TAILQ_PREV(lc, lcalls, lc_entry));
}

static void
put(yyjson_mut_doc *doc, yyjson_mut_val *body, const char *key,
    yyjson_mut_val *v)
{
	yyjson_mut_obj_put(body, yyjson_mut_strcpy(doc, key), v);
}

static void
put_bytes(yyjson_mut_doc *doc, yyjson_mut_val *body, const char *key,
    const uint8_t *data, size_t len)
{
	put(doc, body, key, yyjson_mut_arr_with_uint8(doc, data, len));
}

/* The fields that carry keys, as another message has them. */
static void
put_keys(yyjson_mut_doc *doc, yyjson_mut_val *body, yyjson_doc *other,
    const char *variant)
{
	static const char *const keys[] = {
		"identity_pub", "ephemeral_pub", "signature"
	};
	yyjson_val	*from;
	size_t		 i;

	from = yyjson_obj_get(yyjson_doc_get_root(other), variant);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (yyjson_obj_get(from, keys[i]) != NULL)
			put(doc, body, keys[i], yyjson_val_mut_copy(doc,
			    yyjson_obj_get(from, keys[i])));
}

static void
told(const struct lcall *lc)
{
	say("lie %s: call %s", lie_name(liar.li_lie), lc->lc_id);
}

void
lie_about_offer(struct lcall *lc, yyjson_mut_doc *doc, yyjson_mut_val *body)
{
	static const uint8_t	 zero[32];
	struct lcall		*other;

	switch (liar.li_lie) {
	case LIE_OFFER_KEY:
		put_bytes(doc, body, "ephemeral_pub", liar.li_ephemeral, 32);
		break;
	case LIE_OFFER_KEY_SIGNED:
		put_bytes(doc, body, "ephemeral_pub", liar.li_ephemeral, 32);
		sign_offer(lc, doc, body);
		break;
	case LIE_OFFER_PERSON:
		put(doc, body, "caller_fingerprint",
		    yyjson_mut_strcpy(doc, liar.li_id.id_fp));
		/* FALLTHROUGH */
	case LIE_OFFER_IDENTITY:
		put_bytes(doc, body, "identity_pub", liar.li_id.id_pub, 32);
		put_bytes(doc, body, "ephemeral_pub", liar.li_ephemeral, 32);
		sign_offer(lc, doc, body);
		break;
	case LIE_OFFER_REPLAYED:
		if ((other = call_before(lc)) == NULL)
			return;
		put_keys(doc, body, other->lc_offer, "DirectCallOffer");
		break;
	case LIE_OFFER_REPEATED:
		if ((other = call_before(lc)) == NULL)
			return;
		put_keys(doc, body, other->lc_offer, "DirectCallOffer");
		put(doc, body, "call_id",
		    yyjson_mut_strcpy(doc, other->lc_id));
		snprintf(lc->lc_callee_id, sizeof(lc->lc_callee_id), "%s",
		    other->lc_id);
		break;
	case LIE_OFFER_MIXED:
		if ((other = call_before(lc)) == NULL)
			return;
		put_keys(doc, body, other->lc_offer, "DirectCallOffer");
		put(doc, body, "caller_fingerprint",
		    yyjson_mut_strcpy(doc, other->lc_caller));
		break;
	case LIE_STRIPPED:
		put_bytes(doc, body, "identity_pub", zero, sizeof(zero));
		put_bytes(doc, body, "ephemeral_pub", zero, sizeof(zero));
		put(doc, body, "signature", yyjson_mut_arr(doc));
		break;
	default:
		return;
	}
	told(lc);
}

void
lie_about_answer(struct lcall *lc, yyjson_mut_doc *doc, yyjson_mut_val *body)
{
	struct lcall	*other;

	switch (liar.li_lie) {
	case LIE_ANSWER_KEY:
		put_bytes(doc, body, "ephemeral_pub", liar.li_ephemeral, 32);
		break;
	case LIE_ANSWER_KEY_SIGNED:
		put_bytes(doc, body, "ephemeral_pub", liar.li_ephemeral, 32);
		sign_answer(lc, doc, body);
		break;
	case LIE_ANSWER_IDENTITY:
		put_bytes(doc, body, "identity_pub", liar.li_id.id_pub, 32);
		put_bytes(doc, body, "ephemeral_pub", liar.li_ephemeral, 32);
		sign_answer(lc, doc, body);
		break;
	case LIE_ANSWER_REPLAYED:
		if ((other = call_before(lc)) == NULL)
			return;
		put_keys(doc, body, other->lc_answer, "DirectCallAnswer");
		break;
	case LIE_ANSWER_MIXED:
		if (call_before(lc) != NULL)
			return;		/* it has got its own */
		break;
	case LIE_ANSWER_STRIPPED:
		yyjson_mut_obj_remove_key(body, "identity_pub");
		yyjson_mut_obj_remove_key(body, "ephemeral_pub");
		yyjson_mut_obj_remove_key(body, "signature");
		break;
	default:
		return;
	}
	told(lc);
}

bool
lie_is_about_media(void)
{
	return (liar.li_lie >= LIE_MEDIA_PAYLOAD &&
	    liar.li_lie <= LIE_MEDIA_PLAIN);
}

static void
keep(struct guest *to, const uint8_t *data, size_t len)
{
	free(to->gu_old);
	to->gu_old = xcalloc(1, sizeof(*to->gu_old) + len);
	to->gu_old->dg_len = len;
	memcpy(to->gu_old->dg_data, data, len);
}

void
lie_about_media(struct guest *to, const uint8_t *data, size_t len)
{
	uint8_t	 buf[2048];
	bool	 now;

	now = to->gu_turn++ % MEDIA_EVERY == MEDIA_EVERY - 1;
	if (len <= MEDIA_HEADER || len > sizeof(buf)) {
		send_datagram(to, data, len);
		return;
	}
	memcpy(buf, data, len);
	switch (liar.li_lie) {
	case LIE_MEDIA_PAYLOAD:
		if (now) {
			buf[MEDIA_HEADER + (len - MEDIA_HEADER) / 2] ^= 0x10;
			liar.li_altered++;
		}
		send_datagram(to, buf, len);
		break;
	case LIE_MEDIA_HEADER:
		/* The sequence number: heard in another order. */
		if (now) {
			buf[3] ^= 0x04;
			liar.li_altered++;
		}
		send_datagram(to, buf, len);
		break;
	case LIE_MEDIA_REPLAYED:
		send_datagram(to, buf, len);
		send_datagram(to, buf, len);
		liar.li_replayed++;
		if (to->gu_turn % MEDIA_OLD != 0)
			break;
		if (to->gu_old != NULL) {
			send_datagram(to, to->gu_old->dg_data,
			    to->gu_old->dg_len);
			liar.li_replayed++;
		}
		keep(to, buf, len);
		break;
	case LIE_MEDIA_PLAIN:
		send_datagram(to, buf, len);
		if (!now)
			break;
		/* A frame of its own, as between originals, and a newer one. */
		buf[3] ^= 0x02;
		buf[MEDIA_HEADER] = 0x78;	/* CELT, 20 ms, one frame */
		memset(buf + MEDIA_HEADER + 1, 0x5a, len - MEDIA_HEADER - 1);
		send_datagram(to, buf, len);
		liar.li_injected++;
		break;
	default:
		send_datagram(to, buf, len);
		break;
	}
}
