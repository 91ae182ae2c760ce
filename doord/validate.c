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
 * Address validation (validate.h).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/table.h"
#include "doord/validate.h"

static void	advance(struct validate *, uint64_t);

void
validate_start(struct validate *va, uint64_t now)
{
	va->va_retry[0].vk_generation = 1;
	arc4random_buf(va->va_retry[0].vk_key, PACKET_KEY_LEN);
	va->va_retry_made = now;
	arc4random_buf(va->va_hash_key, sizeof(va->va_hash_key));
}

void
validate_settings(struct validate *va, bool always, size_t limit)
{
	va->va_always = always;
	va->va_limit = limit;
}

void
validate_token_key(struct validate *va, const struct msg_token_key *m)
{
	struct validate_key	*vk;

	if (m->role >= PROC_MAX || m->generation == 0)
		return;
	vk = va->va_role[m->role];
	if (m->generation > vk[0].vk_generation) {
		vk[1] = vk[0];
	} else if (m->generation != vk[0].vk_generation) {
		/* They may come in any order. */
		if (m->generation < vk[1].vk_generation)
			return;
		vk++;
	}
	vk->vk_generation = m->generation;
	memcpy(vk->vk_key, m->key, sizeof(vk->vk_key));
}

void
validate_expire(struct validate *va, uint64_t now)
{
	if (now - va->va_retry_made < VALIDATE_ROTATE_S * NS_PER_S)
		return;
	va->va_retry[1] = va->va_retry[0];
	va->va_retry[0].vk_generation++;
	arc4random_buf(va->va_retry[0].vk_key, PACKET_KEY_LEN);
	va->va_retry_made = now;
}

/*
 * A client follows one Retry only, so who comes with a bad token of that kind
 * is told at once; any other token that does not do is none (RFC 9000 8.1.3).
 */
void
validate_check(const struct validate *va, const struct door_datagram *dd,
    uint64_t now, struct validated *vd)
{
	const uint8_t	*token;
	unsigned int	 role, i;
	size_t		 len;

	memset(vd, 0, sizeof(*vd));
	vd->vd_verdict = VALIDATE_NONE;
	switch (packet_token(dd->dd_data, dd->dd_len, &token, &len)) {
	case PACKET_TOKEN_NONE:
		return;
	case PACKET_TOKEN_RETRY:
		vd->vd_verdict = VALIDATE_BAD;
		for (i = 0; i < VALIDATE_GENERATIONS; i++) {
			if (va->va_retry[i].vk_generation != 0 &&
			    packet_retry_check(dd->dd_data, dd->dd_len,
			    va->va_retry[i].vk_key, &dd->dd_remote, now,
			    vd->vd_odcid, &vd->vd_odcid_len) == 0) {
				vd->vd_verdict = VALIDATE_RETRY;
				return;
			}
		}
		return;
	case PACKET_TOKEN_NEW:
		for (role = 0; role < PROC_MAX; role++) {
			for (i = 0; i < VALIDATE_GENERATIONS; i++) {
				if (va->va_role[role][i].vk_generation != 0 &&
				    packet_token_check(token, len,
				    va->va_role[role][i].vk_key,
				    &dd->dd_remote, now) == 0) {
					vd->vd_verdict = VALIDATE_TOKEN;
					vd->vd_role = (enum proc)role;
					vd->vd_token = siphash24(
					    va->va_hash_key, token, len);
					return;
				}
			}
		}
		return;
	}
}

void
validate_begun(struct validate *va, uint64_t now)
{
	advance(va, now);
	va->va_begun[va->va_second % VALIDATE_WINDOW_S]++;
}

bool
validate_wanted(struct validate *va, size_t waiting, uint64_t now)
{
	size_t		n = 0;
	unsigned int	i;

	if (va->va_always || waiting > REASSEMBLY_MAX / 2)
		return (true);
	if (va->va_limit == 0)
		return (false);
	advance(va, now);
	for (i = 0; i < VALIDATE_WINDOW_S; i++)
		n += va->va_begun[i];
	return (n > va->va_limit);
}

size_t
validate_retry(struct validate *va, const struct door_datagram *dd,
    const uint8_t *dcid, size_t len, uint8_t *out, size_t cap, uint64_t now)
{
	uint8_t		key[PACKET_CID_MAX + ADDR_STRLEN];
	uint64_t	hash;
	size_t		i;

	if (len > PACKET_CID_MAX)
		return (0);
	memset(key, 0, sizeof(key));
	memcpy(key, dcid, len);
	(void)addr_print(&dd->dd_remote, (char *)key + PACKET_CID_MAX,
	    ADDR_STRLEN);
	hash = siphash24(va->va_hash_key, key, sizeof(key));
	i = hash % VALIDATE_ANSWERED;
	if (va->va_answered[i].hash == hash && now - va->va_answered[i].at <
	    VALIDATE_ANSWERED_MS * NS_PER_MS)
		return (0);
	va->va_answered[i].hash = hash;
	va->va_answered[i].at = now;
	return (packet_retry(out, cap, dd->dd_data, dd->dd_len,
	    va->va_retry[0].vk_key, &dd->dd_remote, now));
}

/* Seconds that have left the window count no more. */
static void
advance(struct validate *va, uint64_t now)
{
	uint64_t	second = now / NS_PER_S;

	if (second > va->va_second + VALIDATE_WINDOW_S)
		va->va_second = second - VALIDATE_WINDOW_S;
	while (va->va_second < second)
		va->va_begun[++va->va_second % VALIDATE_WINDOW_S] = 0;
}
