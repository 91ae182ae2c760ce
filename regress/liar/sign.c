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
 * What stands under the keys of an offer and of an answer (doc/E2E), signed
 * with the liar's own key: as good a forgery as can be made without somebody
 * else's.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "regress/liar/liar.h"

static void
get_bytes(yyjson_mut_val *body, const char *key, struct text *out)
{
	yyjson_mut_arr_iter	 it;
	yyjson_mut_val		*v;
	uint8_t			 b;

	it = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(body, key));
	while ((v = yyjson_mut_arr_iter_next(&it)) != NULL) {
		b = (uint8_t)yyjson_mut_get_uint(v);
		text_add(out, &b, 1);
	}
}

static void
put_signature(yyjson_mut_doc *doc, yyjson_mut_val *body,
    const struct text *tbs)
{
	uint8_t	 sig[64];

	ident_sign(liar.li_id.id_secret, (const uint8_t *)tbs->t_buf,
	    tbs->t_len, sig);
	yyjson_mut_obj_put(body, yyjson_mut_str(doc, "signature"),
	    yyjson_mut_arr_with_uint8(doc, sig, sizeof(sig)));
}

/* A fingerprint as 16 bytes. */
static void
put_fp(struct text *t, const char *fp)
{
	uint8_t	*raw;
	char	 hex[40];
	size_t	 n = 0, len;

	for (; *fp != '\0' && n + 1 < sizeof(hex); fp++)
		if (*fp != ':')
			hex[n++] = *fp;
	hex[n] = '\0';
	if (hex_decode(hex, &raw, &len) == -1 || len != 16)
		script_error("no fingerprint: %s", hex);
	text_add(t, raw, len);
	free(raw);
}

/* Label 00, caller, callee, length and text of the ID, the caller's key. */
static void
common_part(struct text *t, const char *label, const char *caller,
    const struct lcall *lc)
{
	uint8_t	 len = (uint8_t)strlen(lc->lc_id);

	memset(t, 0, sizeof(*t));
	text_add(t, label, strlen(label) + 1);
	put_fp(t, caller);
	put_fp(t, lc->lc_callee);
	text_add(t, &len, 1);
	text_puts(t, lc->lc_id);
}

void
sign_offer(const struct lcall *lc, yyjson_mut_doc *doc, yyjson_mut_val *body)
{
	struct text	 tbs;

	common_part(&tbs, "wzp-e2e-offer-v1", yyjson_mut_get_str(
	    yyjson_mut_obj_get(body, "caller_fingerprint")), lc);
	get_bytes(body, "ephemeral_pub", &tbs);
	put_signature(doc, body, &tbs);
	text_free(&tbs);
}

/* In the answer also the callee's key, and a hash of the signed offer. */
void
sign_answer(const struct lcall *lc, yyjson_mut_doc *doc, yyjson_mut_val *body)
{
	yyjson_mut_val	*offer;
	struct text	 tbs, signed_offer;
	uint8_t		 md[32];

	offer = yyjson_mut_obj_get(yyjson_val_mut_copy(doc,
	    yyjson_doc_get_root(lc->lc_offer)), "DirectCallOffer");
	common_part(&signed_offer, "wzp-e2e-offer-v1", lc->lc_caller, lc);
	get_bytes(offer, "ephemeral_pub", &signed_offer);
	get_bytes(offer, "signature", &signed_offer);
	sha256((const uint8_t *)signed_offer.t_buf, signed_offer.t_len, md);
	common_part(&tbs, "wzp-e2e-answer-v1", lc->lc_caller, lc);
	get_bytes(offer, "ephemeral_pub", &tbs);
	get_bytes(body, "ephemeral_pub", &tbs);
	text_add(&tbs, md, sizeof(md));
	put_signature(doc, body, &tbs);
	text_free(&tbs);
	text_free(&signed_offer);
}
