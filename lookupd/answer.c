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
 * The auth server's JSON (see answer.h).  The server is trusted with who is
 * who, but not with this process: sizes, duplicates and kinds are checked.
 */

#include "config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "lookupd/answer.h"

static bool	 fingerprint_ok(const char *, size_t);

char *
answer_request(const void *token, size_t len, size_t *out)
{
	yyjson_mut_doc	*doc;
	yyjson_mut_val	*root;
	char		*body = NULL;

	if ((doc = yyjson_mut_doc_new(NULL)) == NULL)
		return (NULL);
	/* An empty token is the server's to refuse. */
	if ((root = yyjson_mut_obj(doc)) != NULL &&
	    yyjson_mut_obj_add_strn(doc, root, "token",
	    len > 0 ? token : "", len)) {
		yyjson_mut_doc_set_root(doc, root);
		body = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, out);
	}
	yyjson_mut_doc_free(doc);
	return (body);
}

void
answer_wipe(char *body, size_t len)
{
	if (body == NULL)
		return;
	explicit_bzero(body, len);
	free(body);
}

/* The text of wzp-protocol 4.2: eight groups of four hex digits. */
static bool
fingerprint_ok(const char *fp, size_t len)
{
	size_t	i;

	if (len != FP_STRLEN - 1)
		return (false);
	for (i = 0; i < len; i++) {
		if (i % 5 == 4) {
			if (fp[i] != ':')
				return (false);
		} else if (fp[i] == '\0' ||
		    strchr("0123456789abcdef", fp[i]) == NULL)
			return (false);
	}
	return (true);
}

const char *
answer_read(const char *body, size_t len, char fingerprint[FP_STRLEN])
{
	yyjson_doc	*doc;
	yyjson_val	*root, *key, *val, *valid = NULL, *fp = NULL;
	yyjson_val	*alias = NULL, **slot;
	yyjson_obj_iter	 iter;
	const char	*why = NULL;

	fingerprint[0] = '\0';
	if (len > ANSWER_MAX)
		return ("the answer is too long");
	/* The reader takes its text by a pointer that it does not write to. */
	if ((doc = yyjson_read(body, len, YYJSON_READ_NOFLAG)) == NULL)
		return ("the answer is not JSON");
	root = yyjson_doc_get_root(doc);
	if (!yyjson_is_obj(root)) {
		why = "the answer is not an object";
		goto done;
	}
	yyjson_obj_iter_init(root, &iter);
	while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
		val = yyjson_obj_iter_get_val(key);
		if (yyjson_equals_str(key, "valid"))
			slot = &valid;
		else if (yyjson_equals_str(key, "fingerprint"))
			slot = &fp;
		else if (yyjson_equals_str(key, "alias"))
			slot = &alias;
		else
			continue;
		if (*slot != NULL) {
			why = "a member of the answer is there twice";
			goto done;
		}
		*slot = val;
	}
	if (!yyjson_is_bool(valid))
		why = "the answer does not say whether it is valid";
	else if (fp != NULL && !yyjson_is_str(fp) && !yyjson_is_null(fp))
		why = "the fingerprint of the answer is no string";
	else if (alias != NULL && !yyjson_is_str(alias) &&
	    !yyjson_is_null(alias))
		why = "the alias of the answer is no string";
	else if (!yyjson_get_bool(valid))
		why = "the token is not valid";
	else if (!yyjson_is_str(fp))
		why = "the answer has no fingerprint";
	else if (!fingerprint_ok(yyjson_get_str(fp), yyjson_get_len(fp)))
		why = "the fingerprint of the answer is none";
	else
		memcpy(fingerprint, yyjson_get_str(fp), FP_STRLEN);
done:
	yyjson_doc_free(doc);
	return (why);
}
