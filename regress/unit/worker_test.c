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
 * The frame of workers, as far as it does without relayd.
 *
 * COVERS: control - rows for a slow controld are left out, and it is said
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ev.h>

#include "common/worker/worker.h"

/* What controld got: rows and the end of each answer. */
static struct {
	unsigned int	rows;
	unsigned int	ends;
	uint64_t	id;
	char		error[128];
	bool		broken;
} got;

static void
got_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	const struct msg_ctl_end	*end;

	(void)ch;
	(void)arg;
	(void)fd;
	if (type == MSG_CTL_ROW)
		got.rows++;
	else if (type == MSG_CTL_END) {
		end = msg;
		got.ends++;
		got.id = end->id;
		strlcpy(got.error, end->error, sizeof(got.error));
	}
}

static void
got_broken(struct channel *ch, void *arg, const char *why)
{
	(void)ch;
	(void)arg;
	(void)why;
	got.broken = true;
}

static const struct channel_ops	got_ops = { got_message, got_broken, NULL };

/*
 * Many answers while controld does not read: the channel stays far below
 * where it would break, all answers end, and those cut short say so.
 */
static void
test_rows(void **state)
{
	static struct row	 row;
	struct ev_loop		*loop;
	struct channel		*w, *c;
	char			 big[4000];
	unsigned int		 i, sent = 0;
	int			 fds[2];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	row_init(&row);
	row_str(&row, "cell", big);
	assert_false(row.row_full);
	assert_non_null(loop = ev_loop_new(EVFLAG_NOENV));
	assert_int_equal(channel_pair(fds, false), 0);
	w = channel_new(loop, fds[0], PROC_SIGNALD, PROC_CONTROLD, 0, false,
	    &got_ops, NULL);
	c = channel_new(loop, fds[1], PROC_CONTROLD, PROC_SIGNALD, 0, false,
	    &got_ops, NULL);
	assert_non_null(w);
	assert_non_null(c);
	channel_set_state(w, MSG_AT_SERVE);
	/* In time: all of it, and no word. */
	channel_set_state(c, MSG_AT_SERVE);
	for (i = 0; i < 20; i++)
		worker_ctl_row(w, 1, &row);
	worker_ctl_end(w, 1, "");
	while (got.ends < 1)
		ev_run(loop, EVRUN_ONCE);
	assert_int_equal(got.rows, 20);
	assert_string_equal(got.error, "");

	/* The loop does not run: nobody reads. */
	got.rows = 0;
	while (!channel_slow(w)) {
		worker_ctl_row(w, 2, &row);
		sent++;
	}
	for (i = 0; i < 5000; i++)
		worker_ctl_row(w, 2, &row);
	worker_ctl_end(w, 2, NULL);
	for (i = 0; i < 5000; i++)
		worker_ctl_row(w, 3, &row);
	worker_ctl_end(w, 3, "");
	/* An error of its own is the better one. */
	worker_ctl_row(w, 4, &row);
	worker_ctl_end(w, 4, "so it is");
	assert_true(channel_queued(w) < CHANNEL_SLOW + 8192);
	while (got.ends < 2)
		ev_run(loop, EVRUN_ONCE);
	assert_false(got.broken);
	while (got.ends < 4)
		ev_run(loop, EVRUN_ONCE);
	assert_int_equal(got.rows, sent);
	assert_int_equal(got.id, 4);
	assert_string_equal(got.error, "so it is");

	/* One that was cut says so, and the next is whole again. */
	while (!channel_slow(w))
		worker_ctl_row(w, 5, &row);
	worker_ctl_row(w, 5, &row);
	worker_ctl_end(w, 5, "");
	while (got.ends < 5)
		ev_run(loop, EVRUN_ONCE);
	assert_non_null(strstr(got.error, "not all"));
	worker_ctl_row(w, 6, &row);
	worker_ctl_end(w, 6, "");
	while (got.ends < 6)
		ev_run(loop, EVRUN_ONCE);
	assert_string_equal(got.error, "");
	assert_false(got.broken);
	channel_free(w);
	channel_free(c);
	ev_loop_destroy(loop);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
