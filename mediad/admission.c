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

/* Admissions to call rooms: see admission.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "common/wire/identity.h"
#include "mediad/admission.h"

struct admission {
	char		ad_call_id[CALL_ID_STRLEN];
	char		ad_caller[FP_STRLEN];
	char		ad_callee[FP_STRLEN];
	bool		ad_caller_proven;
	bool		ad_callee_proven;
	uint64_t	ad_epoch;
};

struct admissions {
	struct table	*as_table;
	size_t		 as_max;
	uint64_t	 as_epoch;	/* counts the signalds we have seen */
};

struct admissions *
admissions_new(size_t max)
{
	struct admissions	*as;

	if ((as = calloc(1, sizeof(*as))) == NULL)
		return (NULL);
	as->as_max = max;
	/* The limit may change, so admission_put() keeps to it. */
	if ((as->as_table = table_new(SIZE_MAX)) == NULL) {
		free(as);
		return (NULL);
	}
	return (as);
}

void
admissions_free(struct admissions *as)
{
	size_t	iter = 0;

	if (as == NULL)
		return;
	for (;;) {
		struct admission	*ad;

		if ((ad = table_next(as->as_table, &iter)) == NULL)
			break;
		free(ad);
	}
	table_free(as->as_table);
	free(as);
}

int
admission_put(struct admissions *as, const struct msg_room_admit *msg)
{
	struct admission	*ad;
	size_t			 len;

	len = strlen(msg->call_id);
	if (len == 0 || !identity_fingerprint_valid(msg->caller) ||
	    !identity_fingerprint_valid(msg->callee))
		return (-1);
	if ((ad = table_find(as->as_table, msg->call_id, len)) != NULL) {
		if (strcmp(ad->ad_caller, msg->caller) != 0 ||
		    strcmp(ad->ad_callee, msg->callee) != 0)
			return (-1);
		ad->ad_caller_proven = msg->caller_proven;
		ad->ad_callee_proven = msg->callee_proven;
		ad->ad_epoch = as->as_epoch;
		return (0);
	}
	if (table_count(as->as_table) >= as->as_max ||
	    (ad = calloc(1, sizeof(*ad))) == NULL)
		return (-1);
	memcpy(ad->ad_call_id, msg->call_id, len + 1);
	strlcpy(ad->ad_caller, msg->caller, sizeof(ad->ad_caller));
	strlcpy(ad->ad_callee, msg->callee, sizeof(ad->ad_callee));
	ad->ad_caller_proven = msg->caller_proven;
	ad->ad_callee_proven = msg->callee_proven;
	ad->ad_epoch = as->as_epoch;
	if (table_insert(as->as_table, ad->ad_call_id, len, ad) == -1) {
		free(ad);
		return (-1);
	}
	return (0);
}

void
admission_close(struct admissions *as, const char *call_id)
{
	free(table_remove(as->as_table, call_id, strlen(call_id)));
}

bool
admission_allows(const struct admissions *as, const char *call_id,
    const char *fp, bool proven)
{
	const struct admission	*ad;

	ad = table_find(as->as_table, call_id, strlen(call_id));
	if (ad == NULL)
		return (false);
	if (strcmp(ad->ad_caller, fp) == 0)
		return (proven || !ad->ad_caller_proven);
	if (strcmp(ad->ad_callee, fp) == 0)
		return (proven || !ad->ad_callee_proven);
	return (false);
}

size_t
admission_count(const struct admissions *as)
{
	return (table_count(as->as_table));
}

bool
admission_knows(const struct admissions *as, const char *call_id)
{
	return (table_find(as->as_table, call_id, strlen(call_id)) != NULL);
}

void
admission_limit(struct admissions *as, size_t max)
{
	as->as_max = max;
}

void
admission_renew(struct admissions *as)
{
	as->as_epoch++;
}

void
admission_settle(struct admissions *as)
{
	struct admission	*ad;
	size_t			 iter = 0;

	while ((ad = table_next(as->as_table, &iter)) != NULL)
		if (ad->ad_epoch != as->as_epoch)
			admission_close(as, ad->ad_call_id);
}
